// Package carve finds files inside of bytes that are none: programs, archives,
// compressed streams, scripts and pickles between the numbers of tensors. A
// signature only says where to look: two bytes of it occur in any weights, four
// in every few gigabytes. What is returned has been read as what it is.
package carve

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind is a family of files.
type Kind uint8

// The kinds of files that are looked for.
const (
	Program  Kind = iota + 1 // ELF, PE, Mach-O, WebAssembly, a Windows shortcut
	Script                   // text whose first line names an interpreter
	Zip                      // an end record that leads to a directory and a first member
	Tar                      // a header with its checksum
	SevenZip                 // a header with its checksum
	Gzip                     // a stream that unpacks, as the next five
	Bzip2
	XZ
	Zstd
	LZ4
	Zlib   // only where Data looks
	Pickle // what the caller says is one
)

var kinds = [...]string{
	Program: "program", Script: "script", Zip: "zip archive", Tar: "tar archive", SevenZip: "7z archive",
	Gzip: "gzip stream", Bzip2: "bzip2 stream", XZ: "xz stream", Zstd: "zstd stream", LZ4: "lz4 stream", Zlib: "zlib stream",
	Pickle: "pickle",
}

// String returns the kind in words.
func (k Kind) String() string { return kinds[k] }

// A File is something found.
type File struct {
	Kind   Kind
	Offset int64  // of its first byte, by the reader's offsets
	Size   int64  // as far as its headers tell, within what was searched; at least 1
	Detail string // of programs and scripts: what the header says, which may be text of the file
}

const (
	// chunk is how much is read at once: it stays in the processor's cache.
	chunk = 256 << 10
	// around is what is looked at before and behind a place within a chunk. The
	// longest that is, is a line of a pickle's import on each side.
	around = 1 << 10
	// maxFiles is how many files are returned; nobody needs to see more.
	maxFiles = 256
	// tryCost is what looking at one place is worth, in steps of the budget.
	tryCost = 64
)

// Find looks for files in what r has left, and returns them in order, none
// inside another. pickle is asked about places where a pickle may begin, and
// says where it ends if it is one that counts, with a reader of its own; nil: none
// does. An error is that of reading, or the end of the budget; what was found
// before it is returned.
func Find(r *hostile.Reader, pickle func(at int64) (end int64, ok bool)) ([]File, error) {
	return find(search{r: r, table: anything(), pickle: pickle})
}

// Only is Find for the files that keep says so of: however many others there are,
// they hide none of them.
func Only(r *hostile.Reader, pickle func(at int64) (end int64, ok bool), keep func(File) bool) ([]File, error) {
	return find(search{r: r, table: anything(), pickle: pickle, keep: keep})
}

// Data is Only for what is of no known format, where values may be packed one by
// one: by zlib as well, whose streams are known by two bytes.
func Data(r *hostile.Reader, pickle func(at int64) (end int64, ok bool), keep func(File) bool) ([]File, error) {
	return find(search{r: r, table: anything(), pickle: pickle, keep: keep, data: true})
}

// Programs is Find for programs alone, whatever they lie in.
func Programs(r *hostile.Reader) ([]File, error) {
	return find(search{r: r, table: programs()})
}

// spare holds searches that have ended.
var spare = sync.Pool{New: func() any { return new(search) }}

func find(asked search) ([]File, error) {
	s := spare.Get().(*search)
	defer func() {
		*s = search{}
		spare.Put(s)
	}()
	*s = asked
	s.start, s.end = s.r.Offset(), s.r.End()
	s.next = s.start
	err := s.run()
	return outermost(s.found), err
}

// A search is the state of one Find.
type search struct {
	r          *hostile.Reader
	start, end int64
	table      *table          // of what is looked for
	data       bool            // and zlib, too
	keep       func(File) bool // nil: all
	pickle     func(at int64) (end int64, ok bool)
	found      []File
	next       int64  // what begins before it lies in something found
	at         int64  // offset of the chunk
	buf        []byte // the chunk
	room       []byte // for a chunk that is not in memory
	scratch    [scratchSize]byte
	packed     unpacking
	text       text // around the last script
	err        error
}

// scratchSize is what is read at most of a place outside of the chunk before it
// is worth a reader.
const scratchSize = 64

// run goes through the chunks.
func (s *search) run() error {
	for off := s.start; off < s.end && s.err == nil && len(s.found) < maxFiles; off += chunk {
		if err := s.read(off); err != nil {
			return err
		}
		s.filter(s.buf, int(off-s.at), int(min(s.end, off+chunk)-s.at))
	}
	return s.err
}

// read reads the chunk at an offset, with what is around it.
func (s *search) read(off int64) error {
	s.at = max(s.start, off-around)
	n := min(s.end, off+chunk+around) - s.at
	if err := s.r.Budget().Steps(n / tryCost); err != nil {
		return err
	}
	if s.buf = s.r.Seen(s.at, n); s.buf != nil {
		return nil
	}
	if s.room == nil {
		s.room = make([]byte, min(chunk+2*around, s.end-s.start))
	}
	s.buf = s.room[:n]
	if _, err := s.r.ReadAt(s.buf, s.at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// try looks at what a signature announces at p[i].
func (s *search) try(sig *signature, p []byte, i int) {
	start := i - sig.pair
	at := s.at + int64(start-sig.before)
	if start < 0 || at < s.next || sig.data && !s.data || !hasPrefix(p[start:], sig.text) || !s.spend() {
		return
	}
	if f, ok := sig.confirm(s, at); ok {
		s.add(f)
	}
}

// spend pays for looking at one place.
func (s *search) spend() bool {
	if s.err == nil {
		s.err = s.r.Budget().Steps(tryCost)
	}
	return s.err == nil
}

// add keeps a file. What is inside of it is its own; one that is not kept hides
// nothing.
func (s *search) add(f File) {
	f.Size = max(1, min(f.Size, s.end-f.Offset))
	if s.keep != nil && !s.keep(f) {
		return
	}
	if len(s.found) < maxFiles {
		s.found = append(s.found, f)
	}
	s.next = max(s.next, f.Offset+f.Size)
}

// peek returns up to n bytes from an offset on, valid until the next call: a
// reader has a buffer of its own, and most places are given up after a look.
func (s *search) peek(at int64, n int) []byte {
	at = min(max(at, s.start), s.end)
	n = int(min(int64(n), s.end-at, scratchSize))
	if i := at - s.at; i >= 0 && i+int64(n) <= int64(len(s.buf)) {
		return s.buf[i : i+int64(n)]
	}
	got, _ := s.r.ReadAt(s.scratch[:n], at)
	return s.scratch[:got]
}

// window is a reader of what is left from an offset on.
func (s *search) window(at int64) *hostile.Reader {
	return s.r.Lend(s.buf, s.at, uint64(at), uint64(s.end-at))
}

// outermost sorts files and leaves out those inside of others: a zip archive is
// known by its end, when what it holds has been found already.
func outermost(files []File) []File {
	slices.SortStableFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Size, a.Size))
	})
	var end int64
	return slices.DeleteFunc(files, func(f File) bool {
		inside := f.Offset < end
		end = max(end, f.Offset+f.Size)
		return inside
	})
}

func hasPrefix(p []byte, s string) bool { return len(p) >= len(s) && string(p[:len(s)]) == s }
