package detectortest

import (
	"runtime"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// Huge scans a model of which almost all is a hole, and checks that it is clean
// and costs what its structure costs: no more bytes are read or allocated than
// given.
func Huge(t *testing.T, all []*detector.Detector, name string, file *hostiletest.Sparse, read int64, allocated uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := ScanFile(all, artifact.File{Path: name, Content: file, Size: file.Size()})
	runtime.ReadMemStats(&after)
	if got.Status != audit.Clean {
		t.Errorf("%s: got %s (%s) %+v, want clean", name, got.Status, got.Reason, got.Findings)
	}
	if took := after.TotalAlloc - before.TotalAlloc; file.Read > read || took > allocated {
		t.Errorf("%s: %d bytes read and %d allocated for a structure of %d bytes", name, file.Read, took, len(file.Head)+len(file.Tail))
	}
}
