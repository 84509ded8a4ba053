package hdf5

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// A sample is a file that h5py wrote, and its own description of it.
type sample struct {
	name string
	file []byte
	want []byte
}

// samples decodes testdata/samples.txt.
func samples(t testing.TB) []sample {
	t.Helper()
	text, err := os.ReadFile("testdata/samples.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for line := range strings.Lines(string(text)) {
		if row := strings.Fields(line); line[0] != '#' && len(row) == 3 {
			out = append(out, sample{row[0], gunzip(t, row[1]), gunzip(t, row[2])})
		}
	}
	return out
}

func gunzip(t testing.TB, text string) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	p, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSamples(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) { compare(t, ours(t, s.file), s.want) })
	}
}

// TestPrefixes: a file that ends before the length it claims is not opened.
func TestPrefixes(t *testing.T) {
	for _, s := range samples(t) {
		for n := 0; n < len(s.file); n += max(1, len(s.file)/500) {
			if _, err := Open(hostiletest.Reader(s.file[:n])); err == nil {
				t.Errorf("%s: the first %d of %d bytes open", s.name, n, len(s.file))
				break
			}
		}
	}
}

// TestChecksEveryClaim bends each byte of the structure: the walk must end, and
// must not crash.
func TestChecksEveryClaim(t *testing.T) {
	s := samples(t)[0]
	for i := range min(len(s.file), 6000) {
		for _, v := range []byte{0x00, 0x7f, 0xff} {
			p := bytes.Clone(s.file)
			p[i] = v
			f, err := Open(hostiletest.Reader(p))
			if err != nil {
				continue
			}
			_ = f.Walk(func(o *Object) error {
				visitAll(t, f, o)
				return nil
			})
		}
	}
}

func seeds(t testing.TB) [][]byte {
	var out [][]byte
	for _, s := range samples(t) {
		if len(s.file) < 1<<16 {
			out = append(out, s.file)
		}
	}
	return out
}
