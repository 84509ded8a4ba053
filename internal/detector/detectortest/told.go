package detectortest

import (
	"context"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
)

// Told scans data with one detector and returns what that gives to others, in its
// order: files found inside, and texts that are long enough for the scan to show,
// each as its name, a colon and what it says.
func Told(t *testing.T, d *detector.Detector, name string, data []byte) []string {
	t.Helper()
	var told []string
	listener := &detector.Detector{
		Name:  "listener",
		Match: func(h *artifact.Head) bool { return h.Depth > 0 },
		Run: func(_ context.Context, p *detector.Pass) error {
			r := p.Reader()
			told = append(told, p.File.Name()+": "+string(r.Bytes(uint64(p.File.Size))))
			return r.Err()
		},
		Text: func(p *detector.Pass, name string, _ int64, text string) {
			if text != p.File.Name() { // which the scan shows, and not the detector
				told = append(told, name+": "+text)
			}
		},
	}
	if got := Scan([]*detector.Detector{d, listener}, name, data); got.Unread() {
		t.Errorf("%s: not fully read: %s", name, got.Reason)
	}
	return told
}
