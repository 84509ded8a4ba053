package pickle_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestLatin1At: what is read of a long text, in pieces or from anywhere, are the bytes
// that it was made of.
func TestLatin1At(t *testing.T) {
	content := make([]byte, 300_001)
	for i := range content {
		content[i] = byte(i * i / 7)
	}
	const before = "BINUNICODE"
	for _, size := range []int{0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, len(content)} {
		want, text := content[:size], pickletest.Latin1(content[:size])
		got, length, err := pickle.Latin1At(strings.NewReader(before+text+"after"), int64(len(before)), int64(len(text)), hostiletest.Budget(len(text)))
		if err != nil || length != int64(size) {
			t.Fatalf("%d bytes: got %d bytes, %v", size, length, err)
		}
		all, err := io.ReadAll(io.NewSectionReader(got, 0, length))
		if err != nil || !bytes.Equal(all, want) {
			t.Errorf("%d bytes: read %d others, %v", size, len(all), err)
		}
		for off := 0; off < size; off += 997 {
			p := make([]byte, 5000)
			n, err := got.ReadAt(p, int64(off))
			if !bytes.Equal(p[:n], want[off:min(off+len(p), size)]) || (n < len(p)) != (err == io.EOF) {
				t.Fatalf("%d bytes, from %d on: got %d bytes, %v", size, off, n, err)
			}
		}
		if n, err := got.ReadAt(make([]byte, 1), length); n != 0 || err != io.EOF {
			t.Errorf("%d bytes, at the end: got %d, %v", size, n, err)
		}
	}
}

// TestNotLatin1: a text that Python refuses to encode makes no bytes.
func TestNotLatin1(t *testing.T) {
	long := strings.Repeat("a", 70_000)
	for _, text := range []string{"\u0100", long + "\u20ac", "\xc2", long + "\xc3", "\x80", "\xc2a", "\xc0\x80", "\xc1\xbf", "\xff"} {
		_, length, err := pickle.Latin1At(strings.NewReader(text), 0, int64(len(text)), hostiletest.Budget(len(text)))
		if err == nil {
			t.Errorf("%.20q…: got %d bytes", text, length)
		}
	}
	if _, _, err := pickle.Latin1At(strings.NewReader("ab"), 1, 5, hostiletest.Budget(2)); err != io.ErrUnexpectedEOF && err != io.EOF {
		t.Errorf("a text behind the end: got %v", err)
	}
}
