// Package change says what a pull request, a push or a merge queue changes:
// which files are to be scanned, and when the whole workspace must be.
package change

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// A Set is what an event changes.
type Set struct {
	Files []github.ChangedFile
	// Whole says why the whole workspace is scanned instead of Files; "" if
	// Files is everything that was changed.
	Whole string
}

// A Workspace is the directory in which the repository is checked out.
type Workspace struct {
	Root string
	// Wrong says that another commit is checked out than the one that the set
	// is about: then every file is compared with the content it should have.
	Wrong bool
}

// Candidates returns what is to be scanned, sorted by path. A file that was
// changed but cannot be read is among them, with the reason.
func (s Set) Candidates(w Workspace, filter walk.Filter) ([]walk.File, error) {
	if s.Whole != "" {
		return walk.Tree(w.Root, filter)
	}
	var out []walk.File
	for _, c := range s.Files {
		if c.Status == "removed" {
			continue
		}
		files, err := w.candidates(c, filter)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return walk.Sorted(out), nil
}

// candidates returns what is to be scanned of one changed file: itself, what is
// in the submodule that it is, or nothing if the filter leaves it out.
func (w Workspace) candidates(c github.ChangedFile, filter walk.Filter) ([]walk.File, error) {
	f, selected := walk.Named(w.Root, c.Path, filter)
	switch {
	case !selected:
		return nil, nil
	case f.Absent == walk.NotThere && !c.Text:
		f.Absent, f.Refused = "", "changed, but not in the workspace: a sparse checkout, or another commit is checked out"
	case f.Absent != "" && isDirectory(w.Root, c.Path):
		return w.submodule(c.Path, f, filter)
	case w.Wrong && f.Refused == "" && f.Absent == "":
		f.Refused = w.differs(c)
	}
	return []walk.File{f}, nil
}

// submodule: git lists one as a file; its content is there if it was checked out.
func (w Workspace) submodule(path string, f walk.File, filter walk.Filter) ([]walk.File, error) {
	files, err := walk.Tree(filepath.Join(w.Root, filepath.FromSlash(path)), filter)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		f.Absent = "a submodule that is not checked out: nothing of it was read"
		return []walk.File{f}, nil
	}
	for i := range files {
		files[i].Path = path + "/" + files[i].Path
	}
	return files, nil
}

// isDirectory reports whether a path is a directory, through no link that leads
// out of the workspace.
func isDirectory(root, path string) bool {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return false
	}
	defer dir.Close()
	info, err := dir.Stat(filepath.FromSlash(path))
	return err == nil && info.IsDir()
}

// differs says why the workspace's file is not the changed one, or returns "".
func (w Workspace) differs(c github.ChangedFile) string {
	if c.Blob == "" {
		return "another commit is checked out, and GitHub does not say what this file should hold"
	}
	same, err := w.holds(c)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return walk.NotThere
	case err != nil:
		return err.Error()
	case !same:
		return fmt.Sprintf("another commit is checked out: the workspace's file is not the changed one (git object %.12s)", c.Blob)
	default:
		return ""
	}
}
