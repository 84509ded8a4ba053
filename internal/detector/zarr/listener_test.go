package zarr_test

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
)

// listener notes the contents of files inside of files.
func listener(seen *[]string) *detector.Detector {
	return &detector.Detector{
		Name:  "listener",
		Match: func(h artifact.Head) bool { return h.Depth > 0 },
		Run: func(_ context.Context, p *detector.Pass) error {
			r := p.Reader()
			*seen = append(*seen, string(r.Bytes(uint64(p.File.Size))))
			return r.Err()
		},
	}
}
