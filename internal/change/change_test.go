package change_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// workspace lays out files; a value that starts with "->" is a symbolic link.
func workspace(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "->"); ok {
			err = os.Symlink(target, full)
		} else {
			err = os.WriteFile(full, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Names of blobs, as git hash-object prints them.
const (
	blobHello = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0" // hello
	// hello, in a repository of SHA-256
	blobHello256 = "8aec4e4876f854f688d0ebfc8f37598f38e5fd6903cccc850ca36591175aeb60"
	// the Git LFS pointer to hello
	blobPointer = "d1ca116d6733584c13cb8bb50b21d5b5b81ee28f"
)

func TestCandidates(t *testing.T) {
	root := workspace(t, map[string]string{
		"a.pt": "hello", "sub/b.pt": "b", "text.md": "t", "linked.pt": "->sub/b.pt", "out.pt": "->/etc/hostname",
		"submodule/inner.pt": "x", ".github/x.yml": "y", "empty/.keep": "",
	})
	if err := os.Mkdir(filepath.Join(root, "bumped"), 0o755); err != nil {
		t.Fatal(err)
	}
	added := func(names ...string) change.Set {
		var s change.Set
		for _, n := range names {
			s.Files = append(s.Files, github.ChangedFile{Path: n, Status: "added"})
		}
		return s
	}
	for _, test := range []struct {
		name   string
		set    change.Set
		wrong  bool
		filter walk.Filter
		want   string // path[!refused|?absent] …
	}{
		{name: "nothing", set: change.Set{}},
		{name: "one", set: added("a.pt"), want: "a.pt"},
		{name: "sorted, once", set: added("sub/b.pt", "a.pt", "a.pt"), want: "a.pt sub/b.pt"},
		{name: "removed", set: change.Set{Files: []github.ChangedFile{{Path: "gone.pt", Status: "removed"}}}},
		{name: "missing", set: added("gone.pt"), want: "gone.pt!"},
		{name: "missing text", set: change.Set{Files: []github.ChangedFile{{Path: "gone.md", Status: "modified", Text: true}}}, want: "gone.md?"},
		{name: "a link inside", set: added("linked.pt"), want: "sub/b.pt"},
		{name: "a link out", set: added("out.pt"), want: "out.pt!"},
		{name: "a path out", set: added("../a.pt"), want: "../a.pt!"},
		{name: "a submodule", set: added("submodule"), want: "submodule/inner.pt"},
		{name: "an empty submodule", set: added("bumped"), want: "bumped?"},
		{name: "filtered", set: added("a.pt", "sub/b.pt"), filter: walk.Filter{Exclude: []string{"sub"}}, want: "a.pt"},
		{name: "everything", set: change.Everything("no list"), filter: walk.Filter{Include: []string{"*.pt"}}, want: "a.pt out.pt! sub/b.pt submodule/inner.pt"},
		{name: "wrong commit, right content", set: change.Set{Files: []github.ChangedFile{{Path: "a.pt", Status: "added", Blob: blobHello}}}, wrong: true, want: "a.pt"},
		{name: "wrong commit, right content of SHA-256", set: change.Set{Files: []github.ChangedFile{{Path: "a.pt", Status: "added", Blob: blobHello256}}}, wrong: true, want: "a.pt"},
		{name: "wrong commit, right content of a pointer", set: change.Set{Files: []github.ChangedFile{{Path: "a.pt", Status: "added", Blob: blobPointer}}}, wrong: true, want: "a.pt"},
		{name: "wrong commit, wrong content", set: change.Set{Files: []github.ChangedFile{{Path: "sub/b.pt", Status: "added", Blob: blobHello}}}, wrong: true, want: "sub/b.pt!"},
		{name: "wrong commit, no content known", set: added("a.pt"), wrong: true, want: "a.pt!"},
	} {
		files, err := test.set.Candidates(change.Workspace{Root: root, Wrong: test.wrong}, test.filter)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got []string
		for _, f := range files {
			switch {
			case f.Refused != "":
				got = append(got, f.Path+"!")
			case f.Absent != "":
				got = append(got, f.Path+"?")
			default:
				got = append(got, f.Path)
			}
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: got %q, want %q", test.name, s, test.want)
		}
	}
}

// TestResolve: which pointers are fetched, and why the others are not.
func TestResolve(t *testing.T) {
	pointer := func(object byte, size int) string {
		return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%064x\nsize %d\n", object, size)
	}
	some := &github.Client{}
	for _, c := range []struct {
		name   string
		store  *change.Store
		files  map[string]string
		want   string // path[!refused] size …
		reason string // part of what is said of the first that is refused
	}{
		{name: "no token", store: &change.Store{Each: 100, Total: 100}, files: map[string]string{"a.pt": pointer(1, 7), "b.pt": "content"},
			want: "a.pt! 7 b.pt 7", reason: "no token"},
		{name: "as large as may be", store: &change.Store{Client: some, Each: 100, Total: 100}, files: map[string]string{"a.pt": pointer(1, 100)}, want: "a.pt 100"},
		{name: "too large", store: &change.Store{Client: some, Each: 100, Total: 1000}, files: map[string]string{"a.pt": pointer(1, 101)}, want: "a.pt! 101", reason: "more than the limit of 100 B"},
		{name: "no room for both", store: &change.Store{Client: some, Each: 100, Total: 100}, files: map[string]string{"a.pt": pointer(1, 60), "b.pt": pointer(2, 41), "c.pt": pointer(3, 40)},
			want: "a.pt 60 b.pt! 41 c.pt 40", reason: "lfs-max-total 100 B"},
		{name: "one object twice, which is fetched twice", store: &change.Store{Client: some, Each: 100, Total: 100}, files: map[string]string{"a.pt": pointer(1, 50), "b.pt": pointer(1, 50), "c.pt": pointer(1, 50)}, want: "a.pt 50 b.pt 50 c.pt! 50", reason: "lfs-max-total 100 B"},
		{name: "filtered", store: &change.Store{Client: some, Each: 100, Total: 100},
			files: map[string]string{"a.pt": strings.Replace(pointer(1, 7), "oid", "ext-0-foo sha256:"+strings.Repeat("1", 64)+"\noid", 1)}, want: "a.pt! 7", reason: "extensions"},
		{name: "no pointers", store: &change.Store{}, files: map[string]string{"a.pt": "", "b.pt": pointer(1, 7)[:40], "c.pt": pointer(1, 7) + strings.Repeat("\n", 2000)}, want: "a.pt 0 b.pt 40 c.pt 2126"},
	} {
		files, err := walk.Tree(workspace(t, c.files), walk.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		c.store.Resolve(t.Context(), files)
		var got, why []string
		for _, f := range files {
			mark := ""
			if f.Refused != "" {
				mark, why = "!", append(why, f.Refused)
			}
			got = append(got, fmt.Sprintf("%s%s %d", f.Path, mark, f.Size))
		}
		if s := strings.Join(got, " "); s != c.want || !strings.Contains(strings.Join(why, "; "), c.reason) {
			t.Errorf("%s: got %q (%s), want %q (%s)", c.name, s, why, c.want, c.reason)
		}
	}
}

func TestCheckedOut(t *testing.T) {
	const (
		one = "1111111111111111111111111111111111111111"
		two = "2222222222222222222222222222222222222222"
	)
	for _, test := range []struct {
		name  string
		files map[string]string
		want  github.Checkout
	}{
		{"no repository", map[string]string{"a": ""}, github.Checkout{}},
		{"detached", map[string]string{".git/HEAD": one + "\n"}, github.Checkout{SHA: one}},
		{"a branch", map[string]string{".git/HEAD": "ref: refs/heads/x\n", ".git/refs/heads/x": one + "\n"}, github.Checkout{SHA: one}},
		{"a branch of the remote", map[string]string{".git/HEAD": "ref: refs/heads/x\n", ".git/refs/heads/x": one, ".git/refs/remotes/origin/x": one}, github.Checkout{SHA: one, Branch: "x"}},
		{"packed", map[string]string{".git/HEAD": "ref: refs/heads/x\n", ".git/packed-refs": "# pack-refs\n" + two + " refs/heads/y\n" + one + " refs/heads/x\n"}, github.Checkout{SHA: one}},
		{"a worktree", map[string]string{".git": "gitdir: main/.git/worktrees/w\n", "main/.git/worktrees/w/HEAD": "ref: refs/heads/x", "main/.git/worktrees/w/commondir": "../..", "main/.git/refs/heads/x": one}, github.Checkout{SHA: one}},
		{"a ref that leads out", map[string]string{".git/HEAD": "ref: ../../../etc/passwd\n"}, github.Checkout{}},
		{"noise", map[string]string{".git/HEAD": "zzz"}, github.Checkout{}},
	} {
		if got := change.CheckedOut(workspace(t, test.files)); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}
