// Package walk decides which files below a root are scanned, and says of the
// others why they are not.
package walk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/glob"
)

// A File is a candidate for the scan.
type File struct {
	Path    string // slash-separated, as the user named the root, with what lies below it
	Size    int64  // bytes; 0 if it was not asked for
	Refused string // why it is not opened; "" if it can be
	Absent  string // why there is nothing to open: a broken link, a device; "" otherwise

	// Elsewhere opens the content in place of what is on disk, where that only
	// stands for it; nil otherwise.
	Elsewhere func(onDisk artifact.File) (artifact.File, io.Closer, error)

	stream io.ReaderAt // the content of what is no entry of root; nil otherwise
	root   *root
	name   string // relative to root, with the system's separators
}

// Filter selects files by globs over their path relative to the root
// (see package glob).
type Filter struct {
	Include, Exclude []string
	MaxSize          int64 // larger files are refused; 0: no limit
	// Unsized leaves out the sizes of files that nothing is decided by: to ask for one
	// takes a call of the system.
	Unsized bool
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
		files, err := Below(root, filter)
		if err != nil {
			return nil, err
		}
		out = slices.AppendSeq(out, files)
	}
	return Sorted(out), nil
}

// Sorted orders files by path, in place, and drops those that are there twice.
func Sorted(files []File) []File {
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path })
}

// Below lists a file, or all files below a directory, as they are met: each once, in no
// order to rely on. A path that the caller names is followed if it is a link; one that
// does not exist is an error.
func Below(path string, filter Filter) (iter.Seq[File], error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f := File{Path: filepath.ToSlash(filepath.Clean(path)), Size: info.Size(), root: &root{path: filepath.Dir(path)}, name: filepath.Base(path)}
		f.judge(info.Mode(), filter)
		if f.Absent != "" { // what somebody asked for by its name was to be read
			f.Refused, f.Absent = f.Absent+", of which the content can be given to standard input: modelaudit scan -", ""
		}
		return slices.Values([]File{f}), nil
	}
	w := newWalker(path, filter)
	return func(yield func(File) bool) {
		w.yield = yield
		w.directory("", fs.FileInfoToDirEntry(info))
	}, nil
}

type walker struct {
	root   *root
	filter Filter
	yield  func(File) bool
	ended  bool   // nobody wants more
	start  string // the root itself, as the walk calls it
	prefix string // what the walk puts in front of the others
}

// newWalker returns a walker over a directory.
func newWalker(path string, filter Filter) *walker {
	const separator = string(filepath.Separator)
	// The separator at the end makes a root that is itself a link to be followed.
	w := &walker{root: kept(path), filter: filter, start: path + separator}
	if clean := filepath.Clean(path); clean != "." {
		w.prefix = strings.TrimSuffix(clean, separator) + separator
	}
	return w
}

// directory goes through a directory, given by its path below the root. What cannot be
// read is listed with the reason, and the rest goes on. It does what filepath.WalkDir
// does, but for the order: the first files of a directory are told of before the last are
// known.
func (w *walker) directory(rel string, d fs.DirEntry) {
	path, inside := w.start, ""
	if rel != "" {
		path, inside = w.prefix+rel, rel+string(filepath.Separator)
	}
	directories, err := w.list(path, inside)
	if err != nil {
		w.add(path, d, err)
	}
	// The listing is closed: there may be more directories in each other than
	// files that can be open.
	for _, d := range directories {
		if !w.ended {
			w.directory(inside+d.Name(), d)
		}
	}
}

// list lists the files in a directory, and returns the directories in it.
func (w *walker) list(path, inside string) (directories []fs.DirEntry, err error) {
	const atOnce = 128
	listing, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer listing.Close()
	for !w.ended && err == nil {
		var entries []fs.DirEntry
		entries, err = listing.ReadDir(atOnce)
		for _, e := range entries {
			switch {
			case w.ended:
			case !e.IsDir():
				w.add(w.prefix+inside+e.Name(), e, nil)
			case !skippedDirectories[e.Name()]:
				directories = append(directories, e)
			}
		}
	}
	if err == io.EOF {
		err = nil
	}
	return directories, err
}

// add lists one entry that is not a readable directory.
func (w *walker) add(full string, d fs.DirEntry, err error) {
	rel := strings.TrimPrefix(full, w.prefix)
	if full == w.start {
		full, rel = filepath.Clean(full), "."
	}
	unlisted := d.IsDir() && err != nil // nobody knows what it holds
	if !w.filter.selects(filepath.ToSlash(rel)) && !(unlisted && !glob.MatchAny(w.filter.Exclude, filepath.ToSlash(rel))) {
		return
	}
	f := File{Path: filepath.ToSlash(full), root: w.root, name: rel}
	switch {
	case err != nil:
		f.Refused = cause(err)
	case d.Type()&fs.ModeSymlink != 0:
		if w.link(&f) {
			return
		}
	case w.filter.Unsized && w.filter.MaxSize == 0:
		f.judge(d.Type(), w.filter)
	default:
		info, err := d.Info()
		if err != nil {
			f.Refused = cause(err)
			break
		}
		f.Size = info.Size()
		f.judge(info.Mode(), w.filter)
	}
	w.ended = !w.yield(f)
}

// link judges a symbolic link. It reports whether it leads to something that is
// scanned by its own name.
func (w *walker) link(f *File) (listed bool) {
	dir, done, err := f.root.open()
	if err != nil {
		f.Refused = cause(err)
		return false
	}
	defer done()
	info, err := dir.Stat(f.name)
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
	base, err := filepath.EvalSymlinks(w.root.path)
	if err != nil {
		return false
	}
	target, err := filepath.EvalSymlinks(filepath.Join(w.root.path, link))
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

// judge says why a file is not opened: it may block for ever, or be larger than
// wanted.
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
