package keras

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Archive recognises .keras archives, the members of which are judged by
// themselves: one without a configuration is damaged.
var Archive = &detector.Detector{
	Name:  "keras-archive",
	Match: func(h *artifact.Head) bool { return h.Extension() == ".keras" && h.HasPrefix("PK\x03\x04") },
	Run: func(_ context.Context, p *detector.Pass) error {
		z, _ := zip.Decode(p.Reader())
		for e, err := range z.Entries() {
			if spent := p.Budget.Spent(); spent != nil {
				return spent
			}
			if err != nil || e.Name() == "config.json" {
				return nil // whoever opens the archive tells what is wrong with it
			}
		}
		return hostile.Faultf(hostile.Malformed, 0, "a Keras archive without config.json")
	},
}
