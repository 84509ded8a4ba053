package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Tree lists the candidates below a directory like Files, with paths relative
// to it.
func Tree(root string, filter Filter) ([]File, error) {
	found, err := Below(root, filter)
	if err != nil {
		return nil, err
	}
	files := slices.Collect(found)
	for i := range files {
		files[i].Path = filepath.ToSlash(files[i].name)
	}
	return Sorted(files), nil
}

// NotThere is why a named file that does not exist is Absent.
const NotThere = "not in the workspace"

// Named returns the file of that slash-separated name below dir, and whether
// the filter selects it. A link inside dir is replaced by what it leads to.
func Named(dir, name string, filter Filter) (File, bool) {
	f := File{Path: name, root: &root{path: dir}, name: filepath.FromSlash(name)}
	if !filter.selects(name) {
		return f, false
	}
	if !filepath.IsLocal(f.name) {
		f.Refused = "a path that leads out of the workspace"
		return f, true
	}
	opened, done, err := f.root.open()
	if err != nil {
		f.Refused = cause(err)
		return f, true
	}
	defer done()
	info, err := opened.Lstat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		f.Absent = NotThere
	case err != nil:
		f.Refused = cause(err)
	case info.Mode()&fs.ModeSymlink != 0:
		if w := (&walker{root: f.root, filter: filter}); w.link(&f) {
			f.resolve(filter)
		}
	default:
		f.Size = info.Size()
		f.judge(info.Mode(), filter)
	}
	return f, true
}

// resolve replaces a link by the file inside the root that it leads to.
func (f *File) resolve(filter Filter) {
	target, err := filepath.EvalSymlinks(filepath.Join(f.root.path, f.name))
	root, rootErr := filepath.EvalSymlinks(f.root.path)
	rel, relErr := filepath.Rel(root, target)
	if err = errors.Join(err, rootErr, relErr); err != nil || !filepath.IsLocal(rel) {
		f.Refused = "a symbolic link that changed while it was followed"
		return
	}
	info, err := os.Lstat(target)
	if err != nil {
		f.Refused = cause(err)
		return
	}
	f.Path, f.name, f.Size = filepath.ToSlash(rel), rel, info.Size()
	f.judge(info.Mode(), filter)
}
