package executorch

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/executorch"
)

// Bundle opens a program that has its test cases around it.
var Bundle = &detector.Detector{
	Name:  "executorch-bundle",
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return executorch.LooksBundled(h.First) },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("executorch-bundle")
		offset, size, err := executorch.Bundled(p.Reader())
		if err != nil {
			return err
		}
		return p.Part("program.pte", offset, size)
	},
}

// Data knows the weights that lie beside a program, which are searched.
var Data = &detector.Detector{
	Name:  "executorch-data",
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return executorch.LooksData(h.First) && h.Extension() == ".ptd" },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("executorch-data")
		return nil
	},
}
