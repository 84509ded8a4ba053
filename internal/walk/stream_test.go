package walk_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/modelaudit/modelaudit/internal/walk"
)

func TestStream(t *testing.T) {
	name := filepath.Join(t.TempDir(), "m.pkl")
	if err := os.WriteFile(name, []byte("on disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	onDisk, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer onDisk.Close()
	cases := []struct {
		name    string
		from    io.Reader
		limit   int64
		want    string
		refused bool
	}{
		{name: "a pipe", from: iotest.OneByteReader(strings.NewReader("a pipe")), want: "a pipe"},
		{name: "nothing", from: strings.NewReader(""), refused: true},
		{name: "as much as is wanted", from: strings.NewReader("1234"), limit: 4, want: "1234"},
		{name: "more than is wanted", from: strings.NewReader("12345"), limit: 4, refused: true},
		{name: "a file", from: onDisk, want: "on disk"},
		{name: "a file, larger than is wanted", from: onDisk, limit: 4, refused: true},
	}
	for _, c := range cases {
		f, err := walk.Stream("stdin", c.from, walk.Filter{MaxSize: c.limit})
		if err != nil || f.Path != "stdin" || f.Refused != "" != c.refused {
			t.Errorf("%s: got %q, refused because of %q, %v, want refused: %v", c.name, f.Path, f.Refused, err, c.refused)
			continue
		}
		a, closer, err := f.Open()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := io.ReadAll(io.NewSectionReader(a.Content, 0, a.Size))
		closer.Close()
		if !c.refused && (string(got) != c.want || err != nil) {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	if _, err := walk.Stream("stdin", iotest.ErrReader(io.ErrClosedPipe), walk.Filter{}); err == nil {
		t.Error("got no error from a pipe that is closed")
	}
}
