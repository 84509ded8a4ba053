package git

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// commitID is a whole ID, of SHA-1 or SHA-256.
var commitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`) })

// maxGitFile bounds what is read of HEAD, a ref, or packed-refs, in bytes.
const maxGitFile = 64 << 20

// A Head is what is checked out; fields that cannot be learned are empty.
type Head struct {
	Commit string
	Branch string // by name, without refs/heads/
	// Remote is the commit of the branch of that name of the remote origin.
	Remote string
}

// ReadHead reads what a working tree holds, from files alone.
func ReadHead(root string) Head {
	dir := directory(root)
	head := firstLine(dir, "HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return Head{Commit: commit(head)}
	}
	out := Head{Commit: resolve(dir, ref)}
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		out.Branch, out.Remote = branch, resolve(dir, "refs/remotes/origin/"+branch)
	}
	return out
}

// directory returns the git directory of a working tree, which a file may name
// in a worktree or a submodule.
func directory(root string) string {
	dir := filepath.Join(root, ".git")
	if info, err := os.Stat(dir); err != nil || info.IsDir() {
		return dir
	}
	to, ok := strings.CutPrefix(firstLine(root, ".git"), "gitdir: ")
	if !ok {
		return dir
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(root, to)
	}
	return to
}

// resolve returns the commit of a ref, or "".
func resolve(dir, ref string) string {
	// HEAD is a file of the repository's: it must not name one elsewhere.
	if !filepath.IsLocal(ref) {
		return ""
	}
	// A worktree's own refs come first, then those that all share
	// (gitrepository-layout(5)).
	if id := commit(firstLine(dir, ref)); id != "" {
		return id
	}
	common := commonDirectory(dir)
	if id := commit(firstLine(common, ref)); id != "" {
		return id
	}
	return packed(common, ref)
}

// commonDirectory returns where a git directory keeps what all worktrees share.
func commonDirectory(dir string) string {
	common := firstLine(dir, "commondir")
	switch {
	case common == "":
		return dir
	case filepath.IsAbs(common):
		return common
	default:
		return filepath.Join(dir, common)
	}
}

// packed looks a ref up in packed-refs.
func packed(dir, ref string) string {
	p, err := readSmall(filepath.Join(dir, "packed-refs"))
	if err != nil {
		return ""
	}
	for lines := bufio.NewScanner(bytes.NewReader(p)); lines.Scan(); {
		if id, name, ok := strings.Cut(lines.Text(), " "); ok && name == ref {
			return commit(id)
		}
	}
	return ""
}

// commit returns s if it is the whole ID of a commit.
func commit(s string) string {
	if s = strings.ToLower(strings.TrimSpace(s)); commitID().MatchString(s) {
		return s
	}
	return ""
}

// firstLine is the first line of a small file of git's, or nothing.
func firstLine(dir, name string) string {
	p, err := readSmall(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(p), "\n")
	return strings.TrimSpace(line)
}

// readSmall reads a file of git's own, which is never large.
func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxGitFile {
		return nil, os.ErrInvalid
	}
	return os.ReadFile(name)
}
