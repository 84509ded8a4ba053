// Package walk decides which files below a root are scanned, and says of the
// others why they are not.
package walk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/glob"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A File is a candidate for the scan.
type File struct {
	Path    string // slash-separated, as the user named the root, with what lies below it
	Size    int64  // bytes
	Refused string // why it is not opened; "" if it can be
	Absent  string // why there is nothing to open: a broken link, a device; "" otherwise

	// Elsewhere opens the content in place of what is on disk, where that only
	// stands for it; nil otherwise.
	Elsewhere func(onDisk artifact.File) (artifact.File, io.Closer, error)

	root string // directory on disk
	name string // relative to root, with the system's separators
}

// Filter selects files by globs over their path relative to the root
// (see package glob).
type Filter struct {
	Include, Exclude []string
	MaxSize          int64 // larger files are refused; 0: no limit
}

// Check returns an error that names the first pattern that is not a glob.
func (f Filter) Check() error {
	return glob.Check(slices.Concat(f.Include, f.Exclude)...)
}

// skippedDirectories hold Git's own data: its objects are packed copies of
// files that are scanned where they are checked out.
var skippedDirectories = map[string]bool{".git": true}

// Files lists the candidates below the given paths, sorted, each once. A path
// that does not exist is an error; everything met below one is a File.
func Files(roots []string, filter Filter) ([]File, error) {
	var out []File
	for _, root := range roots {
		files, err := below(root, filter)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return Sorted(out), nil
}

// Sorted orders files by path, in place, and drops those that are there twice.
func Sorted(files []File) []File {
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path })
}

func below(root string, filter Filter) ([]File, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f := File{Path: filepath.ToSlash(filepath.Clean(root)), Size: info.Size(), root: filepath.Dir(root), name: filepath.Base(root)}
		f.judge(info.Mode(), filter)
		return []File{f}, nil
	}
	w := &walker{root: root, filter: filter}
	err = w.walk()
	return w.files, err
}

type walker struct {
	root   string
	filter Filter
	files  []File
}

func (w *walker) walk() error {
	// The separator at the end makes a root that is itself a link to be followed.
	return filepath.WalkDir(w.root+string(filepath.Separator), func(full string, d fs.DirEntry, err error) error {
		if err != nil && d == nil {
			return err
		}
		if d.IsDir() && skippedDirectories[d.Name()] && filepath.Clean(full) != filepath.Clean(w.root) {
			return fs.SkipDir
		}
		if d.IsDir() && err == nil {
			return nil
		}
		w.add(full, d, err)
		return nil
	})
}

// add lists one entry that is not a readable directory.
func (w *walker) add(full string, d fs.DirEntry, err error) {
	rel, relErr := filepath.Rel(w.root, full)
	if relErr != nil {
		rel = full
	}
	unlisted := d.IsDir() && err != nil // nobody knows what it holds
	if !w.filter.selects(filepath.ToSlash(rel)) && !(unlisted && !glob.MatchAny(w.filter.Exclude, filepath.ToSlash(rel))) {
		return
	}
	f := File{Path: path.Join(filepath.ToSlash(w.root), filepath.ToSlash(rel)), root: w.root, name: rel}
	switch {
	case err != nil:
		f.Refused = cause(err)
	case d.Type()&fs.ModeSymlink != 0:
		if w.link(&f) {
			return
		}
	default:
		info, err := d.Info()
		if err != nil {
			f.Refused = cause(err)
			break
		}
		f.Size = info.Size()
		f.judge(info.Mode(), w.filter)
	}
	w.files = append(w.files, f)
}

// link judges a symbolic link. It reports whether it leads to something that is
// scanned by its own name.
func (w *walker) link(f *File) (listed bool) {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		f.Refused = cause(err)
		return false
	}
	defer root.Close()
	info, err := root.Stat(f.name)
	switch {
	case err == nil && w.lists(f.name, info):
		return true
	case err == nil && info.IsDir():
		f.Refused = "a symbolic link to a directory that is not scanned"
	case err == nil:
		f.Size = info.Size()
		f.judge(info.Mode(), w.filter)
	case errors.Is(err, fs.ErrNotExist):
		f.Absent = "a symbolic link to nothing"
	case errors.Is(err, syscall.ELOOP):
		f.Absent = "a symbolic link that leads in a circle"
	default:
		f.Refused = "a symbolic link that leads out of the scanned directory, or through something unreadable"
	}
	return false
}

// nameDecides are extensions that say little: loaders know such files by their
// whole name.
var nameDecides = map[string]bool{"": true, ".bin": true, ".json": true, ".txt": true, ".yaml": true, ".yml": true}

// lists reports whether the walk meets the target of a link elsewhere, under a
// name from which no less is recognised than from the link's.
func (w *walker) lists(link string, info fs.FileInfo) bool {
	base, err := filepath.EvalSymlinks(w.root)
	if err != nil {
		return false
	}
	target, err := filepath.EvalSymlinks(filepath.Join(w.root, link))
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(base, target)
	if err != nil || inSkipped(rel) {
		return false
	}
	if info.IsDir() {
		return true
	}
	was, is := strings.ToLower(filepath.Ext(link)), strings.ToLower(filepath.Ext(rel))
	alike := filepath.Base(link) == filepath.Base(rel) || was == is && !nameDecides[is]
	return alike && w.filter.selects(filepath.ToSlash(rel))
}

// inSkipped reports whether a path relative to the root lies in a directory that
// the walk skips.
func inSkipped(rel string) bool {
	return slices.ContainsFunc(strings.Split(rel, string(filepath.Separator)), func(element string) bool {
		return skippedDirectories[element]
	})
}

func (f *File) judge(mode fs.FileMode, filter Filter) {
	switch {
	case !mode.IsRegular():
		f.Absent = "not a regular file (" + mode.Type().String() + ")"
	case filter.MaxSize > 0 && f.Size > filter.MaxSize:
		f.Refused = fmt.Sprintf("%d bytes, more than --max-file-size %d", f.Size, filter.MaxSize)
	}
}

// selects reports whether a path relative to the root is to be scanned.
func (f Filter) selects(rel string) bool {
	return (len(f.Include) == 0 || glob.MatchAny(f.Include, rel)) && !glob.MatchAny(f.Exclude, rel)
}

// cause is the reason of an error of the file system, without the path.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Op + ": " + p.Err.Error()
	}
	return err.Error()
}

// wholeSize is the largest file that is read into memory at once: one system
// call for a small pickle.
const wholeSize = 256 << 10

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
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return artifact.File{}, nil, err
	}
	defer root.Close()
	// O_NONBLOCK: a FIFO that took the file's place must not hang the scan.
	file, err := root.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
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
	a := artifact.File{Path: f.Path, Content: file, Size: info.Size(), Open: neighbour(f.root, filepath.Dir(f.name))}
	if a.Size <= wholeSize {
		return wholly(a, file)
	}
	return a, file, nil
}

// wholly reads a small file into memory and closes it.
func wholly(a artifact.File, file *os.File) (artifact.File, io.Closer, error) {
	defer file.Close()
	p := make([]byte, a.Size)
	n, err := io.ReadFull(file, p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return artifact.File{}, nil, err
	}
	a.Content, a.Size = hostile.Bytes(p[:n]), int64(n)
	return a, io.NopCloser(nil), nil
}

// neighbour looks at entries beside a file without following links out of root.
func neighbour(root, dir string) artifact.Neighbour {
	return func(name string) (artifact.Entry, error) {
		r, err := os.OpenRoot(root)
		if err != nil {
			return artifact.Entry{}, err
		}
		defer r.Close()
		full := filepath.Join(dir, filepath.FromSlash(name))
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
