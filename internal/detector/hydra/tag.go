package hydra

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Prefixes of PyYAML's tags for Python objects (constructor.py), long and short.
const (
	longTag  = "tag:yaml.org,2002:python/"
	shortTag = "!!python/"
)

// A making is what a tag has an unsafe loader do with the object it names.
type making struct {
	use   globals.Use
	verb  string
	calls bool
}

var makings = map[string]making{
	"object/apply": {globals.Call, "calls", true},
	"object/new":   {globals.New, "makes an instance of", true},
	"object":       {globals.New, "makes an instance of", true},
	"name":         {globals.Call, "imports", false},
	"module":       {globals.Call, "imports", false},
}

// hyper are HyperPyYAML's tags that import or call something, as SpeechBrain's
// models have them: "!new:module.Class".
var hyper = map[string]string{"!new": "makes an instance of", "!apply": "calls", "!name": "imports", "!module": "imports"}

// hyperTag judges a tag of HyperPyYAML as what a program instantiates, which it is.
func (c *judge) hyperTag(n *yaml.Node, verb, name string) {
	_, v, concern := globals.Target(name)
	if concern == globals.Fine {
		return
	}
	c.used = true
	r := suspicious
	if concern == globals.Bad {
		r = runs
	}
	c.report(r, n, name, fmt.Sprintf("Loading the file with HyperPyYAML %s %s, which %s.", verb, finding.Quote(name), v.Does()))
}

// tag judges a tag that makes PyYAML's unsafe loaders import or call something.
func (c *judge) tag(n *yaml.Node) {
	if kind, name, ok := strings.Cut(n.Tag, ":"); ok && hyper[kind] != "" {
		c.hyperTag(n, hyper[kind], name)
		return
	}
	rest, ok := strings.CutPrefix(n.Tag, longTag)
	if !ok {
		if rest, ok = strings.CutPrefix(n.Tag, shortTag); !ok {
			return
		}
	}
	kind, name, _ := strings.Cut(rest, ":")
	m, ok := makings[kind]
	if !ok {
		return // a value of Python's own types
	}
	if !strings.Contains(name, ".") && kind != "module" {
		name = "builtins." + name
	}
	module, qualname, _ := strings.Cut(name, ".")
	module, qualname = globals.Resolve(module, qualname)
	v := globals.On(m.use, module, qualname)
	c.used = true
	r := m.judge(v)
	if r == nil {
		return
	}
	called := strings.TrimSuffix(module+"."+qualname, ".")
	message := fmt.Sprintf("Loading the file without SafeLoader %s %s", m.verb, finding.Quote(called))
	if s := v.Effect.Does(); s != "" {
		message += ", which " + s
	}
	c.report(r, n, called, message+".")
}

// judge returns the rule that a making breaks, or nil.
func (m making) judge(v globals.Verdict) *rule.Rule {
	switch {
	case v.Class == globals.Safe, v.Class == globals.Inert && !m.calls:
		return nil
	case v.Class == globals.Dangerous && (m.calls || executes(v.Effect)):
		return constructs
	case v.Class >= globals.Suspicious || m.calls:
		return object
	}
	return reference
}

// executes reports whether an effect is that code runs: a reference to such a
// callable has no other use.
func executes(e globals.Effect) bool {
	return e == globals.Execute || e == globals.Process || e == globals.Native || e == globals.Import
}
