// Package catboost reads CatBoost models. They are numbers and text, and the
// library runs nothing of them; what follows a model without being one of its
// parts is reported.
package catboost

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/catboost"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var trailing = &rule.Rule{
	ID: "catboost-trailing-data", Title: "Data follows a CatBoost model that has no further parts",
	Severity: rule.Low, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
}

// Detector reads CatBoost models.
var Detector = &detector.Detector{
	Name:  "catboost",
	Rules: rule.Explain(help, trailing),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return h.HasPrefix(catboost.Magic) },
	Run:   run,
}

// run hands on texts and whatever follows the trees, whether the model names
// such parts or not.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("catboost")
	m, err := catboost.Decode(p.Reader())
	for _, e := range m.Info {
		if nested := p.Written(e.Key, e.Offset, e.Size); nested != nil {
			return nested
		}
	}
	if err != nil || m.End >= p.File.Size {
		return err
	}
	rest := p.File.Size - m.End
	if m.Parts == 0 {
		p.Report(finding.Finding{
			Rule: trailing, Key: "trailing data", Location: finding.Location{Offset: m.End, Length: rest},
			Message: fmt.Sprintf("%d bytes follow the model, which names no further parts.", rest),
		})
	}
	return p.Part("parts", m.End, rest)
}
