package pickle_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
)

// TestTextIsNoPickle: lists of names whose lines read as opcodes.
func TestTextIsNoPickle(t *testing.T) {
	cases := []struct{ name, data string }{
		{name: "patterns that start with c", data: "coverage.out\n*~\ncoverage.txt\nprofile.out\n.tmp/\n"},
		{name: "a record of files", data: "cryptography-48.0.0.dist-info/INSTALLER,sha256=zuuue4knoyJ,4\r\ncryptography/os.py,sha256=1,2\r\n"},
	}
	for _, c := range cases {
		got := detectortest.Scan([]*detector.Detector{pickle.Detector}, "list", []byte(c.data))
		if got.Status != audit.NotAModel {
			t.Errorf("%s: got %s %v, want not-a-model", c.name, got.Status, detectortest.RuleIDs(got))
		}
	}
}
