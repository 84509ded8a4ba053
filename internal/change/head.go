package change

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/modelaudit/modelaudit/internal/github"
)

var commitID = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// maxGitFile bounds what is read of HEAD, a ref, or packed-refs.
const maxGitFile = 64 << 20

// CheckedOut reads which commit a workspace holds, without running git. What
// cannot be read is unknown.
func CheckedOut(root string) github.Checkout {
	dir := gitDirectory(root)
	head := firstLine(dir, "HEAD")
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return github.Checkout{SHA: commit(head)}
	}
	out := github.Checkout{SHA: resolve(dir, ref)}
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok && resolve(dir, "refs/remotes/origin/"+branch) != "" {
		out.Branch = branch
	}
	return out
}

// gitDirectory follows the .git file of a worktree or a submodule.
func gitDirectory(root string) string {
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
	if !filepath.IsLocal(ref) {
		return ""
	}
	if id := commit(firstLine(dir, ref)); id != "" {
		return id
	}
	common := firstLine(dir, "commondir")
	if common != "" && !filepath.IsAbs(common) {
		common = filepath.Join(dir, common)
	}
	if common == "" {
		common = dir
	}
	if id := commit(firstLine(common, ref)); id != "" {
		return id
	}
	return packed(common, ref)
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

func commit(s string) string {
	if s = strings.ToLower(strings.TrimSpace(s)); commitID.MatchString(s) {
		return s
	}
	return ""
}

func firstLine(dir, name string) string {
	p, err := readSmall(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(p), "\n")
	return strings.TrimSpace(line)
}

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
