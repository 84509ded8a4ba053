// Package artifact describes what is being scanned: a file on disk, or one that
// was found inside another.
package artifact

import (
	"cmp"
	"crypto/sha256"
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

// Base returns the last element of a name, whichever slash separates it.
func Base(name string) string {
	i := len(name)
	for i > 0 && name[i-1] != '/' && name[i-1] != '\\' {
		i--
	}
	return name[i:]
}

// Clean brings the name of a member of an archive into one form: relative, with
// slashes, and climbing no higher than the archive.
func Clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// Extension returns the lower-case extension of a name, with its dot, or "".
func Extension(name string) string { return strings.ToLower(path.Ext(Base(name))) }
