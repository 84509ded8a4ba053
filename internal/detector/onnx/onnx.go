// Package onnx judges ONNX models: where their weights are read from, which
// operators bring code of their own, and whether their tensors fit their data.
package onnx

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Detector recognises protobuf ONNX models.
var Detector = &detector.Detector{
	Name: "onnx",
	Rules: rule.Explain(help, escapes, address, bounds, unknownKey, missing,
		mismatch, python, engineEscapes, custom),
	Match: func(h artifact.Head) bool { return len(h.First) > 0 && onnx.MayStart(h.First[0]) },
	Run:   run,
}

func run(_ context.Context, p *detector.Pass) error {
	named := strings.HasSuffix(strings.ToLower(p.File.Name()), ".onnx")
	if !named && !onnx.Looks(p.Reader()) {
		return nil
	}
	p.Recognised("onnx")
	j := newJudge(p)
	_, err := onnx.Walk(p.Reader(), onnx.Visitor{
		Node: j.node, Tensor: j.tensor, Function: j.function, Text: j.text,
	})
	j.conclude()
	if j.stop != nil {
		return j.stop
	}
	return err
}

// A judge gathers what a walk tells it and reports when it is over: functions
// come after the nodes that call them, and one file of weights serves many
// tensors.
type judge struct {
	p       *detector.Pass
	stop    error // the budget is spent
	places  group[*place]
	domains group[*domain]
	sizes   group[*problem]
	python  group[*problem]
	engines group[*problem]
	own     map[string]bool // functions of the model itself, as domain + name
}

func newJudge(p *detector.Pass) *judge {
	return &judge{p: p, own: make(map[string]bool)}
}

// A problem is several places in the file with one cause.
type problem struct {
	key, message string
	users        users
}

// users are those who share a problem: the first ones, and how many.
type users struct {
	steps []finding.Step
	count int
}

// maxUsers is how many are shown.
const maxUsers = 10

func (u *users) add(offset int64, format string, args ...any) {
	if u.count++; len(u.steps) < maxUsers {
		u.steps = append(u.steps, finding.Step{Offset: offset, Text: fmt.Sprintf(format, args...)})
	}
}

// evidence returns the steps, the last of which says how many are not shown.
func (u *users) evidence() []finding.Step {
	if more := u.count - len(u.steps); more > 0 {
		last := u.steps[len(u.steps)-1]
		return append(u.steps, finding.Step{Offset: last.Offset, Text: fmt.Sprintf("and %d more", more)})
	}
	return u.steps
}

func (u *users) offset() int64 { return u.steps[0].Offset }

// report makes a finding of everything that was gathered under one key.
func (j *judge) report(r *rule.Rule, key, message string, u *users) {
	j.p.Report(finding.Finding{
		Rule: r, Key: key, Message: message, Evidence: u.evidence(),
		Location: finding.Location{Offset: u.offset()},
	})
}

func (j *judge) conclude() {
	for _, p := range j.places.all {
		j.place(p)
	}
	j.foreign()
	for _, list := range []struct {
		rule     *rule.Rule
		problems []*problem
	}{{mismatch, j.sizes.all}, {python, j.python.all}, {engineEscapes, j.engines.all}} {
		for _, p := range list.problems {
			j.report(list.rule, p.key, p.message, &p.users)
		}
	}
}

// minText is the shortest text that is handed on: shorter ones hold names.
const minText = 64

// text hands strings that a reader or a custom operator may interpret back to
// the scan.
func (j *judge) text(t onnx.Text) {
	if t.Size < minText || j.stop != nil {
		return
	}
	name := t.Kind
	if t.Name != "" {
		name += " " + t.Name
	}
	content := io.NewSectionReader(j.p.File.Content, t.Offset, t.Size)
	j.stop = j.p.Nested(j.p.File.Member(name, content, t.Size))
}
