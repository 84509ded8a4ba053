package scan_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// TestStarved: a file of which a detector was refused the memory that it needs to
// know it is not clean, whoever holds the memory.
func TestStarved(t *testing.T) {
	holder := func(hold func(*hostile.Budget)) *detector.Detector {
		return &detector.Detector{
			Name: "holder", Container: true,
			Match: func(h *artifact.Head) bool { return h.Depth == 0 },
			Run: func(_ context.Context, p *detector.Pass) error {
				p.Recognised("holder")
				hold(p.Budget)
				return p.Part("inner", 0, p.File.Size)
			},
		}
	}
	needy := &detector.Detector{
		Name:  "needy",
		Match: func(h *artifact.Head) bool { return h.Depth == 1 },
		Run: func(_ context.Context, p *detector.Pass) error {
			if p.Budget.Hold(10) != nil {
				return nil // nothing that it knows
			}
			p.Recognised("needy")
			return nil
		},
	}
	for _, c := range []struct {
		name string
		hold func(*hostile.Budget)
		want audit.Status
	}{
		{"all is held", func(b *hostile.Budget) { b.Hold(100) }, audit.Incomplete},
		{"enough is left", func(b *hostile.Budget) { b.Hold(90) }, audit.Clean},
		{"more was tried", func(b *hostile.Budget) { b.TryHold(1000) }, audit.Clean},
	} {
		limits := hostile.DefaultLimits()
		limits.Memory = 100
		s := scan.Scanner{Detectors: []*detector.Detector{holder(c.hold), needy}, Limits: limits, Now: time.Now}
		got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("content"), Size: 7})
		if got.Status != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got.Status, c.want)
		}
	}
}
