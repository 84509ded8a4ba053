package compress_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// TestEither: Python's lzma goes on behind a stream with one of the other format,
// also behind one of which nothing comes out.
func TestEither(t *testing.T) {
	write := func(w io.WriteCloser, err error) {
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "content")
		w.Close()
	}
	var inXZ, inLZMA bytes.Buffer
	x, err := xz.NewWriter(&inXZ)
	write(x, err)
	l, err := lzma.WriterConfig{Size: int64(len("content")), SizeInHeader: true}.NewWriter(&inLZMA)
	write(l, err)
	empty := append([]byte{0x5d, 0, 0, 0x80, 0}, make([]byte, 13)...)
	least := append(append([]byte{0x5d}, make([]byte, 4)...), inLZMA.Bytes()[5:]...) // with no dictionary
	for _, c := range []struct {
		name   string
		first  []byte
		second []byte
		want   string
	}{
		{"xz, lzma", inXZ.Bytes(), inLZMA.Bytes(), "contentcontent"},
		{"lzma, xz", inLZMA.Bytes(), inXZ.Bytes(), "contentcontent"},
		{"lzma, lzma", inLZMA.Bytes(), inLZMA.Bytes(), "contentcontent"},
		{"lzma with the least dictionary, lzma", least, inLZMA.Bytes(), "contentcontent"},
		{"nothing, xz", empty, inXZ.Bytes(), "content"},
		{"nothing twice, lzma", append(empty, empty...), inLZMA.Bytes(), "content"},
		{"lzma, neither", inLZMA.Bytes(), []byte("neither"), "content"},
	} {
		if _, got, err := unpack(t, append(bytes.Clone(c.first), c.second...)); err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
