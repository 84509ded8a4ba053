// Package lightgbm judges LightGBM models. They are text of numbers; what can be
// wrong with them is that trees point out of themselves.
package lightgbm

import (
	"bytes"
	"context"
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/lightgbm"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
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
	Match: func(h *artifact.Head) bool { return lightgbm.Looks(h.First) },
	Run:   run,
}

// run reports trees that point out of themselves, whose indices LightGBM uses
// unchecked.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("lightgbm")
	var causes finding.Causes
	m, err := lightgbm.Read(p.Reader(), func(t lightgbm.Tree) {
		note := func(key, to string) {
			causes.At(outside, key, "A tree of the model points to "+to+". LightGBM follows it without a check.").Add(t.Offset, "tree of %d leaves", t.Leaves)
		}
		switch {
		case t.Outside():
			note("tree", "a child that is none of its own")
		case t.Back:
			note("back", "a node that leads to it: predicting never ends")
		case t.Foreign:
			note("feature", "a feature that the model does not have")
		}
	})
	if m.Sizes < 0 || m.Sizes > p.File.Size-m.First {
		causes.At(outside, "sizes", "The model says that its trees are longer than all of it. LightGBM looks for them there.").Add(0, "tree_sizes")
	}
	causes.Report(p.Report)
	if err == nil {
		err = parameters(p, m)
	}
	if size := p.File.Size - m.Rest; err == nil && size > 0 {
		return p.Part("bytes behind the model", m.Rest, size)
	}
	return err
}

// maxLine is the longest line of the parameters that is looked at, in bytes.
const maxLine = 4 << 10

// parameters shows the values behind the trees that are programs: "[data: …]".
func parameters(p *detector.Pass, m lightgbm.Model) error {
	r := p.Reader()
	r.MoveTo(m.Behind)
	for r.Offset() < m.Rest && r.Step() {
		at := r.Offset()
		line := r.Peek(int(min(maxLine, m.Rest-at)))
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		r.Skip(uint64(len(line)))
		key, value, found := strings.Cut(strings.Trim(string(line), "[]\r\n "), ": ")
		if found && source.Harms(value, p.Budget) {
			p.Text(key, at, value)
		}
	}
	return r.Err()
}
