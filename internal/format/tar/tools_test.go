package tar_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// tree fills a directory with what archives have trouble with: long and foreign
// names, links, holes, empty files and directories.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	long := strings.Repeat("directory/", 14)
	for name, data := range map[string]string{
		"a": "hello", "empty": "", "modèle.bin": "bonjour", long + "deep": "deep",
		strings.Repeat("n", 180): "long name", "big": strings.Repeat("0123456789abcdef", 5000),
	} {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("a", filepath.Join(root, "symlink")), os.Link(filepath.Join(root, "a"), filepath.Join(root, "z-hardlink")),
		holes(filepath.Join(root, "sparse"))); err != nil {
		t.Fatal(err)
	}
	return root
}

// holes writes a file with data between holes.
func holes(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for i := range 40 {
		if _, err := f.WriteAt([]byte(fmt.Sprintf("piece %d", i)), int64(i)*200_000+70_000); err != nil {
			return err
		}
	}
	return errors.Join(f.Truncate(9_000_000), f.Close())
}

const python = `
import sys, tarfile
fmt = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT}[sys.argv[1]]
with tarfile.open(sys.argv[2], "w", format=fmt) as t: t.add(sys.argv[3], arcname=".")
`

// TestAgainstTools packs a tree with every tool and format at hand and compares
// what is read with what Python's tarfile reads.
func TestAgainstTools(t *testing.T) {
	root := tree(t)
	for _, c := range []struct {
		name    string
		command []string // OUT and DIR are replaced
	}{
		{name: "GNU tar, gnu", command: []string{"tar", "--format=gnu", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "GNU tar, pax", command: []string{"tar", "--format=pax", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "GNU tar, ustar", command: []string{"tar", "--format=ustar", "-cf", "OUT", "-C", "DIR", "a", "big", "symlink", "empty"}},
		{name: "GNU tar, v7", command: []string{"tar", "--format=v7", "-cf", "OUT", "-C", "DIR", "a", "big", "symlink", "empty"}},
		{name: "GNU tar, sparse gnu", command: []string{"tar", "--format=gnu", "-S", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "GNU tar, sparse 0.0", command: []string{"tar", "--format=pax", "--sparse-version=0.0", "-S", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "GNU tar, sparse 0.1", command: []string{"tar", "--format=pax", "--sparse-version=0.1", "-S", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "GNU tar, sparse 1.0", command: []string{"tar", "--format=pax", "--sparse-version=1.0", "-S", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "bsdtar, pax", command: []string{"bsdtar", "--format=pax", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "bsdtar, gnutar", command: []string{"bsdtar", "--format=gnutar", "-cf", "OUT", "-C", "DIR", "."}},
		{name: "bsdtar, v7", command: []string{"bsdtar", "--format=v7", "-cf", "OUT", "-C", "DIR", "a", "big"}},
		{name: "Python, pax", command: []string{"python3", "-c", python, "pax", "OUT", "DIR"}},
		{name: "Python, gnu", command: []string{"python3", "-c", python, "gnu", "OUT", "DIR"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.tar")
			args := slices.Clone(c.command)
			for i := range args {
				args[i] = strings.NewReplacer("OUT", out, "DIR", root).Replace(args[i])
			}
			run(t, args...)
			want := run(t, "python3", "-c", listing, out)
			if got := list(t, out); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// listing prints what Python reads of an archive.
const listing = `
import sys, tarfile, hashlib
for m in tarfile.open(sys.argv[1], "r:"):
    data = hashlib.sha256(tarfile.open(sys.argv[1], "r:").extractfile(m).read()).hexdigest() if m.isreg() else ""
    print(m.name, m.linkname, m.size if m.isreg() else 0, data)
`

func run(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("%s is not installed", args[0])
	}
	var complaint bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = &complaint
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PYTHONIOENCODING=utf-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, complaint.String())
	}
	return string(out)
}

// list prints what this package reads of an archive, as listing does.
func list(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b := hostiletest.Budget(len(data))
	w := tar.Walk(hostile.NewReader(hostile.Bytes(data), int64(len(data)), b))
	var out strings.Builder
	for {
		e, err := w.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.HeaderName != "" || e.HeaderSize >= 0 || e.Skipped {
			t.Errorf("an honest header disagrees with itself: %+v", e)
		}
		sum, size := "", int64(0)
		if e.Regular() {
			content, n, err := e.Content(hostile.Bytes(data), int64(len(data)), b)
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			io.Copy(h, io.NewSectionReader(content, 0, n))
			sum, size = fmt.Sprintf("%x", h.Sum(nil)), n
		}
		fmt.Fprintln(&out, strings.TrimSuffix(e.Name, "/"), e.Link, size, sum)
	}
	if _, ended := w.Ended(); !ended {
		t.Error("no end marker")
	}
	return out.String()
}
