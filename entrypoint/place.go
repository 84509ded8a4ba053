package entrypoint

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/walk"
	"github.com/modelaudit/modelaudit/sarif"
)

// governed returns the directory that a policy file is about: the repository
// for .github/modelaudit.yml, or else the file's own.
func governed(config string) string {
	dir := filepath.Dir(config)
	if abs, err := filepath.Abs(dir); err == nil && filepath.Base(abs) == ".github" {
		return filepath.Dir(abs)
	}
	return dir
}

// below is a path that is written relative to base.
func below(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}

// relativeTo names paths of a scan relative to base, where they lie below it. It
// asks for the working directory once: a scan has many paths.
func relativeTo(base string) func(string) string {
	here, err := os.Getwd()
	root := below(here, base)
	return func(path string) string {
		if err != nil {
			return path
		}
		rel, err := filepath.Rel(root, below(here, filepath.FromSlash(path)))
		if err != nil || !filepath.IsLocal(rel) {
			return path
		}
		return filepath.ToSlash(rel)
	}
}

// outside reports whether none of the roots is the path or holds it.
func outside(path string, roots []string) bool {
	return !slices.ContainsFunc(roots, func(root string) bool { return within(root, path) })
}

// within reports whether a path is base or lies below it.
func within(base, path string) bool {
	from, baseErr := filepath.Abs(base)
	to, pathErr := filepath.Abs(path)
	if baseErr != nil || pathErr != nil {
		return false
	}
	rel, err := filepath.Rel(from, to)
	return err == nil && filepath.IsLocal(rel)
}

// uris places paths of the scan: relative to the working directory, which is
// taken for the root of the repository, or absolute where they lie elsewhere.
func uris() func(path string) string {
	relative := relativeTo(".")
	return func(path string) string {
		name := relative(path)
		if !filepath.IsLocal(name) {
			if abs, err := filepath.Abs(name); err == nil {
				return sarif.FileURI(filepath.ToSlash(abs))
			}
		}
		return sarif.RelativeURI(name)
	}
}

// stdin is the path that stands for standard input, and its name in reports.
const stdin, stdinName = "-", "stdin"

// candidates lists the files below the paths that the caller named, and standard
// input if it is among them.
func candidates(w World, paths []string, filter walk.Filter) ([]walk.File, error) {
	onDisk := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return path == stdin })
	files, err := listed(onDisk, filter)
	if err != nil || len(onDisk) == len(paths) {
		return files, err
	}
	f, err := walk.Stream(stdinName, w.Stdin, filter)
	return append(files, f), err
}

// listed lists the files below the paths that the caller named.
func listed(paths []string, filter walk.Filter) ([]walk.File, error) {
	if err := filter.Check(); err != nil {
		return nil, usageError{err}
	}
	files, err := walk.Files(paths, filter)
	if err != nil {
		return nil, usageError{err}
	}
	return files, nil
}

// files are those to scan. What lies below one path is scanned while it is found;
// shards have to know all files, and of several paths some may be the same.
func (f *settingFlags) files(w World, paths []string, filter walk.Filter) (iter.Seq[walk.File], error) {
	filter.Unsized = f.shard.Of == 0
	if len(paths) == 1 && paths[0] != stdin && f.shard.Of == 0 {
		if err := filter.Check(); err != nil {
			return nil, usageError{err}
		}
		files, err := walk.Below(paths[0], filter)
		if err != nil {
			return nil, usageError{err}
		}
		return files, nil
	}
	files, err := candidates(w, paths, filter)
	return slices.Values(f.shard.Share(files, change.Weight)), err
}

// tally counts files as they come.
func tally(files iter.Seq[walk.File], n *atomic.Int64) iter.Seq[walk.File] {
	return func(yield func(walk.File) bool) {
		for f := range files {
			n.Add(1)
			if !yield(f) {
				return
			}
		}
	}
}
