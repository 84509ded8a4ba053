package hostile

import (
	"io"
	"testing"
)

func TestSection(t *testing.T) {
	data := Bytes("0123456789")
	opaque := struct{ io.ReaderAt }{data}
	for _, c := range []struct {
		name string
		src  io.ReaderAt
		want string
	}{
		{name: "of bytes", src: Section(data, 2, 5), want: "23456"},
		{name: "of a section of bytes", src: Section(Section(data, 2, 5), 1, 3), want: "345"},
		{name: "of a reader", src: Section(opaque, 2, 5), want: "23456"},
		{name: "of a section of a reader", src: Section(Section(opaque, 2, 5), 1, 3), want: "345"},
		{name: "of bytes, past the end", src: Section(data, 8, 5), want: "89"},
		{name: "of a section, past its end", src: Section(Section(opaque, 2, 3), 1, 9), want: "34"},
		{name: "behind the end", src: Section(data, 80, 5), want: ""},
	} {
		p := make([]byte, 16)
		n, err := c.src.ReadAt(p, 0)
		if got := string(p[:n]); got != c.want || err != io.EOF {
			t.Errorf("%s: got %q, %v, want %q, EOF", c.name, got, err, c.want)
		}
	}
}
