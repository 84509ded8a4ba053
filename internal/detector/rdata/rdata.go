// Package rdata judges R's serialised objects and saved workspaces: code in them
// that runs when a value is asked for, and code that does harm when it runs.
package rdata

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/rds"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	promiseRuns = &rule.Rule{
		ID: "r-promise-runs-code", Title: "A promise in an R object does harm when its value is asked for",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{502}, CVE: []string{"CVE-2024-27322"}, Since: "0.1.0",
	}
	promiseAstray = &rule.Rule{
		ID: "r-promise-astray", Title: "An R object is code that runs when it is touched",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{502}, CVE: []string{"CVE-2024-27322"}, Since: "0.1.0",
	}
	languageRuns = &rule.Rule{
		ID: "r-language-runs-code", Title: "A call or formula in an R object does harm when it is evaluated",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	functionRuns = &rule.Rule{
		ID: "r-function-runs-code", Title: "A function in an R object does harm when it is called",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	calledUnasked = &rule.Rule{
		ID: "r-workspace-hook", Title: "A saved R workspace brings a function that R calls unasked",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94, 427}, Since: "0.1.0",
	}
	mapped = &rule.Rule{
		ID: "r-maps-file", Title: "A vector in an R object is read from a file that the object names",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{73}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "r-trailing-bytes", Title: "Bytes follow an R object",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{1286}, Since: "0.1.0",
	}
)

// Detector judges R's serialised objects. The compression that they come in is
// undone before they reach it.
var Detector = &detector.Detector{
	Name:  "rdata",
	Rules: rule.Explain(help, promiseRuns, promiseAstray, languageRuns, functionRuns, calledUnasked, mapped, trailing),
	Raw:   detector.Values,
	Match: func(h *artifact.Head) bool { return rds.Looks(h.First) },
	Run:   run,
}

// run judges what R would evaluate.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("r-data")
	j := &judge{Pass: p, seen: make(map[string]bool)}
	err := rds.Walk(p.Reader(), j.event)
	if j.nested != nil {
		return j.nested
	}
	return err
}

// A judge hears what a stream tells.
type judge struct {
	*detector.Pass
	seen   map[string]bool // rules and keys that were reported
	nested error           // the end of the budget, met while a part was scanned
}

// event judges one thing that the reader has met.
func (j *judge) event(e rds.Event) {
	switch e.Kind {
	case rds.Call:
		j.call(e)
	case rds.Promise:
		if !e.Environment {
			j.report(promiseAstray, e, "promise", "A value is a promise: code that R runs when the value is looked at, and not before. R keeps promises in environments; nothing that it saves has one here.", "promise without a value")
		}
	case rds.Function:
		if hooks()[e.Variable] {
			j.report(calledUnasked, e, e.Variable, fmt.Sprintf("The workspace defines the function %s, which R calls by itself in a session that starts or ends with this workspace.",
				finding.Quote(e.Variable)), "function "+finding.Quote(e.Variable))
		}
	case rds.Mapped:
		name := finding.Quote(e.Name)
		j.report(mapped, e, e.Name, fmt.Sprintf("Loading the object maps the file %s into memory, and writes to it if the vector is changed.", name), "mapped from "+name)
	case rds.Raw:
		j.raw(e)
	case rds.Text:
		j.text(e)
	case rds.Trailing:
		j.report(trailing, e, "rest", fmt.Sprintf("%d bytes follow the object. R does not read them.", e.Size), "the object ends here")
		j.hand("bytes behind the object", e)
	}
}

// report makes a finding, once for each rule and key.
func (j *judge) report(r *rule.Rule, e rds.Event, key, message, step string) {
	if id := r.ID + " " + key; !j.seen[id] {
		j.seen[id] = true
		j.Report(finding.Finding{
			Rule: r, Key: key, Message: message, Location: finding.Location{Offset: e.Offset, Length: e.Size},
			Evidence: []finding.Step{{Offset: e.Offset, Text: step}},
		})
	}
}

// maxShown is the size of the longest string of the ASCII form that is shown in
// one piece.
const maxShown = 4 << 10

// text shows a string, or hands it on.
func (j *judge) text(e rds.Event) {
	name := cmp.Or(e.Variable, "string")
	switch {
	case e.Content == nil && j.nested == nil:
		j.nested = j.Written(name, e.Offset, e.Size)
	case e.Size > maxShown:
		j.hand(name, e)
	default:
		j.Text(name, e.Offset, string(e.Content))
	}
}

// raw hands on a raw vector that is a file.
func (j *judge) raw(e rds.Event) {
	head := e.Content
	if head == nil {
		r := j.Reader()
		r.MoveTo(e.Offset)
		head = r.Peek(int(min(e.Size, artifact.FirstSize)))
	}
	if encoded.Kind(head) != "" || rds.Looks(head) {
		j.hand("raw vector", e)
	}
}

// hand hands a stretch of the file, or what is written there, to the scan.
func (j *judge) hand(name string, e rds.Event) {
	switch {
	case j.nested != nil:
	case e.Content != nil:
		j.nested = j.Nested(j.File.Member(name, hostile.Bytes(e.Content), e.Size))
	default:
		j.nested = j.Part(name, e.Offset, e.Size)
	}
}
