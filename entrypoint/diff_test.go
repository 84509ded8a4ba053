package entrypoint_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/entrypoint"
)

// command runs the command line and returns the exit status and all output.
func command(args ...string) (int, string) {
	var out bytes.Buffer
	status := entrypoint.Run(context.Background(), entrypoint.World{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" },
	})
	return status, out.String()
}

func put(t *testing.T, name string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	one := put(t, filepath.Join(dir, "one.zip"), archiveOf(t, "../../a"))
	two := put(t, filepath.Join(dir, "two.zip"), archiveOf(t, "../../a", "../../b"))
	was, is := filepath.Join(dir, "was"), filepath.Join(dir, "is")
	put(t, filepath.Join(was, "m", "a.zip"), archiveOf(t, "../../a"))
	put(t, filepath.Join(was, "gone.zip"), archiveOf(t, "../../g"))
	put(t, filepath.Join(is, "m", "a.zip"), archiveOf(t, "../../a"))
	put(t, filepath.Join(is, "new.zip"), archiveOf(t, "ok"))
	for _, text := range []string{filepath.Join(was, "notes.txt"), filepath.Join(is, "notes.txt"), filepath.Join(was, "old.txt")} {
		put(t, text, []byte("no model"))
	}
	if _, out := command("diff", "--format", "markdown", was, is); strings.Contains(out, ".txt") || strings.Count(out, "\n| <code>") != 3 {
		t.Errorf("got other rows than of three archives:\n%s", out)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"the same", []string{one, one}, 0, "0 new, 1 there before, 0 fixed"},
		{"one more", []string{one, two}, 1, "1 new, 1 there before, 0 fixed"},
		{"one less", []string{two, one}, 0, "0 new, 1 there before, 1 fixed"},
		{"directories", []string{was, is}, 0, "0 new, 1 there before, 1 fixed"},
		{"the other way", []string{is, was}, 1, "1 new, 1 there before, 0 fixed"},
		{"a file and a directory", []string{one, is}, 2, "cannot be compared"},
		{"nothing there", []string{one, filepath.Join(dir, "none")}, 2, "no such file"},
	} {
		status, out := command(append([]string{"diff"}, test.args...)...)
		if status != test.status || !strings.Contains(out, test.want) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", test.name, status, test.status, test.want, out)
		}
	}
}

// TestDiffHere: the directory that everything is relative to has no name that
// paths begin with, but there are names that begin as it is written.
func TestDiffHere(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "was", ".cache", "a.zip"), archiveOf(t, "../../a"))
	put(t, filepath.Join(dir, "is", ".cache", "a.zip"), archiveOf(t, "../../a"))
	t.Chdir(filepath.Join(dir, "is"))
	if status, out := command("diff", filepath.Join("..", "was"), "."); status != 0 || !strings.Contains(out, "0 new, 1 there before, 0 fixed") {
		t.Errorf("exit %d:\n%s", status, out)
	}
}

// repository returns an empty directory and what runs git in it.
func repository(t *testing.T) (root string, git func(args ...string)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git to make a repository with")
	}
	root = t.TempDir()
	return root, func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// TestScanBaseNeighbours: what a file needs beside it is looked for where it was,
// when it was.
func TestScanBaseNeighbours(t *testing.T) {
	root, git := repository(t)
	state := func(path string) []byte { return fmt.Appendf(nil, "model_checkpoint_path: %q\n", path) }
	moved := put(t, filepath.Join(root, "m", "moved", "checkpoint"), state("/train/a"))
	index := put(t, filepath.Join(root, "m", "moved", "a.index"), []byte("not looked into\n"))
	lost := put(t, filepath.Join(root, "m", "lost", "checkpoint"), state("/train/a"))
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	for _, name := range []string{moved, lost} {
		put(t, name, append(state("/train/a"), "\n"...))
	}
	if status, out := command("scan", "--base", "HEAD", root); status != 0 || !strings.Contains(out, "0 new, 1 there before, 0 fixed") {
		t.Errorf("got exit %d:\n%s", status, out)
	}
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
	if _, out := command("scan", "--base", "HEAD", root); !strings.Contains(out, "1 new, 1 there before, 0 fixed") {
		t.Errorf("without what was beside it: got\n%s", out)
	}
}

func TestScanBase(t *testing.T) {
	root, git := repository(t)
	kept := archiveOf(t, "../../kept")
	put(t, filepath.Join(root, "kept.zip"), kept)
	put(t, filepath.Join(root, "m", "a.zip"), archiveOf(t, "../../a"))
	put(t, filepath.Join(root, "gone.zip"), archiveOf(t, "../../g"))
	put(t, filepath.Join(root, "lfs.zip"), pointerTo(kept))
	notes := put(t, filepath.Join(root, "notes.txt"), []byte("no model"))
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	// A hook and a filter of the repository are not run.
	canary := filepath.Join(root, "ran")
	put(t, filepath.Join(root, ".git", "config"), fmt.Appendf(nil, "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch %s\n[filter \"x\"]\n\tclean = touch %s\n\tsmudge = touch %s\n", canary, canary, canary))
	put(t, filepath.Join(root, ".gitattributes"), []byte("* filter=x\n"))
	put(t, filepath.Join(root, "lfs.zip"), kept) // what Git LFS puts in place of its pointer

	status, out := command("scan", "--base", "HEAD", root)
	if status != 0 || strings.Contains(out, "kept.zip") || !strings.Contains(out, "0 new, 0 there before, 0 fixed") {
		t.Errorf("nothing changed: exit %d:\n%s", status, out)
	}
	put(t, filepath.Join(root, "m", "a.zip"), archiveOf(t, "../../a", "more"))
	if status, out = command("scan", "--base", "HEAD", root); status != 0 || !strings.Contains(out, "0 new, 1 there before, 0 fixed") {
		t.Errorf("changed, with what was there before: exit %d:\n%s", status, out)
	}
	put(t, filepath.Join(root, "m", "b.zip"), archiveOf(t, "../../b"))
	for _, gone := range []string{filepath.Join(root, "gone.zip"), notes} {
		if err := os.Remove(gone); err != nil {
			t.Fatal(err)
		}
	}
	if _, out = command("scan", "--format", "markdown", "--base", "main", root); strings.Contains(out, "notes.txt") || !strings.Contains(out, "| removed |") {
		t.Errorf("of what is gone, archives alone have a row:\n%s", out)
	}
	if status, out = command("scan", "--base", "main", root); status != 1 || !strings.Contains(out, "1 new, 1 there before, 1 fixed") {
		t.Errorf("one added, one removed: exit %d:\n%s", status, out)
	}
	if status, out = command("scan", "--base", "HEAD", filepath.Join(root, "m")); status != 1 || !strings.Contains(out, "1 new, 1 there before, 0 fixed") {
		t.Errorf("a part of the repository: exit %d:\n%s", status, out)
	}
	if status, _ = command("scan", "--base", "none", root); status != 2 {
		t.Errorf("a name that is none: exit %d", status)
	}
	// A file of another directory is not what the repository has by its name.
	elsewhere := t.TempDir()
	put(t, filepath.Join(elsewhere, "kept.zip"), archiveOf(t, "../../other"))
	t.Chdir(elsewhere)
	if status, out = command("scan", "--base", "HEAD", root, "kept.zip"); status != 2 || !strings.Contains(out, "kept.zip is not in the repository") {
		t.Errorf("a file of another directory: exit %d:\n%s", status, out)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a command of the repository's configuration was run")
	}
}
