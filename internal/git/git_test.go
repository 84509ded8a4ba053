package git_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/git"
)

// clone makes a repository with git itself: three commits of a file that grows,
// a tag, a branch, everything packed.
func clone(t *testing.T) (root string, run func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git to compare with")
	}
	root = t.TempDir()
	run = func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
			"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q", "-b", "main")
	for i := range 3 {
		content := bytes.Repeat([]byte("weights and more weights\n"), 1000*(i+1))
		if err := os.MkdirAll(filepath.Join(root, "m"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "m", "a.bin"), content, 0o644); err != nil {
			t.Fatal(err)
		}
		run("add", ".")
		run("commit", "-q", "-m", "c")
		if i == 1 {
			run("tag", "-a", "-m", "t", "v1")
			run("branch", "topic")
		}
	}
	return root, run
}

func TestCommit(t *testing.T) {
	root, run := clone(t)
	for _, packed := range []bool{false, true} {
		if packed {
			run("gc", "-q")
			run("pack-refs", "--all")
		}
		r, err := git.Open(filepath.Join(root, "m"))
		if err != nil {
			t.Fatal(err)
		}
		first := run("rev-parse", "HEAD~2")
		for _, name := range []string{"HEAD", "main", "topic", "v1", "HEAD~1", "HEAD^", "HEAD^^", "HEAD~2", "v1~1", "refs/heads/main", first, first[:7], first[:8], strings.ToUpper(first[:9])} {
			want := run("rev-parse", name+"^{commit}")
			if got, err := r.Commit(name); err != nil || got != want {
				t.Errorf("packed %v: %s: got %s, %v; want %s", packed, name, got, err, want)
			}
		}
		for _, name := range []string{"", "none", "HEAD~9", "HEAD^2", "zzzz", "HEAD~x", "main~1x", "ffffffffffffffffffffffffffffffffffffffff", "../main"} {
			if got, err := r.Commit(name); err == nil {
				t.Errorf("packed %v: %q: got %s, want an error", packed, name, got)
			}
		}
	}
}

// What is missing in a shallow clone is told as that.
func TestShallowClone(t *testing.T) {
	root, run := clone(t)
	dir := filepath.Join(t.TempDir(), "shallow")
	run("clone", "-q", "--depth", "1", "file://"+filepath.ToSlash(root), dir)
	r, err := git.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HEAD~1", "topic", run("rev-parse", "HEAD~1")} {
		if _, err := r.Commit(name); err == nil || !strings.Contains(err.Error(), "git fetch --unshallow") {
			t.Errorf("%s: got %v, want what brings it", name, err)
		}
	}
}

func TestBlob(t *testing.T) {
	root, run := clone(t)
	run("gc", "-q", "--aggressive")
	r, err := git.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HEAD", "HEAD~1", "HEAD~2"} {
		commit, err := r.Commit(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Blob(commit, "m/a.bin")
		if err != nil {
			t.Fatal(err)
		}
		in, err := b.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(in)
		if want := run("cat-file", "-p", name+":m/a.bin"); err != nil || strings.TrimSpace(string(got)) != want || b.Size != int64(len(got)) {
			t.Errorf("%s: %d bytes of %d, %v; want %d", name, len(got), b.Size, err, len(want))
		}
		if b.ID != run("rev-parse", name+":m/a.bin") {
			t.Errorf("%s: ID %s", name, b.ID)
		}
		for _, gone := range []string{"m/b.bin", "m", "x/y/z"} {
			if _, err := r.Blob(commit, gone); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s:%s: error %v, want fs.ErrNotExist", name, gone, err)
			}
		}
		var files []string
		if err := r.Files(commit, func(name, id string) error { files = append(files, name+" "+id); return nil }); err != nil || len(files) != 1 || files[0] != "m/a.bin "+b.ID {
			t.Errorf("%s: files %v, %v", name, files, err)
		}
	}
}

func TestWorktree(t *testing.T) {
	_, run := clone(t)
	dir := filepath.Join(t.TempDir(), "w")
	run("worktree", "add", "-q", dir, "topic")
	r, err := git.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := run("rev-parse", "topic")
	if got, err := r.Commit("HEAD"); err != nil || got != want {
		t.Errorf("HEAD is %s, %v; want %s", got, err, want)
	}
	if head := git.ReadHead(dir); head.Commit != want || head.Branch != "topic" {
		t.Errorf("head %+v", head)
	}
	if _, err := git.Open(t.TempDir()); err == nil {
		t.Error("a directory without a repository was opened")
	}
}
