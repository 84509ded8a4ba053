package ocdbt_test

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/ocdbt"
	"github.com/modelaudit/modelaudit/internal/detector/zarr"
)

// TestReal scans checkpoints that Orbax wrote (testdata/real.py): every record of
// every data file is read, and the arrays in it are recognised.
func TestReal(t *testing.T) {
	text, err := os.ReadFile("testdata/real.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := []*detector.Detector{archive.Compressed, ocdbt.Detector, zarr.Detector, zarr.Shard}
	formats := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		name, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
		got := detectortest.Scan(all, name, unpack(t, encoded))
		for _, f := range got.Formats {
			formats[f] = true
		}
		ours := path.Base(path.Dir(name)) == "d" || path.Base(name) == "manifest.ocdbt"
		if got.Unread() || len(got.Findings) > 0 || ours && got.Status != audit.Clean {
			t.Errorf("%s: got %s (%s) %+v", name, got.Status, got.Reason, got.Findings)
		}
	}
	if len(formats) != 4 {
		t.Errorf("got %v, want databases, arrays, shards and zstd", formats)
	}
}

func unpack(t *testing.T, encoded string) []byte {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
