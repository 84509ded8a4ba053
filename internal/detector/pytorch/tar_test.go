package pytorch_test

import (
	"archive/tar"
	"bytes"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
)

// tarred is a tar archive of empty dictionaries, pickled.
func tarred(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, n := range names {
		if err := w.WriteHeader(&tar.Header{Name: n, Size: 4, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("\x80\x02}.")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTar(t *testing.T) {
	detectortest.Run(t, pytorch.Tar, []detectortest.Case{
		{Name: "model", Data: tarred(t, "sys_info", "./pickle", "storages", "tensors"), Want: []string{"torch-legacy-tar"}},
	})
	got := detectortest.Scan([]*detector.Detector{pytorch.Tar}, "x.tar", tarred(t, "pickle", "readme"))
	if len(got.Formats) != 0 || len(got.Findings) != 0 {
		t.Errorf("another tar archive: got %+v", got)
	}
}
