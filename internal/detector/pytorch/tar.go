package pytorch

import (
	"context"
	"io"
	"path"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var legacyTar = &rule.Rule{
	ID: "torch-legacy-tar", Title: "The model is in PyTorch's oldest form, which weights_only did not cover",
	Severity: rule.Medium, Precision: rule.Certain, CWE: []int{502}, CVE: []string{"CVE-2025-32434"}, Since: "0.1.0",
}

// Tar judges the tar archives of PyTorch 0.1, every part of which is a pickle.
var Tar = &detector.Detector{
	Name:  "pytorch-tar",
	Rules: rule.Explain(help, legacyTar),
	Match: func(h *artifact.Head) bool { return tar.Is(h.First) },
	Run:   runTar,
}

// parts are the members of such an archive (torch/serialization.py, _load with
// legacy_load).
var parts = map[string]bool{"sys_info": true, "pickle": true, "storages": true, "tensors": true}

func runTar(_ context.Context, p *detector.Pass) error {
	w := tar.Walk(p.Reader())
	found := make(map[string]bool)
	var steps []finding.Step
	for {
		e, err := w.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			continue // whoever opens the archive tells
		}
		if name := path.Clean(e.Name); parts[name] && !found[name] {
			found[name] = true
			steps = append(steps, finding.Step{Offset: e.Data, Text: "member " + name})
		}
	}
	if !found["pickle"] || len(found) < 2 {
		return p.Budget.Spent()
	}
	p.Recognised("pytorch-tar")
	p.Report(finding.Finding{
		Rule: legacyTar, Key: "pickle", Evidence: steps, Location: finding.Location{Offset: steps[0].Offset},
		Message: "The archive is in the form of PyTorch 0.1: torch.load unpickles each part of it, and before 2.6 does so without restriction when it is called with weights_only=True, too.",
	})
	return p.Budget.Spent()
}
