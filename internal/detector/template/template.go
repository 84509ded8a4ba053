// Package template judges Jinja templates, which programs that serve models
// render: a template that reaches the interpreter runs code.
package template

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	runs = &rule.Rule{
		ID: "template-runs-code", Title: "A template runs code when it is rendered",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{1336, 94},
		CVE: []string{"CVE-2024-34359", "CVE-2026-5760"}, Since: "0.1.0",
	}
	reaches = &rule.Rule{
		ID: "template-reaches-interpreter", Title: "A template reaches into the interpreter",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{1336},
		CVE: []string{"CVE-2024-34359", "CVE-2026-5760"}, Since: "0.1.0",
	}
	host = &rule.Rule{
		ID: "template-calls-host", Title: "A template calls what is no part of templates",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{1336}, Since: "0.1.0",
	}
	computed = &rule.Rule{
		ID: "template-computed-name", Title: "A template accesses an attribute whose name it computes",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{1336}, Since: "0.1.0",
	}
	loads = &rule.Rule{
		ID: "template-loads-file", Title: "A template loads a file from outside of its directory",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{22, 98}, Since: "0.1.0",
	}
	exhausts = &rule.Rule{
		ID: "template-exhausts", Title: "A template asks for more work or memory than any text needs",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{400}, Since: "0.1.0",
	}
)

// Detector recognises Jinja templates by their name: other detectors hand on
// those that they find in metadata under a name that says so.
var Detector = &detector.Detector{
	Name:  "template",
	Rules: rule.Explain(help, runs, reaches, host, computed, loads, exhausts),
	Match: func(h *artifact.Head) bool {
		switch h.Extension() {
		case ".jinja", ".jinja2", ".j2":
			return true
		}
		return false
	},
	Run: run,
}

// run judges a template. A text of another template language, which a name may
// hide, is nobody's template of a model: it is one only if it is named so, comes
// out of a model's metadata, or reaches something.
func run(_ context.Context, p *detector.Pass) error {
	j := &judge{}
	p, err := narrow(p)
	if err != nil {
		return err
	}
	err = jinja.Walk(p.Reader(), jinja.Visitor{Access: j.access, Call: j.call, Load: j.load, Repeat: j.repeat})
	if len(j.internal) == 0 {
		j.spelt(p.Reader())
	}
	j.conclude()
	var fault *hostile.Fault
	foreign := errors.As(err, &fault) && (fault.Kind == hostile.Malformed || fault.Kind == hostile.Truncated)
	// What stopped the reader is told unless the text is another language's.
	if foreign && j.causes.Empty() && !strings.Contains(strings.ToLower(p.File.Name()), "chat") {
		return nil
	}
	p.Recognised("jinja")
	j.causes.Report(p.Report)
	return err
}

// narrow returns a pass over a template in UTF-16 with one byte for each character,
// which is what places in it count then, and the pass itself over any other.
func narrow(p *detector.Pass) (*detector.Pass, error) {
	r := p.Reader()
	order := artifact.UTF16(r.Peek(artifact.FirstSize))
	if order == nil {
		return p, r.Err()
	}
	text := artifact.Narrow(r.Bytes(uint64(p.File.Size)), order)
	in := *p
	in.File.Content, in.File.Size = hostile.Bytes(text), int64(len(text))
	return &in, r.Err()
}

// A judge gathers what a template reaches: one chain is one finding.
type judge struct {
	causes   finding.Causes
	internal []finding.Step
	code     []finding.Step
	names    []finding.Step // code by its names alone, by which a reader knows what would run
	hidden   []finding.Step // names that cannot be known
	asks     bool           // the request of a web server is used
}

// maxChain is how many accesses of a chain are kept.
const maxChain = 24

// access keeps an access that leads to the interpreter or to what runs code.
// The latter is not reported by itself: "system" is a role in every chat.
func (j *judge) access(a jinja.Access) {
	called, class := classify(a)
	if class.internal && len(j.internal) < maxChain {
		j.internal = append(j.internal, step(a, called))
	}
	if class.code && len(j.code) < maxChain {
		j.code = append(j.code, step(a, called))
		j.names = append(j.names, finding.Step{Offset: a.Offset, Text: show(called)})
	}
	j.asks = j.asks || a.How == jinja.Variable && a.Name == "request"
	if class.hidden && len(j.hidden) < maxChain {
		j.hidden = append(j.hidden, step(a, a.Name))
	}
}

// step is an access as evidence.
func step(a jinja.Access, called string) finding.Step {
	text := fmt.Sprintf("%s %s", a.How, show(called))
	if a.Built {
		text += " (put together in the template)"
	}
	return finding.Step{Offset: a.Offset, Text: text}
}

// show quotes a name, with its unknown pieces as question marks.
func show(name string) string {
	return finding.Quote(strings.ReplaceAll(name, string(jinja.Wild), "?"))
}

// conclude reports the chain: one that ends in something that runs code is worse
// than one that only leads to the interpreter.
func (j *judge) conclude() {
	j.unknown()
	if len(j.internal) == 0 {
		return
	}
	r, message := reaches, "The template reaches from a value into the interpreter."
	if len(j.code) > 0 {
		r, message = runs, "Rendering the template runs code: it reaches into the interpreter, and there "+listed(j.names)+"."
	}
	cause := j.causes.At(r, "interpreter", message)
	for _, s := range inOrder(append(j.internal, j.code...)) {
		cause.Add(s.Offset, "%s", s.Text)
	}
}

// unknown reports names that cannot be known without rendering the template.
func (j *judge) unknown() {
	if len(j.hidden) == 0 {
		return
	}
	r, key, message := computed, "computed", "The template accesses an attribute by a name that it puts together, and that cannot be known without rendering it."
	if j.asks {
		r, key, message = reaches, "request", "The template accesses attributes by names that whoever sends a request chooses."
	}
	cause := j.causes.At(r, key, message)
	for _, s := range inOrder(j.hidden) {
		cause.Add(s.Offset, "%s", s.Text)
	}
}

// maxNames is how many names a message has.
const maxNames = 4

// listed are the names of what runs code, each once.
func listed(steps []finding.Step) string {
	var names []string
	for _, s := range inOrder(steps) {
		if len(names) < maxNames && !slices.Contains(names, s.Text) {
			names = append(names, s.Text)
		}
	}
	return strings.Join(names, ", ")
}

// inOrder returns accesses in the order of the text, each once: a chain is read
// from its end.
func inOrder(steps []finding.Step) []finding.Step {
	slices.SortStableFunc(steps, func(a, b finding.Step) int { return cmp.Compare(a.Offset, b.Offset) })
	return slices.Compact(steps)
}

// call reports the call of a name that Jinja does not have: a program must give
// it to templates.
func (j *judge) call(c jinja.Call) {
	root, _, _ := strings.Cut(c.Path, ".")
	if c.Local || !names()["host"][root] || root != c.Path && names()["function"][root] {
		return
	}
	j.causes.At(host, c.Path, fmt.Sprintf("The template calls %s, which only a program that gives it to templates has.", finding.Quote(c.Path))).
		Add(c.Offset, "call of %s", finding.Quote(c.Path))
}

// load reports an include, import or extends that leaves the directory of
// templates, or whose name is no template's.
func (j *judge) load(l jinja.Load) {
	why := location.Leaves(l.Name)
	if why == "" && names()["host"][l.Name] {
		why = "which is named like what a program gives to templates, and no template is"
	}
	if why == "" {
		return
	}
	j.causes.At(loads, l.Name, fmt.Sprintf("The template loads %q, %s.", finding.Quote(l.Name), why)).
		Add(l.Offset, "%s %q", l.Tag, finding.Quote(l.Name))
}

// tooMuch is what no text needs: repetitions or characters.
const tooMuch = 10_000_000

// tooHigh is an exponent that no text needs.
const tooHigh = 10_000

// repeat reports work that the template alone decides on: one that depends on
// the conversation is not known here.
func (j *judge) repeat(r jinja.Repeat) {
	if r.Count < tooMuch && (r.What != "**" || r.Count < tooHigh) {
		return
	}
	j.causes.At(exhausts, r.What, fmt.Sprintf("Rendering the template asks for %d (%s).", r.Count, finding.Quote(r.What))).
		Add(r.Offset, "%s %d", finding.Quote(r.What), r.Count)
}
