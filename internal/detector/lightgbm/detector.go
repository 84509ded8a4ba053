// Package lightgbm judges LightGBM models. They are text of numbers; what can be
// wrong with them is that trees point out of themselves.
package lightgbm

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/lightgbm"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var outside = &rule.Rule{
	ID: "lightgbm-tree-outside", Title: "A tree of a LightGBM model points out of itself",
	Severity: rule.Medium, Precision: rule.Certain, CWE: []int{125, 787}, Since: "0.1.0",
}

// Detector judges LightGBM models.
var Detector = &detector.Detector{
	Name:  "lightgbm",
	Rules: rule.Explain(help, outside),
	Match: func(h artifact.Head) bool { return lightgbm.Looks(h.First) },
	Run:   run,
}

// run reports trees that point out of themselves, whose indices LightGBM uses
// unchecked.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("lightgbm")
	m, err := lightgbm.Read(p.Reader(), func(t lightgbm.Tree) {
		if t.Outside() {
			p.Report(finding.Finding{
				Rule: outside, Key: "tree", Location: finding.Location{Offset: t.Offset},
				Message: fmt.Sprintf("A tree of %d leaves points to a child that is none of its own. LightGBM follows it without a check.", t.Leaves),
			})
		}
	})
	if size := p.File.Size - m.Rest; err == nil && size > 0 {
		return p.Part("bytes behind the model", m.Rest, size)
	}
	return err
}
