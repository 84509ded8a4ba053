package change

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/lfs"
	"github.com/modelaudit/modelaudit/internal/git"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// A Since is what a working tree changes relative to a commit.
type Since struct {
	Files   []walk.File // those that are new or hold something else
	Removed []string    // files of the commit that are gone, from the root of the repository
}

// ChangedSince returns what differs from a commit. All files lie in the working
// tree; name gives the path of one from its root. Of the commit's files, those
// for which within is false are left out.
func ChangedSince(r *git.Repository, commit string, files []walk.File, name func(walk.File) string, within func(string) bool) (Since, error) {
	was := make(map[string]string)
	var out Since
	err := r.Files(commit, func(path, id string) error {
		was[path] = id
		if _, err := os.Lstat(filepath.Join(r.Root, filepath.FromSlash(path))); errors.Is(err, fs.ErrNotExist) && within(path) {
			out.Removed = append(out.Removed, path)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	slices.Sort(out.Removed)
	for _, f := range files {
		if id := was[name(f)]; id == "" || !same(r, f, name(f), id) {
			out.Files = append(out.Files, f)
		}
	}
	return out, nil
}

// same reports whether a file is what a commit holds. What cannot be compared
// is not.
func same(r *git.Repository, f walk.File, path, id string) bool {
	if f.Refused != "" || f.Absent != "" {
		return false
	}
	// A pointer is smaller than MaxSize, and may stand for a file of any size.
	if size, err := r.Size(id); err != nil || size != f.Size && size >= lfs.MaxSize {
		return false
	}
	equal, err := Workspace{Root: r.Root}.holds(github.ChangedFile{Path: path, Blob: id})
	return err == nil && equal
}
