// Package onnx judges ONNX models: where their weights are read from, which
// operators bring code of their own, and whether their tensors fit their data.
package onnx

import (
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/ort"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Detector recognises protobuf ONNX models.
var Detector = &detector.Detector{
	Name: "onnx",
	Rules: rule.Explain(help, escapes, address, bounds, unknownKey, missing,
		mismatch, python, engineEscapes, custom),
	Raw: detector.Weights,
	Match: func(h *artifact.Head) bool {
		first := h.First
		if h.Extension() == extension { // what breaks off later is a model that is broken
			first = first[:min(len(first), 1)]
		}
		return len(first) > 0 && protobuf.MayStart(first)
	},
	Run: run,
}

// extension is what ONNX files are called by.
const extension = ".onnx"

// run takes a file for ONNX by its name, or by what it holds: protobuf has no
// signature.
func run(_ context.Context, p *detector.Pass) error {
	named := artifact.Extension(p.File.Name()) == extension
	if !named && !onnx.Looks(p.Reader()) {
		return nil
	}
	p.Recognised("onnx")
	return judged(p, onnx.Walk)
}

// Runtime recognises models in the form of ONNX Runtime's own. Its tensors lie
// in the file, or in one that whoever loads the model has to name.
var Runtime = &detector.Detector{
	Name:  "onnxruntime",
	Rules: rule.Explain(help, missing, mismatch, python, engineEscapes, custom),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return ort.Looks(h.First) || h.Extension() == ".ort" && h.Size > 0 },
	Run: func(_ context.Context, p *detector.Pass) error {
		if r := p.Reader(); ort.Looks(r.Peek(8)) || !onnx.Looks(p.Reader()) {
			p.Recognised("ort")
			return judged(p, ort.Walk)
		}
		return nil // the other form, under this one's name
	},
}

// judged judges what a walk over either form tells.
func judged(p *detector.Pass, walk func(*hostile.Reader, onnx.Visitor) error) error {
	j := &judge{p: p, own: make(map[operator]bool), foreign: make(map[operator]*use), places: make(map[string]*place)}
	err := walk(p.Reader(), onnx.Visitor{
		Node: j.node, Tensor: j.tensor, Function: j.function, Text: j.text,
	})
	j.conclude()
	if j.stop != nil {
		return j.stop
	}
	return err
}

// maxKept bounds what a file can make us keep for the end of the walk. A file
// that goes beyond is incomplete.
const maxKept = 10_000

// A judge gathers what a walk tells it and reports when it is over: functions
// come after the nodes that call them, and one file of weights serves many
// tensors.
type judge struct {
	p       *detector.Pass
	stop    error // the budget is spent
	causes  finding.Causes
	places  map[string]*place // files of weights beside the model
	order   []*place
	foreign map[operator]*use // operators that no runtime brings along
	used    []operator
	own     map[operator]bool // functions of the model itself
}

// conclude judges what could only be gathered during the walk, and reports.
func (j *judge) conclude() {
	for _, p := range j.order {
		j.neighbour(p)
	}
	j.customs()
	j.causes.Report(j.p.Report)
}

// full says that something is not kept.
func (j *judge) full(what string) {
	j.p.Incomplete(&hostile.Fault{Kind: hostile.OverBudget, Detail: fmt.Sprintf("more than %d different %s", maxKept, what)})
}

// minText is the size of the shortest text that goes back to the scan: shorter
// ones hold names.
const minText = 64

// text hands strings that a reader or a custom operator may interpret back to
// the scan.
func (j *judge) text(t onnx.Text) {
	if j.stop != nil {
		return
	}
	name := t.Kind
	if t.Name != "" {
		name += " " + t.Name
	}
	if t.Size < minText {
		j.stop = j.p.Written(name, t.Offset, t.Size)
		return
	}
	j.stop = j.p.Value(name, t.Offset, t.Size)
}
