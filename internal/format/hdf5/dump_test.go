package hdf5

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// dump is what h5py and this package both say of a file.
type dump struct {
	Objects map[string]object `json:"objects"`
}

type object struct {
	Attrs   map[string][]string `json:"attrs"`
	Links   map[string]string   `json:"links"`
	Dims    []uint64            `json:"dims"`
	Layout  string              `json:"layout"`
	Files   []string            `json:"files"`
	Sources []string            `json:"sources"`
	Stored  uint64              `json:"stored"` // of chunks
	Values  []string            `json:"values"` // of variable length
}

var layoutNames = map[Layout]string{Compact: "compact", Contiguous: "contiguous", Chunked: "chunked", Virtual: "virtual"}

func ours(t *testing.T, p []byte) dump {
	t.Helper()
	f, err := Open(hostiletest.Reader(p))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	out := dump{Objects: map[string]object{}}
	err = f.Walk(func(o *Object) error {
		for _, fault := range o.Faults {
			t.Errorf("%s: %v", o.Path, fault)
		}
		out.Objects[o.Path] = describe(t, f, o)
		return nil
	})
	if err != nil {
		t.Errorf("walk: %v", err)
	}
	return out
}

func describe(t *testing.T, f *File, o *Object) object {
	t.Helper()
	d := object{Attrs: map[string][]string{}, Links: map[string]string{}}
	for _, a := range o.Attributes {
		texts, err := a.Texts()
		if err != nil {
			t.Errorf("%s@%s: %v", o.Path, a.Name, err)
		}
		for _, p := range texts {
			d.Attrs[a.Name] = append(d.Attrs[a.Name], latin1(p))
		}
	}
	for _, l := range o.Links {
		switch l.Kind {
		case Hard:
			d.Links[l.Name] = "hard"
		case Soft:
			d.Links[l.Name] = "soft " + l.Target
		case External:
			d.Links[l.Name] = "external " + l.File + " " + l.Target
		}
	}
	if o.Dataset != nil {
		d.Dims, d.Layout, d.Files = o.Dataset.Dims, layoutNames[o.Dataset.Layout], o.Dataset.Files
		for _, s := range o.Dataset.Sources {
			d.Sources = append(d.Sources, s.File+" "+s.Dataset)
		}
		if o.Dataset.Layout == Chunked {
			d.Stored = o.Dataset.Stored
		}
		held := f.r.Budget().Held()
		err := f.Sequences(o.Dataset, func(p []byte) error {
			d.Values = append(d.Values, latin1(p))
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", o.Path, err)
		}
		if more := f.r.Budget().Held() - held; more != 0 {
			t.Errorf("%s: %d bytes are still held", o.Path, more)
		}
		slices.Sort(d.Values) // they come chunk by chunk
	}
	return d
}

// latin1 makes bytes comparable to what h5py_files.py writes as JSON.
func latin1(p []byte) string {
	runes := make([]rune, len(p))
	for i, c := range p {
		runes[i] = rune(c)
	}
	return string(runes)
}

// TestAgainstH5py writes files of every kind of structure with h5py and
// compares what both read.
func TestAgainstH5py(t *testing.T) {
	python := pythonWith(t, "h5py")
	dir := t.TempDir()
	cmd := exec.Command(python, "testdata/h5py_files.py", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("h5py_files.py: %v", err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.h5"))
	if len(names) == 0 {
		t.Fatal("no files were made")
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			p, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, ours(t, p), want)
		})
	}
}

func compare(t *testing.T, got dump, wantJSON []byte) {
	t.Helper()
	var want dump
	if err := json.Unmarshal(wantJSON, &want); err != nil {
		t.Fatal(err)
	}
	for path, w := range want.Objects {
		if g := got.Objects[path]; fmt.Sprint(g) != fmt.Sprint(w) {
			t.Errorf("%s:\n got %.600s\nwant %.600s", path, fmt.Sprint(g), fmt.Sprint(w))
		}
	}
	for path := range got.Objects {
		if _, ok := want.Objects[path]; !ok {
			t.Errorf("%s is not in h5py's list", path)
		}
	}
}

// pythonWith returns a Python that has the module, or skips.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{os.Getenv("MODELAUDIT_PYTHON"), "python3", "/usr/bin/python3"} {
		if python != "" && exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	t.Skipf("no python3 with %s (MODELAUDIT_PYTHON names another)", module)
	return ""
}
