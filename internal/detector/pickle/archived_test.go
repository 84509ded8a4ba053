package pickle_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// saved is an archive of one pickle.
func saved(t *testing.T, pickled []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("model/data.pkl")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(pickled)
	z.Close()
	return out.Bytes()
}

// packed is what comes out of a compressor.
func packed(open func(io.Writer) io.WriteCloser, data []byte) []byte {
	var out bytes.Buffer
	w := open(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

// TestArchived: a constant may be a model that was saved to memory, or packed more
// than once.
func TestArchived(t *testing.T) {
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zl := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	for _, c := range []struct {
		name     string
		constant []byte
		want     bool
	}{
		{"archive", saved(t, shell), true},
		{"packed archive", packed(gz, saved(t, shell)), true},
		{"packed twice", packed(gz, packed(zl, shell)), true},
		{"pickle in a constant", pickletest.New(4).EmptyDict().Str("inner").Data(shell).SetItem().Stop(), true},
		{"harmless archive", saved(t, plain), false},
		{"harmless, and packed often", packed(gz, packed(gz, packed(gz, packed(gz, packed(gz, plain))))), false},
	} {
		data := pickletest.New(4).EmptyDict().Str("model").Data(c.constant).SetItem().Stop()
		got := detectortest.Scan(catalog.Detectors(), "model.pkl", data)
		if found := slices.Contains(detectortest.RuleIDs(got), "pickle-carries-payload"); found != c.want || !c.want && len(got.Findings) > 0 {
			t.Errorf("%s: got %q", c.name, detectortest.RuleIDs(got))
		}
	}
}
