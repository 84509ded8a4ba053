package hostile

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"
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

// TestStage checks that a part of content that is not held whole is the same
// bytes however it is read, and that reading it backwards unpacks nothing again.
func TestStage(t *testing.T) {
	const size = keepWhole + 10<<20
	data := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	opened := 0
	b := NewBudget(context.Background(), DefaultLimits(), 1<<30, time.Now)
	c, err := Unpack(b, func() (io.Reader, error) {
		opened++
		return bytes.NewReader(data), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, keepWhole - 8, keepWhole + 1<<20 + 3, keepWhole + 4<<20, size - 1<<20 - 5} {
		part, err := Stage(c, at, 1<<20, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, off := range []int64{1<<20 - 100, 500_000, 0} {
			p := make([]byte, 100)
			if n, err := part.ReadAt(p, off); n != 100 || !bytes.Equal(p, data[at+off:at+off+100]) {
				t.Fatalf("at %d + %d: got %q, %v", at, off, p[:n], err)
			}
		}
	}
	if opened > 2 {
		t.Errorf("unpacked %d times, want once for the content and once for its parts", opened)
	}
}
