package walk_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// tree makes files (with a body), directories (name/) and links (name -> target)
// below a new directory.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, e := range entries {
		name, target, link := strings.Cut(e, " -> ")
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case link:
			err = os.Symlink(target, full)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(full, 0o755)
		default:
			err = os.WriteFile(full, []byte("body"), 0o644)
		}
		if err != nil {
			t.Skipf("%s cannot be made here: %v", e, err)
		}
	}
	return root
}

// TestNamed: a file that is named by others is found inside the directory alone.
func TestNamed(t *testing.T) {
	root := tree(t, "a/m.pt", "link.pt -> a/m.pt", "again -> link.pt", "out -> /etc/hostname", "gone -> nowhere", "dir/")
	for _, c := range []struct {
		name, path, why string
		filter          walk.Filter
		left            bool // out by the filter
	}{
		{name: "a/m.pt", path: "a/m.pt"},
		{name: "link.pt", path: "a/m.pt"},
		{name: "again", path: "again"}, // loaders know what has no extension by the whole name
		{name: "out", path: "out", why: "a symbolic link that leads out of the scanned directory, or through something unreadable"},
		{name: "gone", path: "gone", why: "a symbolic link to nothing"},
		{name: "none.pt", path: "none.pt", why: walk.NotThere},
		{name: "a/m.pt/x", path: "a/m.pt/x", why: walk.NotThere},
		{name: "../m.pt", path: "../m.pt", why: "a path that leads out of the workspace"},
		{name: "dir", path: "dir", why: "not a regular file (d---------)"},
		{name: "a/m.pt", path: "a/m.pt", why: "4 bytes, more than --max-file-size 3", filter: walk.Filter{MaxSize: 3}},
		{name: "link.pt", path: "a/m.pt", why: "4 bytes, more than --max-file-size 3", filter: walk.Filter{MaxSize: 3}},
		{name: "a/m.pt", path: "a/m.pt", filter: walk.Filter{Exclude: []string{"a"}}, left: true},
	} {
		got, ok := walk.Named(root, c.name, c.filter)
		if there := c.why == "" && !c.left; there != (got.Size == 4 && got.Refused == "") {
			t.Errorf("%s: got %d bytes", c.name, got.Size)
		}
		if got.Path != c.path || got.Refused+got.Absent != c.why || ok == c.left {
			t.Errorf("%s: got %s (%s%s), %v, want %s (%s)", c.name, got.Path, got.Refused, got.Absent, ok, c.path, c.why)
		}
	}
	if got, ok := walk.Named(filepath.Join(root, "none"), "m.pt", walk.Filter{}); got.Refused == "" || !ok {
		t.Errorf("in no directory: got %+v, %v", got, ok)
	}
}

// list describes the candidates: their path relative to root and why they are
// not opened.
func list(t *testing.T, root string, filter walk.Filter) []string {
	t.Helper()
	files, err := walk.Files([]string{root}, filter)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, f := range files {
		line := strings.TrimPrefix(f.Path, filepath.ToSlash(root)+"/")
		for _, why := range []string{f.Refused, f.Absent} {
			if why != "" {
				line += ": " + why
			}
		}
		got = append(got, line)
	}
	return got
}

func TestFiles(t *testing.T) {
	const outside = ": a symbolic link that leads out of the scanned directory, or through something unreadable"
	cases := []struct {
		name    string
		entries []string
		filter  walk.Filter
		want    []string
	}{
		{name: "nothing", want: []string{}},
		{name: "sorted, hidden ones too", entries: []string{"b.pt", "a/z.pt", ".hidden.pkl"}, want: []string{".hidden.pkl", "a/z.pt", "b.pt"}},
		{name: "a directory named like a model", entries: []string{"x.pkl/data.pkl"}, want: []string{"x.pkl/data.pkl"}},
		{name: "Git's own data", entries: []string{".git/x.pkl", "sub/.git/x.pkl", "x.git/y.pkl"}, want: []string{"x.git/y.pkl"}},
		{name: "a file named like Git's own data", entries: []string{".git", "m.pt"}, want: []string{".git", "m.pt"}},
		{name: "include by base name", entries: []string{"a/m.pt", "a/m.txt"}, filter: walk.Filter{Include: []string{"*.pt"}}, want: []string{"a/m.pt"}},
		{name: "exclude a directory", entries: []string{"a/m.pt", "b/m.pt"}, filter: walk.Filter{Exclude: []string{"a/"}}, want: []string{"b/m.pt"}},
		{name: "exclude outranks include", entries: []string{"a/m.pt", "m.pt"}, filter: walk.Filter{Include: []string{"**/*.pt"}, Exclude: []string{"a/**"}}, want: []string{"m.pt"}},
		{name: "too large", entries: []string{"m.pt"}, filter: walk.Filter{MaxSize: 3}, want: []string{"m.pt: 4 bytes, more than --max-file-size 3"}},
		{name: "as large as may be", entries: []string{"m.pt"}, filter: walk.Filter{MaxSize: 4}, want: []string{"m.pt"}},
		{name: "link to one that is too large", entries: []string{".git/x", "m.pt -> .git/x"}, filter: walk.Filter{MaxSize: 3}, want: []string{"m.pt: 4 bytes, more than --max-file-size 3"}},
		{name: "link to a listed file", entries: []string{"m.pt", "latest.pt -> m.pt"}, want: []string{"m.pt"}},
		{name: "link that gives another extension", entries: []string{"m.txt", "m.pkl -> m.txt"}, want: []string{"m.pkl", "m.txt"}},
		{name: "link that gives another extension, to one that says as much", entries: []string{"m.png", "m.pkl -> m.png"}, want: []string{"m.pkl", "m.png"}},
		{name: "link of the name in another directory", entries: []string{"a/config.json", "config.json -> a/config.json"}, want: []string{"a/config.json"}},
		{name: "link that gives a telling name", entries: []string{"x.json", "config.json -> x.json"}, want: []string{"config.json", "x.json"}},
		{name: "link to an excluded file", entries: []string{"a/m.pt", "m.pt -> a/m.pt"}, filter: walk.Filter{Exclude: []string{"a/**"}}, want: []string{"m.pt"}},
		{name: "link into Git's data", entries: []string{".git/lfs/x", "m.pt -> .git/lfs/x", "d -> .git/lfs"},
			want: []string{"d: a symbolic link to a directory that is not scanned", "m.pt"}},
		{name: "link to a listed directory", entries: []string{"a/m.pt", "b -> a"}, want: []string{"a/m.pt"}},
		{name: "link to the directory above", entries: []string{"a/m.pt", "a/up -> .."}, want: []string{"a/m.pt"}},
		{name: "link to nothing", entries: []string{"m.pt -> gone"}, want: []string{"m.pt: a symbolic link to nothing"}},
		{name: "links in a circle", entries: []string{"a.pt -> b.pt", "b.pt -> a.pt"},
			want: []string{"a.pt: a symbolic link that leads in a circle", "b.pt: a symbolic link that leads in a circle"}},
		{name: "link out", entries: []string{"m.pt -> /etc/hostname", "up.pt -> ../../x"}, want: []string{"m.pt" + outside, "up.pt" + outside}},
		{name: "link to a device", entries: []string{"m.pt -> /dev/zero"}, want: []string{"m.pt" + outside}},
		{name: "hostile names", entries: []string{"a\nb.pt", "\x1b[2J.pt", "bad\xff.pt", "##[error]x.pt"},
			want: []string{"\x1b[2J.pt", "##[error]x.pt", "a\nb.pt", "bad\xff.pt"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := list(t, tree(t, c.entries...), c.filter)
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestHostileNamesOpen(t *testing.T) {
	root := tree(t, "a\nb.pt", "bad\xff.pt")
	files, err := walk.Files([]string{root}, walk.Filter{})
	if err != nil || len(files) != 2 {
		t.Fatalf("got %v, %v, want two files", files, err)
	}
	for _, f := range files {
		if got := body(t, f); got != "body" {
			t.Errorf("%q: got %q, want body", f.Path, got)
		}
	}
}

func body(t *testing.T, f walk.File) string {
	t.Helper()
	a, closer, err := f.Open()
	if err != nil {
		return err.Error()
	}
	defer closer.Close()
	p, err := io.ReadAll(io.NewSectionReader(a.Content, 0, a.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// TestChanged: a file is opened as it is by then.
func TestChanged(t *testing.T) {
	const larger = 1<<20 + 1 // than what is read into memory at once
	for _, c := range []struct {
		name   string
		change func(name string) error
		want   string // what is read, or why nothing is
	}{
		{name: "as it was", change: func(string) error { return nil }, want: "body"},
		{name: "shorter", change: func(name string) error { return os.WriteFile(name, []byte("b"), 0o600) }, want: "b"},
		{name: "empty", change: func(name string) error { return os.Truncate(name, 0) }, want: ""},
		{name: "larger", change: func(name string) error { return os.WriteFile(name, make([]byte, larger), 0o600) }, want: string(make([]byte, larger))},
		{name: "a directory", change: func(name string) error { return errors.Join(os.Remove(name), os.Mkdir(name, 0o700)) }, want: "not a regular file any more"},
		{name: "gone", change: os.Remove, want: "openat m.pt: no such file or directory"},
	} {
		root := tree(t, "m.pt")
		files, err := walk.Files([]string{root}, walk.Filter{})
		if err != nil || len(files) != 1 || files[0].Size != 4 {
			t.Fatalf("%s: got %+v, %v", c.name, files, err)
		}
		if err := c.change(filepath.Join(root, "m.pt")); err != nil {
			t.Skip(c.name, err)
		}
		if got := body(t, files[0]); got != c.want {
			t.Errorf("%s: got %.40q, want %.40q", c.name, got, c.want)
		}
	}
}

// TestElsewhere: content that is elsewhere is opened in place of what is on disk, of
// which it is shown the end.
func TestElsewhere(t *testing.T) {
	files, err := walk.Files([]string{tree(t, "m.pt")}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	f := files[0]
	f.Elsewhere = func(onDisk artifact.File) (artifact.File, io.Closer, error) {
		onDisk.Content, onDisk.Size = hostile.Bytes("the object"), 10
		return onDisk, io.NopCloser(nil), nil
	}
	if got := body(t, f); got != "the object" {
		t.Errorf("got %q, want the object", got)
	}
	f.Elsewhere = func(artifact.File) (artifact.File, io.Closer, error) {
		return artifact.File{}, nil, errors.New("not fetched")
	}
	if got := body(t, f); got != "not fetched" {
		t.Errorf("got %q, want the error", got)
	}
	a, closer, err := f.OnDisk()
	if err != nil || a.Size != 4 || closer.Close() != nil {
		t.Errorf("on disk: got %+v, %v", a, err)
	}
}

// TestTree: what lies below a directory is named relative to it, and its size is that
// of what a link leads to.
func TestTree(t *testing.T) {
	files, err := walk.Tree(tree(t, "b.pt", "a/m.pt", ".git/x", "link.pkl -> .git/x"), walk.Filter{})
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprintf("%s %d", f.Path, f.Size))
	}
	if want := "a/m.pt 4, b.pt 4, link.pkl 4"; strings.Join(got, ", ") != want || err != nil {
		t.Errorf("got %q, %v, want %s", got, err, want)
	}
	if _, err := walk.Tree(filepath.Join(t.TempDir(), "none"), walk.Filter{}); err == nil {
		t.Error("a directory that is not there is no error")
	}
}

// TestClosedTwice: the memory of a file that is closed twice is another's once.
func TestClosedTwice(t *testing.T) {
	files, err := walk.Files([]string{tree(t, "a.pt", "b.pt", "c.pt")}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if _, closer, err := files[0].Open(); err != nil || closer.Close() != nil || closer.Close() != nil {
		t.Fatal("a file cannot be opened and closed")
	}
	b, closeB, errB := files[1].Open()
	c, closeC, errC := files[2].Open()
	if errB != nil || errC != nil {
		t.Fatal(errB, errC)
	}
	defer closeB.Close()
	defer closeC.Close()
	if &b.Content.(hostile.Bytes)[0] == &c.Content.(hostile.Bytes)[0] {
		t.Error("two open files share their memory")
	}
}

// TestLinkSwappedIn: a file that becomes a link out of the root after the walk.
func TestLinkSwappedIn(t *testing.T) {
	root := tree(t, "m.pt")
	files, err := walk.Files([]string{root}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "m.pt")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", name); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if got := body(t, files[0]); !strings.Contains(got, "escapes") {
		t.Errorf("got %.40q, want a refusal", got)
	}
}

func TestNoPermission(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("this user may read everything")
	}
	root := tree(t, "dir/m.pt", "x.txt")
	dir := filepath.Join(root, "dir")
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	for _, filter := range []walk.Filter{{}, {Include: []string{"*.pt"}}} {
		got := list(t, root, filter)
		if len(got) == 0 || got[0] != "dir: open: permission denied" {
			t.Errorf("include %v: got %q, want the directory with its error", filter.Include, got)
		}
	}
}

func TestRoots(t *testing.T) {
	root := tree(t, "a/m.pt", "b/n.pt", "link -> a", ".git/x.pt")
	cases := []struct {
		name  string
		roots []string
		want  string
	}{
		{name: "a file", roots: []string{"a/m.pt"}, want: "a/m.pt"},
		{name: "a directory", roots: []string{"a"}, want: "a/m.pt"},
		{name: "a link to a directory", roots: []string{"link"}, want: "link/m.pt"},
		{name: "with a slash", roots: []string{"a/"}, want: "a/m.pt"},
		{name: "Git's own data, named", roots: []string{".git"}, want: ".git/x.pt"},
		{name: "here", roots: []string{"."}, want: "a/m.pt b/n.pt"},
		{name: "twice", roots: []string{"./a", "a", "a/m.pt"}, want: "a/m.pt"},
		{name: "none", roots: nil, want: ""},
	}
	t.Chdir(root)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files, err := walk.Files(c.roots, walk.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, f.Path)
				if b := body(t, f); b != "body" {
					t.Errorf("%s: got %q, want body", f.Path, b)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("roots %v: got %q, want %q", c.roots, got, c.want)
			}
		})
	}
	if files, err := walk.Files([]string{"a/m.pt"}, walk.Filter{MaxSize: 3}); err != nil || files[0].Refused == "" {
		t.Errorf("a file that is named and too large: got %+v, %v", files, err)
	}
	if _, err := walk.Files([]string{"gone"}, walk.Filter{}); err == nil {
		t.Error("a root that does not exist is no error")
	}
}

func TestNeighbour(t *testing.T) {
	root := tree(t, "a/m.onnx", "a/w.bin", "data.bin", "a/link.bin -> w.bin", "a/out.bin -> /etc/hostname")
	files, err := walk.Files([]string{root}, walk.Filter{Include: []string{"m.onnx"}})
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v, %v", files, err)
	}
	a, closer, err := files[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	cases := []struct {
		name             string
		size             int64
		symlink, outside bool
		gone             bool
	}{
		{name: "w.bin", size: 4},
		{name: "../data.bin", size: 4},
		{name: "link.bin", size: 4, symlink: true},
		{name: "out.bin", symlink: true, outside: true},
		{name: "../../x.bin", outside: true},
		{name: "none.bin", gone: true},
	}
	for _, c := range cases {
		e, err := a.Open(c.name)
		if want := "body"[:c.size]; string(e.First) != want {
			t.Errorf("%s: got content %q, want %q", c.name, e.First, want)
		}
		if (err != nil) != c.gone || e.Size != c.size || e.Symlink != c.symlink || e.Outside != c.outside {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, e, err, c)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := (walk.Filter{Include: []string{"*.pt"}, Exclude: []string{"a/["}}).Check(); err == nil || !strings.HasPrefix(err.Error(), `"a/[" is not a glob`) {
		t.Errorf("got %v, want a complaint about a/[", err)
	}
	if err := (walk.Filter{Include: []string{"**/*.{pt,pkl}"}}).Check(); err != nil {
		t.Errorf("got %v, want none", err)
	}
}
