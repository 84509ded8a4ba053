package artifact_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

func TestMemberNamesDoNotLeak(t *testing.T) {
	outer := artifact.File{Path: "a.zip"}
	first := outer.Member("b.zip", nil, 1)
	left, right := first.Member("left", nil, 1), first.Member("right", nil, 1)
	for _, c := range []struct {
		file artifact.File
		want string
	}{{first, "b.zip"}, {left, "b.zip/left"}, {right, "b.zip/right"}} {
		if got := strings.Join(c.file.Inside, "/"); got != c.want || c.file.Path != "a.zip" || !c.file.Nested() {
			t.Errorf("got %q in %q, want %q in a.zip", got, c.file.Path, c.want)
		}
	}
	for _, c := range []struct {
		file artifact.File
		want string
	}{{outer, ""}, {first, "a.zip"}, {left, "b.zip"}, {left.Member("in", nil, 1), "left"}} {
		if got := c.file.Container(); got != c.want {
			t.Errorf("%q is in %q, want %q", c.file.Name(), got, c.want)
		}
	}
	if outer.Nested() || outer.Name() != "a.zip" || right.Name() != "right" {
		t.Errorf("names: got %q and %q", outer.Name(), right.Name())
	}
}

// TestLongNames: what is said of a file inside repeats the names of all that it is
// in, so that they stay short together; what they are known by stays.
func TestLongNames(t *testing.T) {
	f := artifact.File{Path: "a.zip"}
	for _, last := range []string{"b", "c"} {
		name := strings.Repeat("x", 60_000) + last + strings.Repeat("x", 5000) + ".pkl"
		f = f.Member(name, nil, 1)
		if f.WholeName() != name || artifact.Extension(f.Name()) != ".pkl" || len(f.Name()) > 4096 {
			t.Errorf("got a name of %d bytes, %.20q to %q", len(f.Name()), f.Name(), artifact.Extension(f.Name()))
		}
	}
	if f.Member("x", nil, 1).WholeName() != "x" {
		t.Error("a short name inside of a long one is not its own")
	}
	outer := artifact.File{}
	b, c := outer.Member(strings.Repeat("é", 9000)+"b"+strings.Repeat("é", 9000), nil, 1), outer.Member(strings.Repeat("é", 9000)+"c"+strings.Repeat("é", 9000), nil, 1)
	if b.Name() == c.Name() || !utf8.ValidString(b.Name()) {
		t.Errorf("got %q and %q, want two names of whole characters", b.Name(), c.Name())
	}
	for range 40 {
		f = f.Member(strings.Repeat("x", 60_000), nil, 1)
	}
	if all := strings.Join(f.Inside, ""); len(all) > 4096+42*255 {
		t.Errorf("42 names have %d bytes", len(all))
	}
	path := strings.Repeat("directory/", 400) + "data.pkl"
	if got := outer.Member(path, nil, 1).Name(); got != path {
		t.Errorf("a path of %d bytes became %q", len(path), got)
	}
}

func TestHead(t *testing.T) {
	long := append(bytes.Repeat([]byte{'a'}, 100_000), 'z')
	cases := []struct {
		name        string
		data        []byte
		size        int64
		first, last int
	}{
		{name: "empty", size: 0},
		{name: "negative size", data: []byte("abc"), size: -5},
		{name: "small", data: []byte("abc"), size: 3, first: 3, last: 3},
		{name: "between", data: long[:10_000], size: 10_000, first: artifact.FirstSize, last: 10_000},
		{name: "large", data: long, size: int64(len(long)), first: artifact.FirstSize, last: artifact.LastSize},
		{name: "shrunk", data: []byte("abc"), size: 5000, first: 3, last: 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h, err := artifact.File{Content: bytes.NewReader(c.data), Size: c.size}.Head()
			if err != nil || len(h.First) != c.first || len(h.Last) != c.last {
				t.Fatalf("got %d and %d bytes, %v, want %d and %d", len(h.First), len(h.Last), err, c.first, c.last)
			}
			if !bytes.HasPrefix(c.data, h.First) || !bytes.HasSuffix(c.data, h.Last) {
				t.Error("first or last are not the ends of the file")
			}
		})
	}
}

func TestHeadOfBrokenFile(t *testing.T) {
	h, err := artifact.File{Content: broken{}, Size: 10}.Head()
	if !errors.Is(err, errBroken) || string(h.First) != "ab" {
		t.Errorf("got %q, %v, want what came before the error, and the error", h.First, err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) ReadAt(p []byte, _ int64) (int, error) { return copy(p, "ab"), errBroken }

var _ io.ReaderAt = broken{}

func TestNames(t *testing.T) {
	cases := []struct{ name, base, extension string }{
		{name: "dir/Model.PKL", base: "Model.PKL", extension: ".pkl"},
		{name: `C:\models\m.pt`, base: "m.pt", extension: ".pt"},
		{name: "archive/data", base: "data"},
		{name: "x.pkl/", base: ""},
		{name: ".pkl", base: ".pkl", extension: ".pkl"},
		{name: "a.tar.gz", base: "a.tar.gz", extension: ".gz"},
	}
	for _, c := range cases {
		h := &artifact.Head{Name: c.name}
		if h.Base() != c.base || h.Extension() != c.extension {
			t.Errorf("%q: got %q and %q, want %q and %q", c.name, h.Base(), h.Extension(), c.base, c.extension)
		}
	}
}

func TestClean(t *testing.T) {
	for name, want := range map[string]string{
		"a/b": "a/b", "/a//b/": "a/b", `..\a\.\b`: "a/b", "a/../../c": "c", "./": "", "": "",
	} {
		if got := artifact.Clean(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestHasPrefix(t *testing.T) {
	h := &artifact.Head{First: []byte("PK\x03\x04")}
	if !h.HasPrefix("\x7fELF", "PK") || h.HasPrefix("PK\x03\x04\x05") || h.HasPrefix() {
		t.Error("signatures are not compared as prefixes")
	}
}
