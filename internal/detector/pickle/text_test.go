package pickle_test

import (
	"strings"
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
		{name: "shapes of weights in one line", data: "conv.weight:[32]" + strings.Repeat("***blocks.0.0.bn1.weight:[32]", 600)},
	}
	for _, c := range cases {
		got := detectortest.Scan([]*detector.Detector{pickle.Detector}, "list", []byte(c.data))
		if got.Status != audit.NotAModel {
			t.Errorf("%s: got %s %v, want not-a-model", c.name, got.Status, detectortest.RuleIDs(got))
		}
	}
}

// TestNumbersAreNoPickle: arrays of a model that start as pickles do, by chance.
func TestNumbersAreNoPickle(t *testing.T) {
	cases := []struct {
		name, data string
		want       audit.Status
	}{
		{name: "protocol that is none", data: "(\x80\xed\x3e\xec\xde\x1b\xbf\x16\x38", want: audit.NotAModel},
		{name: "few opcodes", data: "\x80\x04K\x01\x3e\xec\xde\x1b\xbf\x16\x38", want: audit.NotAModel},
		{name: "frame", data: "\x80\x04\x95\x50\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x8c\x06sys", want: audit.Incomplete},
	}
	for _, c := range cases {
		got := detectortest.Scan([]*detector.Detector{pickle.Detector}, "27", []byte(c.data))
		if got.Status != c.want {
			t.Errorf("%s: got %s %v, want %s", c.name, got.Status, detectortest.RuleIDs(got), c.want)
		}
	}
}
