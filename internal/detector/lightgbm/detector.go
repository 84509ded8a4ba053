// Package lightgbm judges LightGBM models. They are text of numbers; what can be
// wrong with them is that trees point out of themselves.
package lightgbm

import (
	"context"
	_ "embed"

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
	var causes finding.Causes
	m, err := lightgbm.Read(p.Reader(), func(t lightgbm.Tree) {
		if t.Outside() {
			const message = "A tree of the model points to a child that is none of its own. LightGBM follows it without a check."
			causes.At(outside, "tree", message).Add(t.Offset, "tree of %d leaves", t.Leaves)
		}
	})
	causes.Report(p.Report)
	if size := p.File.Size - m.Rest; err == nil && size > 0 {
		return p.Part("bytes behind the model", m.Rest, size)
	}
	return err
}
