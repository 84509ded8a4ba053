package compress_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// packed is data as a library writes it.
func packed(t *testing.T, open func(io.Writer) (io.WriteCloser, error), data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDamaged: what stands before the damage comes out, as a loader sees it.
func TestDamaged(t *testing.T) {
	var text bytes.Buffer
	for i := range 8000 {
		fmt.Fprintf(&text, "%d lines of %d\n", i*7919%1000, i)
	}
	data := text.Bytes()
	formats := map[string]func(io.Writer) (io.WriteCloser, error){
		"lzma": func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) },
		"xz":   func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	}
	for name, open := range formats {
		whole := packed(t, open, data)
		for _, part := range []float64{0.3, 0.6, 0.9} {
			at := int(part * float64(len(whole)))
			damaged := bytes.Clone(whole)
			damaged[at] ^= 0x55
			for how, p := range map[string][]byte{"cut": whole[:at], "damaged": damaged} {
				_, got, err := unpack(t, p)
				if least := int(part*float64(len(data))) / 5; err == nil || len(got) < least || !bytes.HasPrefix(got, data[:least]) {
					t.Errorf("%s, %s at %d of %d: got %d bytes, %v, want the first %d and an error", name, how, at, len(whole), len(got), err, least)
				}
			}
		}
	}
}
