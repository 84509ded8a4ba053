package pickle

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// callLimit is how many characters of a call a message repeats.
const callLimit = 400

// add makes a finding about an effect. The message is made only if the finding
// is new: a file may do a thing a million times.
func (j *judge) add(r *rule.Rule, e pickle.Effect, key string, message func() string) {
	old := j.report.find(r, key)
	if old != nil && len(old.Evidence) >= maxSteps {
		return
	}
	step := j.step(e)
	f := finding.Finding{Rule: r, Key: key, Location: finding.Location{Offset: e.Offset}, Evidence: []finding.Step{step}}
	if old == nil {
		f.Message = message()
		if u := j.names[key]; u != nil && u.imported() != step {
			f.Evidence = []finding.Step{u.imported(), step}
		}
	}
	j.report.add(f)
}

// step is an effect as evidence.
func (j *judge) step(e pickle.Effect) finding.Step {
	text := j.codeText(e)
	if text == "" {
		text = finding.Code(j.effectText(e), callLimit)
	}
	return finding.Step{Offset: e.Offset, Text: e.Op.String() + " " + text}
}

// codeText says what a call that makes code makes it of, "" for another: bytecode
// tells a reader nothing.
func (j *judge) codeText(e pickle.Effect) string {
	n := j.m.Name(e.Fn)
	if n == nil || argumentsOf(n) != "code" {
		return ""
	}
	c, ok := j.codeObject(e.Args)
	if !ok {
		return ""
	}
	text := fmt.Sprintf("%s: %d bytes of bytecode", n, len(c.Bytecode))
	if c.Name != "" {
		text += " of " + c.Name
	}
	if names := marshal.Mentions(j.s.p.Budget, c); len(names) > 0 {
		text += ", which names " + strings.Join(names, ", ")
	}
	return finding.QuoteUpTo(text, callLimit)
}

// does is the clause that says what a call does.
func does(v globals.Verdict) string {
	switch does := v.Effect.Does(); {
	case does == "":
		return ""
	case v.Named:
		return ", which is named like a function that " + does
	default:
		return ", which " + does
	}
}

// effectVerb says what loading does, with its object, in the words of a message.
func (j *judge) effectVerb(e pickle.Effect) string {
	switch e.Kind {
	case pickle.Calls, pickle.Makes:
		return j.callText(e)
	}
	return "fills " + j.python(e.Fn) + " with " + finding.Code(j.itemsText(e), finding.QuoteLimit)
}

// callText is the call as Python would write it.
func (j *judge) callText(e pickle.Effect) string {
	return "calls " + finding.Code(j.m.PythonCall(e.Fn, e.Args, e.Kw), callLimit)
}

// effectText is an effect as Python would write it.
func (j *judge) effectText(e pickle.Effect) string {
	switch e.Kind {
	case pickle.Imports, pickle.Takes:
		return j.m.Python(e.Value)
	case pickle.Calls, pickle.Makes:
		return j.m.PythonCall(e.Fn, e.Args, e.Kw)
	}
	return strings.TrimSpace(j.m.Python(e.Fn) + " " + j.itemsText(e))
}

// itemsText is what an object is filled with.
func (j *judge) itemsText(e pickle.Effect) string {
	const shown = 4
	var parts []string
	for _, v := range e.Args[:min(len(e.Args), shown)] {
		parts = append(parts, j.m.Python(v))
	}
	return strings.Join(parts, ", ")
}

// python is a value as Python would write it, fit to be shown.
func (j *judge) python(v pickle.Value) string { return finding.Code(j.m.Python(v), finding.QuoteLimit) }
