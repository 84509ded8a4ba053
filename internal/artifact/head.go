package artifact

import (
	"bytes"
	"errors"
	"io"
)

// Sizes of what Head holds.
const (
	// FirstSize covers every signature that is not at the end, HDF5's user
	// blocks and tar's checksum included.
	FirstSize = 4 << 10
	// LastSize covers a zip end-of-central-directory record behind the longest
	// comment.
	LastSize = 22 + 65535 + 20
)

// A Head is what a detector sees before it decides whether to run.
type Head struct {
	Name  string // of the innermost file
	Size  int64
	First []byte // up to FirstSize bytes
	Last  []byte // up to LastSize bytes; overlaps First in small files
	Depth int    // 0 for a file on disk
	Value bool   // it is a text of metadata

	base, extension string // of Name, if they are known already
	traits          traits
}

// traits are what several detectors ask of a head, if known is among them.
type traits uint8

const (
	known traits = 1 << iota
	text
	json
	zip
)

// has answers for one trait: as found before, or by asking now.
func (h *Head) has(t traits, ask func(*Head) bool) bool {
	if h.traits&known != 0 {
		return h.traits&t != 0
	}
	return ask(h)
}

// Ask asks about all traits, for many to ask.
func (h *Head) Ask() {
	h.traits = known
	for _, q := range [...]struct {
		trait traits
		ask   func(*Head) bool
	}{{text, isText}, {json, isJSON}, {zip, endsZip}} {
		if q.ask(h) {
			h.traits |= q.trait
		}
	}
}

// Head reads both ends of the file. An error is one of the machine, or the
// Fault of a container that the file is read through; First holds what came
// before it.
func (f File) Head() (*Head, error) {
	h := new(Head)
	return h, h.Read(f)
}

// Read has the head be that of a file, as Head does.
func (h *Head) Read(f File) error {
	*h = Head{Name: f.Name(), Size: max(0, f.Size), Depth: len(f.Inside), Value: f.Value}
	h.base, h.extension = h.Base(), h.Extension()
	var err error
	h.First, err = readRange(f.Content, 0, min(h.Size, FirstSize))
	if err != nil {
		return err
	}
	last := min(h.Size, LastSize)
	if last <= int64(len(h.First)) {
		h.Last = h.First[int64(len(h.First))-last:]
	} else {
		h.Last, err = readRange(f.Content, h.Size-last, last)
	}
	return err
}

// EndsZip reports whether the end record of a zip archive may be near the end of the
// file (APPNOTE 4.3.16).
func (h *Head) EndsZip() bool { return h.has(zip, endsZip) }

// endsZip looks for one letter at a time, which is faster than to look for the whole
// signature where the letter is rare.
func endsZip(h *Head) bool {
	for p := h.Last; ; p = p[1:] {
		i := bytes.IndexByte(p, 'P')
		if i < 0 {
			return false
		}
		if p = p[i:]; bytes.HasPrefix(p, []byte("PK\x05\x06")) {
			return true
		}
	}
}

// whole is implemented by content that is in memory and need not be copied.
type whole interface{ Slice(off, n int64) []byte }

func readRange(r io.ReaderAt, off, n int64) ([]byte, error) {
	if w, ok := r.(whole); ok {
		return w.Slice(off, n), nil
	}
	p := make([]byte, n)
	got, err := r.ReadAt(p, off)
	if got == len(p) || errors.Is(err, io.EOF) {
		err = nil
	}
	return p[:got], err
}

// Extension returns the lower-case extension of the name, with its dot, or "".
func (h *Head) Extension() string {
	if h.extension != "" {
		return h.extension
	}
	return Extension(h.Name)
}

// Base returns the last element of the name, whichever slash separates it.
func (h *Head) Base() string {
	if h.base != "" {
		return h.base
	}
	return Base(h.Name)
}

// HasPrefix reports whether the file starts with any of the signatures.
func (h *Head) HasPrefix(signatures ...string) bool {
	for _, s := range signatures {
		if len(h.First) >= len(s) && string(h.First[:len(s)]) == s {
			return true
		}
	}
	return false
}
