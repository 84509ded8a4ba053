// Package bytecode judges compiled Python: code objects that another format
// carries, and .pyc files inside archives.
package bytecode

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

//go:embed help.md
var help string

var (
	dangerous = &rule.Rule{
		ID: "bytecode-dangerous", Title: "Python bytecode in the model reaches a function that does harm",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{94, 502}, Since: "0.1.0",
	}
	onImport = &rule.Rule{
		ID: "bytecode-runs-on-import", Title: "A compiled Python module reaches a function that does harm when it is imported",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	compiled = &rule.Rule{
		ID: "bytecode-file", Title: "A compiled Python module lies in the model",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector judges compiled Python.
var Detector = &detector.Detector{
	Name:  "bytecode",
	Rules: rule.Explain(help, dangerous, onImport, compiled),
	Match: match,
	Run:   run,
}

// match takes code that lies inside another file, and compiled modules that are
// not named as such: a repository's own __pycache__ is no model.
func match(h *artifact.Head) bool {
	_, pyc := marshal.Pyc(h.First)
	if h.Depth == 0 {
		return pyc && h.Extension() != ".pyc" && h.Extension() != ".pyo"
	}
	return pyc || marshal.Looks(h.First)
}

// run tells a module, which has a header, from a code object by itself, which
// has only the marshalled form.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if _, ok := marshal.Pyc(r.Peek(16)); ok {
		return module(p)
	}
	v, err := marshal.Decode(r)
	if err != nil || v == nil || v.Kind != marshal.CodeKind {
		return nil // something else that starts with the letter c
	}
	p.Recognised("python-bytecode")
	if err := p.Strings("", 0, p.File.Size); err != nil {
		return err
	}
	if found := reached(p, v.Codes()); len(found) > 0 {
		report(p, dangerous, found, "The bytecode of "+finding.Quote(v.Code.Name)+" reaches")
	}
	return nil
}

// module judges a .pyc file by what runs when it is imported.
func module(p *detector.Pass) error {
	p.Recognised("pyc")
	v, err := marshal.DecodePyc(p.Reader())
	if err := cmp.Or(err, p.Strings("", 0, p.File.Size)); err != nil {
		return err
	}
	inline, called := v.OnImport(p.Budget)
	found := slices.DeleteFunc(reached(p, inline), func(s step) bool { return !s.used || !s.harms() })
	found = append(found, slices.DeleteFunc(reached(p, called), func(s step) bool { return !s.used || !s.executes() })...)
	if len(found) > 0 {
		report(p, onImport, found, "Importing this compiled module reaches")
		return nil
	}
	p.Report(finding.Finding{
		Rule: compiled, Key: p.File.Name(),
		Message: "A compiled Python module. Reviewers cannot read it, and importing it runs it.",
	})
	return nil
}

// A step is a dangerous name and where the code that loads it stands.
type step struct {
	offset  int64
	path    string
	verdict globals.Verdict
	used    bool // for more than to give it another name
}

// harms reports whether a module that does this when it is imported is worse than
// its source would be: that reads files, and loads what a library keeps.
func (s step) harms() bool {
	switch e := s.verdict.Effect; {
	case e == globals.Deserialise:
		return !globals.OfLibrary(s.path)
	default:
		return s.verdict.Named || !source.Harmless(e)
	}
}

// executes reports whether it runs other code. Of functions that only may be
// called nothing less counts.
func (s step) executes() bool {
	e := s.verdict.Effect
	return s.verdict.Named || e == globals.Execute || e == globals.Process || e == globals.Native
}

// telling reports whether a reader learns from the name what the code does: a
// function that calls others says nothing of them.
func telling(s step) bool { return s.verdict.Effect != globals.Indirect }

// reached lists the dangerous names that code objects load, each path once.
func reached(p *detector.Pass, all []*marshal.Code) []step {
	var out []step
	seen := make(map[string]int)
	for _, c := range all {
		references, complete := c.References(p.Budget)
		if !complete {
			p.Incomplete(hostile.Faultf(hostile.Unsupported, c.Offset, "code with more classes and attributes than are looked up"))
		}
		for _, r := range references {
			verdict, bad := globals.Path(r.Path, r.Imported)
			if !bad {
				continue
			}
			name := strings.TrimPrefix(r.Path, ".") // another reading may have it as an attribute
			i, known := seen[name]
			if !known {
				i = len(out)
				seen[name] = i
				out = append(out, step{offset: c.Offset, path: r.Path, verdict: verdict})
			}
			out[i].used = out[i].used || r.Used
		}
	}
	return out
}

// report makes one finding of all that code reaches.
func report(p *detector.Pass, r *rule.Rule, found []step, start string) {
	const shown = 20
	f := finding.Finding{Rule: r, Key: found[0].path, Location: finding.Location{Offset: found[0].offset}}
	for _, s := range found[:min(len(found), shown)] {
		f.Evidence = append(f.Evidence, finding.Step{Offset: s.offset, Text: finding.Quote(strings.TrimPrefix(s.path, "."))})
	}
	first := found[max(0, slices.IndexFunc(found, telling))]
	f.Message = fmt.Sprintf("%s %s, which %s.", start, finding.Quote(strings.TrimPrefix(first.path, ".")), first.verdict.Does())
	if len(found) > 1 {
		f.Message += fmt.Sprintf(" It names %d such functions.", len(found))
	}
	p.Report(f)
}
