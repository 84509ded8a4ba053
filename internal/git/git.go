// Package git reads commits and files from a clone on disk. It runs no git, no
// hooks and no filters, and writes nothing; objects are decoded by go-git.
package git

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// A Repository is a clone on disk.
type Repository struct {
	Root    string // of the working tree
	storage *filesystem.Storage
}

// largeObject is what go-git streams instead of holding it in memory, in bytes.
const largeObject = 1 << 20

// Open opens the repository whose working tree dir is in.
func Open(dir string) (*Repository, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Lstat(filepath.Join(root, ".git")); err == nil {
			return open(root)
		}
		up := filepath.Dir(root)
		if up == root {
			return nil, fmt.Errorf("%s is not in a git repository", dir)
		}
		root = up
	}
}

// open opens the repository of a working copy; that of a linked one keeps its
// objects elsewhere.
func open(root string) (*Repository, error) {
	own := directory(root)
	common := commonDirectory(own)
	if info, err := os.Stat(filepath.Join(common, "objects")); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: no git objects", common)
	}
	files := osfs.New(own)
	if common != own {
		files = dotgit.NewRepositoryFilesystem(files, osfs.New(common))
	}
	// Alternates name object stores by absolute paths: actions/checkout makes
	// none, git clone --shared does.
	options := filesystem.Options{LargeObjectThreshold: largeObject, AlternatesFS: osfs.New("/")}
	return &Repository{Root: root, storage: filesystem.NewStorageWithOptions(files, cache.NewObjectLRU(cache.MiByte), options)}, nil
}

// Commit resolves a name to a commit: HEAD, a branch, a tag, a remote's branch,
// or the start of an ID, each with any number of ~N and ^N behind it.
func (r *Repository) Commit(name string) (string, error) {
	base, steps := name, ""
	if i := strings.IndexAny(name, "~^"); i >= 0 {
		base, steps = name[:i], name[i:]
	}
	c, err := r.named(base)
	if err == nil {
		c, err = walk(c, steps)
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w%s", name, err, r.cut(err))
	}
	return c.Hash.String(), nil
}

// cut says that a commit may be missing because the clone is shallow, or "".
func (r *Repository) cut(err error) string {
	shallow, reading := r.storage.Shallow()
	if reading != nil || len(shallow) == 0 || !errors.Is(err, plumbing.ErrObjectNotFound) && !errors.Is(err, errUnknown) {
		return ""
	}
	return " in this shallow clone (git fetch --unshallow brings the rest)"
}

// rules are how git expands a short name. Source: gitrevisions(7).
var rules = [...]string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"}

// errUnknown is what is said of a name by whatever way it was looked up.
var errUnknown = errors.New("no commit has that name")

// named finds the commit that a branch, a tag or a remote's branch points to,
// by git's own rules of lookup.
func (r *Repository) named(name string) (*object.Commit, error) {
	for _, rule := range rules {
		ref, err := storer.ResolveReference(r.storage, plumbing.ReferenceName(fmt.Sprintf(rule, name)))
		if err == nil {
			return r.peel(ref.Hash())
		}
	}
	if len(name) == 40 && plumbing.IsHash(name) {
		return r.peel(plumbing.NewHash(name))
	}
	return r.abbreviated(name)
}

// shortest is how much of an ID is taken for one.
const shortest = 4

// abbreviated finds the one commit whose ID starts so.
func (r *Repository) abbreviated(prefix string) (*object.Commit, error) {
	if len(prefix) < shortest || strings.Trim(strings.ToLower(prefix), "0123456789abcdef") != "" {
		return nil, errUnknown
	}
	// go-git looks up whole bytes; the odd digit is compared below.
	whole := prefix[:len(prefix)&^1]
	bytes := make([]byte, 0, len(whole)/2)
	for i := 0; i < len(whole); i += 2 {
		b, err := strconv.ParseUint(whole[i:i+2], 16, 8)
		if err != nil {
			return nil, errUnknown
		}
		bytes = append(bytes, byte(b))
	}
	all, err := r.storage.HashesWithPrefix(bytes)
	if err != nil {
		return nil, err
	}
	var found *object.Commit
	for _, h := range all {
		c, err := r.peel(h)
		if err != nil || !strings.HasPrefix(h.String(), strings.ToLower(prefix)) {
			continue
		}
		if found != nil && found.Hash != c.Hash {
			return nil, errors.New("more than one commit starts so")
		}
		found = c
	}
	if found == nil {
		return nil, errUnknown
	}
	return found, nil
}

// maxPeel is how many tags may name tags.
const maxPeel = 16

// peel follows tags to their commit.
func (r *Repository) peel(h plumbing.Hash) (*object.Commit, error) {
	for range maxPeel {
		c, err := object.GetCommit(r.storage, h)
		if err == nil {
			return c, nil
		}
		tag, tagErr := object.GetTag(r.storage, h)
		if tagErr != nil {
			return nil, err
		}
		h = tag.Target
	}
	return nil, errUnknown
}

// maxSteps bounds ~N.
const maxSteps = 1_000_000

// walk follows ~N and ^N.
func walk(c *object.Commit, steps string) (*object.Commit, error) {
	for steps != "" {
		kind := steps[0]
		digits := len(steps[1:]) - len(strings.TrimLeft(steps[1:], "0123456789"))
		n := 1
		if digits > 0 {
			var err error
			if n, err = strconv.Atoi(steps[1 : 1+digits]); err != nil || n > maxSteps {
				return nil, errUnknown
			}
		}
		steps = steps[1+digits:]
		if steps != "" && steps[0] != '~' && steps[0] != '^' {
			return nil, errUnknown
		}
		var err error
		if c, err = step(c, kind, n); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// step goes to a parent: the n-th of a merge, or n generations back.
func step(c *object.Commit, kind byte, n int) (*object.Commit, error) {
	// ^0 is the commit itself, and ~0 as well.
	if kind == '^' && n > 0 {
		return c.Parent(n - 1)
	}
	for range n {
		if kind == '^' {
			break
		}
		var err error
		if c, err = c.Parent(0); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// A Blob is a file of a commit.
type Blob struct {
	ID   string
	Size int64 // bytes, as git stores it: of a Git LFS pointer, not of its object
	blob *object.Blob
}

// Open returns the content.
func (b *Blob) Open() (io.ReadCloser, error) { return b.blob.Reader() }

// Blob returns the file of a slash-separated path in a commit. The error is
// fs.ErrNotExist if there is no file of that name, which a link and a submodule
// are not.
func (r *Repository) Blob(commit, name string) (*Blob, error) {
	c, err := object.GetCommit(r.storage, plumbing.NewHash(commit))
	if err != nil {
		return nil, fmt.Errorf("commit %.12s: %w", commit, err)
	}
	tree, err := c.Tree()
	if err != nil {
		return nil, fmt.Errorf("commit %.12s: %w", commit, err)
	}
	entry, err := tree.FindEntry(path.Clean(name))
	switch {
	case errors.Is(err, object.ErrEntryNotFound), errors.Is(err, object.ErrDirectoryNotFound):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case entry.Mode != filemode.Regular && entry.Mode != filemode.Executable && entry.Mode != filemode.Deprecated:
		return nil, fs.ErrNotExist
	}
	b, err := object.GetBlob(r.storage, entry.Hash)
	if err != nil {
		return nil, err
	}
	return &Blob{ID: entry.Hash.String(), Size: b.Size, blob: b}, nil
}

// Files calls yield for every file of a commit, with its slash-separated path.
func (r *Repository) Files(commit string, yield func(name, id string) error) error {
	c, err := object.GetCommit(r.storage, plumbing.NewHash(commit))
	if err != nil {
		return fmt.Errorf("commit %.12s: %w", commit, err)
	}
	tree, err := c.Tree()
	if err != nil {
		return fmt.Errorf("commit %.12s: %w", commit, err)
	}
	w := object.NewTreeWalker(tree, true, nil)
	defer w.Close()
	for {
		name, entry, err := w.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// Links and submodules have no content of their own to compare.
		if entry.Mode == filemode.Dir || entry.Mode == filemode.Symlink || entry.Mode == filemode.Submodule {
			continue
		}
		if err := yield(name, entry.Hash.String()); err != nil {
			return err
		}
	}
}

// Size returns the size of an object in bytes.
func (r *Repository) Size(id string) (int64, error) {
	return r.storage.EncodedObjectSize(plumbing.NewHash(id))
}
