// Package artifact describes what is being scanned: a file on disk, or one that
// was found inside another.
package artifact

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// A File is content with a name, on disk or inside another file.
type File struct {
	Path    string      // on disk, slash-separated, as the user named it
	Inside  []string    // names of nested files, outermost first; nil for the file on disk
	Content io.ReaderAt // not read beyond Size
	Size    int64       // bytes
	Open    Neighbour   // looks at files beside the one on disk; nil where there are none
	Value   bool        // it is a text of its container's metadata, and what it is called is no file name

	whole string // the name of the innermost file, where Inside has only the ends of it
}

// A Neighbour tells what lies at a slash-separated path relative to the
// directory of the file on disk. It never opens anything outside the root of the
// scan. Where nothing lies the error is fs.ErrNotExist.
type Neighbour func(name string) (Entry, error)

// An Entry is a neighbour's kind and size.
type Entry struct {
	Size    int64
	First   []byte // up to NeighbourSize bytes of a regular file: enough to know a Git LFS pointer
	Symlink bool   // the path, or a directory on the way to it, is a symbolic link
	Outside bool   // it resolves to a place outside the root of the scan
}

// NeighbourSize is how much of a neighbour's content an Entry shows.
const NeighbourSize = 1 << 10

// Name returns the name of the innermost file, with whatever path its container
// gives it.
func (f File) Name() string {
	if n := len(f.Inside); n > 0 {
		return f.Inside[n-1]
	}
	return f.Path
}

// Nested reports whether the file was found inside another.
func (f File) Nested() bool { return len(f.Inside) > 0 }

// Container returns the name of the file that f was found in, or "".
func (f File) Container() string {
	switch n := len(f.Inside); n {
	case 0:
		return ""
	case 1:
		return f.Path
	default:
		return f.Inside[n-2]
	}
}

// WholeName is Name with what Member has left out of it.
func (f File) WholeName() string { return cmp.Or(f.whole, f.Name()) }

// Sizes of the names of nested files, in bytes. A name of a megabyte costs its file a
// megabyte, but is part of all that is said of what lies below it.
const (
	// maxNesting is how long all of them may be: the longest path of Linux.
	maxNesting = 4 << 10
	// minNested is how long each may be nevertheless: the longest name in a path.
	minNested = 255
)

// Member returns a file found inside f. Of a very long name Inside has the ends, and
// what tells it from others with these ends.
func (f File) Member(name string, content io.ReaderAt, size int64) File {
	m := File{Path: f.Path, Content: content, Size: size}
	room := maxNesting
	for _, outer := range f.Inside {
		room -= len(outer)
	}
	if room = max(room, minNested); len(name) > room {
		m.whole, name = name, ends(name, room)
	}
	m.Inside = append(slices.Clip(slices.Clone(f.Inside)), name)
	return m
}

// ends returns a text without its middle, of which it says how long it was and what
// its hash is.
func ends(text string, limit int) string {
	sum := sha256.Sum256([]byte(text))
	middle := fmt.Sprintf("…(%d bytes, %x)…", len(text), sum[:4])
	keep := (limit - len(middle)) / 2
	return strings.ToValidUTF8(text[:keep]+middle+text[len(text)-keep:], "")
}

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
func (h Head) has(t traits, ask func(Head) bool) bool {
	if h.traits&known != 0 {
		return h.traits&t != 0
	}
	return ask(h)
}

// Asked returns a head that has been asked about all its traits, for many to ask.
func (h Head) Asked() Head {
	h.traits = known
	for _, q := range [...]struct {
		trait traits
		ask   func(Head) bool
	}{{text, isText}, {json, isJSON}, {zip, endsZip}} {
		if q.ask(h) {
			h.traits |= q.trait
		}
	}
	return h
}

// Head reads both ends of the file. An error is one of the machine, or the
// Fault of a container that the file is read through; First holds what came
// before it.
func (f File) Head() (Head, error) {
	h := Head{Name: f.Name(), Size: max(0, f.Size), Depth: len(f.Inside), Value: f.Value}
	h.base, h.extension = h.Base(), h.Extension()
	var err error
	h.First, err = readRange(f.Content, 0, min(h.Size, FirstSize))
	if err != nil {
		return h, err
	}
	last := min(h.Size, LastSize)
	if last <= int64(len(h.First)) {
		h.Last = h.First[int64(len(h.First))-last:]
	} else {
		h.Last, err = readRange(f.Content, h.Size-last, last)
	}
	return h, err
}

// EndsZip reports whether the end record of a zip archive may be near the end of the
// file (APPNOTE 4.3.16).
func (h Head) EndsZip() bool { return h.has(zip, endsZip) }

// endsZip looks for one letter at a time, which is faster than to look for the whole
// signature where the letter is rare.
func endsZip(h Head) bool {
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
func (h Head) Extension() string {
	if h.extension != "" {
		return h.extension
	}
	return Extension(h.Name)
}

// Base returns the last element of the name, whichever slash separates it.
func (h Head) Base() string {
	if h.base != "" {
		return h.base
	}
	return Base(h.Name)
}

// Base returns the last element of a name, whichever slash separates it.
func Base(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

// Clean brings the name of a member of an archive into one form: relative, with
// slashes, and climbing no higher than the archive.
func Clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// Extension returns the lower-case extension of a name, with its dot, or "".
func Extension(name string) string { return strings.ToLower(path.Ext(Base(name))) }

// HasPrefix reports whether the file starts with any of the signatures.
func (h Head) HasPrefix(signatures ...string) bool {
	for _, s := range signatures {
		if len(h.First) >= len(s) && string(h.First[:len(s)]) == s {
			return true
		}
	}
	return false
}
