// Package jsonpickle judges objects that jsonpickle has written as JSON: what its
// decoder imports and calls. The text names functions as a pickle does.
package jsonpickle

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	runs = &rule.Rule{
		ID: "jsonpickle-runs-code", Title: "Decoding the file with jsonpickle calls a function that does harm",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502, 94}, Since: "0.1.0",
	}
	refers = &rule.Rule{
		ID: "jsonpickle-dangerous-reference", Title: "A jsonpickle file carries a function that does harm",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
	}
	unknown = &rule.Rule{
		ID: "jsonpickle-unknown-call", Title: "Decoding the file with jsonpickle calls a function that is not known",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{502}, Since: "0.1.0", NamesCallable: true,
	}
)

// Detector recognises JSON by the keys that jsonpickle gives a meaning to
// (jsonpickle/tags.py).
var Detector = &detector.Detector{
	Name:  "jsonpickle",
	Rules: rule.Explain(help, runs, refers, unknown),
	Match: (*artifact.Head).IsJSON,
	Run:   run,
}

// signs are how the keys can be written.
var signs = sync.OnceValue(func() *needle.Set { return detector.InJSON("py/", `py\/`) })

func run(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), signs()) {
		return nil
	}
	j := &judge{Pass: p}
	err := config.JSON(p.Reader(), j.item)
	if !j.known {
		return nil // another kind of text, which others read
	}
	p.Recognised("jsonpickle")
	j.causes.Report(p.Report)
	if j.stop != nil {
		return j.stop
	}
	return err
}

type judge struct {
	*detector.Pass
	known  bool // a key of jsonpickle's was met
	causes finding.Causes
	stop   error
}

// item judges one value by the key that it stands under.
func (j *judge) item(i config.Item) {
	if len(i.Path) == 0 {
		return
	}
	key := i.Path[len(i.Path)-1]
	if text, ok := strings.CutPrefix(key, "json://"); ok { // a key that was no text
		j.nested(text)
	}
	switch key {
	case "py/reduce", "py/tuple", "py/state":
		j.known = j.known || i.Kind == config.Group
	case "py/object":
		j.named(i, true)
	case "py/function", "py/type":
		j.named(i, called(i.Path))
	case "py/mod": // a module, a slash, and the path of what is wanted of it
		if _, path, ok := strings.Cut(i.Value, "/"); ok {
			i.Value = path
		}
		j.named(i, called(i.Path))
	case "py/repr":
		j.evaluated(i)
	}
}

// called reports whether a function is the one that a reduction calls: the first
// of its items.
func called(path []string) bool {
	n := len(path)
	return n > 2 && path[n-2] == "[0]" && (path[n-3] == "py/reduce" || path[n-3] == "__reduce__")
}

// named judges the name of a class or a function.
func (j *judge) named(i config.Item, called bool) {
	if i.Kind != config.Text {
		return
	}
	j.known = true
	// Each division of a name into a module and an attribute is looked up by all parts.
	dots := int64(min(globals.MaxParts, strings.Count(i.Value, ".")))
	if j.stop = cmp.Or(j.stop, j.Budget.Steps(stepsPerLookup*dots*dots)); j.stop != nil {
		return
	}
	quoted := finding.Quote(i.Value)
	v, bad := globals.Path(i.Value, true)
	key := i.Path[len(i.Path)-1]
	switch {
	case bad && called:
		j.add(runs, i, i.Value, "Decoding this file with jsonpickle calls "+quoted+", which "+v.Does()+".")
	case bad:
		j.add(refers, i, i.Value, "This file carries "+quoted+", which "+v.Does()+": decoding it with jsonpickle imports it, and whoever uses the object may call it.")
	case called && (key == "py/function" || key == "py/mod") && !vetted(i.Value):
		j.add(unknown, i, i.Value, "Decoding this file with jsonpickle calls "+quoted+", a function that is not known.")
	case called && !vetted(i.Value) && !globals.ClassLike(i.Value):
		j.add(unknown, i, i.Value, "Decoding this file with jsonpickle makes "+quoted+", which is not known and not named like a class.")
	}
}

// evaluated reports text that is evaluated: a module, a slash and an expression.
func (j *judge) evaluated(i config.Item) {
	if i.Kind == config.Text {
		j.known = true
		j.add(runs, i, "py/repr", "Decoding this file with jsonpickle evaluates the text "+finding.Quote(i.Value)+" as Python.")
	}
}

func (j *judge) add(r *rule.Rule, i config.Item, key, message string) {
	j.causes.At(r, key, message).Add(i.Offset, "%s", finding.Quote(fmt.Sprintf("%s: %s", i.Path[len(i.Path)-1], i.Value)))
}

// nested hands a key that is JSON itself to the scan.
func (j *judge) nested(text string) {
	if j.stop == nil {
		j.stop = j.Nested(j.File.Member("key", hostile.Bytes(text), int64(len(text))))
	}
}

// stepsPerLookup is what looking up a part of a division of a path is worth.
const stepsPerLookup = 64

// vetted reports whether some division of a dotted path into a module and a name
// is known to be harmless.
func vetted(path string) bool {
	for v := range globals.Divisions(path) {
		switch v.Class {
		case globals.Safe, globals.Conditional, globals.Inert:
			return true
		}
	}
	return false
}
