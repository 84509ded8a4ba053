package walk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A root is a directory on disk, through which the files below it are opened.
type root struct {
	path   string
	shared func() (*opened, error) // nil: it is opened anew each time
}

// An opened root.
type opened struct {
	*os.Root
	dir *os.File // the same directory, for who asks the system himself
}

// kept returns a root that is opened once, for all files of a walk, and closed
// when none of them refers to it any more.
func kept(path string) *root {
	return &root{path: path, shared: sync.OnceValues(func() (*opened, error) {
		dir, err := os.OpenRoot(path)
		if err != nil {
			return nil, err
		}
		self, err := dir.Open(".")
		return &opened{dir, self}, err
	})}
}

// open opens the directory; done must be called after use.
func (r *root) open() (dir *os.Root, done func(), err error) {
	if r.shared != nil {
		o, err := r.shared()
		if err != nil {
			return nil, nil, err
		}
		return o.Root, func() {}, nil
	}
	dir, err = os.OpenRoot(r.path)
	return dir, func() { dir.Close() }, err
}

// wholeSize is the largest file that is read into memory at once: one system
// call for a small pickle, and no other for what it refers back to.
const wholeSize = 1 << 20

// Open opens the file for scanning. The closer must be called when the scan of
// the file ends.
func (f File) Open() (artifact.File, io.Closer, error) {
	a, closer, err := f.OnDisk()
	if err != nil || f.Elsewhere == nil {
		return a, closer, err
	}
	closer.Close()
	return f.Elsewhere(a)
}

// OnDisk is Open without Elsewhere.
func (f File) OnDisk() (artifact.File, io.Closer, error) {
	if f.stream != nil {
		return f.streamed()
	}
	if w, ok := f.small(); ok {
		content := hostile.Bytes(*w.memory)
		return artifact.File{Path: f.Path, Content: content, Size: int64(len(content)), Open: neighbour(f.root, f.name)}, w, nil
	}
	dir, done, err := f.root.open()
	if err != nil {
		return artifact.File{}, nil, err
	}
	defer done()
	// O_NONBLOCK: a FIFO that took the file's place must not hang the scan.
	file, err := dir.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return artifact.File{}, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file any more")
	}
	if err != nil {
		file.Close()
		return artifact.File{}, nil, err
	}
	a := artifact.File{Path: f.Path, Content: file, Size: info.Size(), Open: neighbour(f.root, f.name)}
	if a.Size <= wholeSize {
		return wholly(a, file)
	}
	return a, file, nil
}

// spare is memory of small files that are closed.
var spare = sync.Pool{New: func() any { return new([]byte) }}

// A whole is a small file in memory, which is used for another file once this one
// is closed.
type whole struct{ memory *[]byte }

// Close may be called any number of times.
func (w *whole) Close() error {
	if w.memory != nil {
		spare.Put(w.memory)
		w.memory = nil
	}
	return nil
}

// newWhole returns memory of a size.
func newWhole(size int64) (w *whole, p []byte) {
	w = &whole{memory: spare.Get().(*[]byte)}
	p = slices.Grow((*w.memory)[:0], int(size))[:size]
	*w.memory = p
	return w, p
}

// wholly reads a small file into memory and closes it.
func wholly(a artifact.File, file *os.File) (artifact.File, io.Closer, error) {
	defer file.Close()
	w, p := newWhole(a.Size)
	n, err := io.ReadFull(file, p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.Close()
		return artifact.File{}, nil, err
	}
	a.Content, a.Size = hostile.Bytes(p[:n]), int64(n)
	return a, w, nil
}

// neighbour looks at entries beside a file without following links out of root.
func neighbour(root *root, file string) artifact.Neighbour {
	return func(name string) (artifact.Entry, error) {
		r, done, err := root.open()
		if err != nil {
			return artifact.Entry{}, err
		}
		defer done()
		full := filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
		info, err := r.Stat(full)
		var e artifact.Entry
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return e, err
		case err != nil:
			e.Outside = true
		default:
			e.Size, e.First = info.Size(), first(r, full, info)
		}
		e.Symlink = linked(r, full)
		return e, nil
	}
}

// first returns the start of a regular file, or nothing where it cannot be read.
func first(r *os.Root, name string, info fs.FileInfo) []byte {
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := r.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	p := make([]byte, min(info.Size(), artifact.NeighbourSize))
	n, _ := io.ReadFull(f, p)
	return p[:n]
}

// linked reports whether any element of a path below a root is a symbolic link.
func linked(r *os.Root, name string) bool {
	for p := name; p != "." && p != string(filepath.Separator); p = filepath.Dir(p) {
		if info, err := r.Lstat(p); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// Sized returns the file with its size, where that was not asked for and can be known.
func (f File) Sized() File {
	if f.Size > 0 || f.root == nil {
		return f
	}
	dir, done, err := f.root.open()
	if err != nil {
		return f
	}
	defer done()
	if info, err := dir.Stat(f.name); err == nil {
		f.Size = info.Size()
	}
	return f
}
