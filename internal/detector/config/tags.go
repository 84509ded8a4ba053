package config

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// pythonTag is what tags start with that PyYAML's unsafe loaders make Python
// objects of.
const pythonTag = "!!python/"

// plain are the tags of Python's own data types.
var plain = map[string]bool{
	"none": true, "bool": true, "str": true, "unicode": true, "bytes": true, "int": true, "long": true,
	"float": true, "complex": true, "list": true, "tuple": true, "dict": true,
}

// A making is what a tag has the loader do with the object it names.
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

// tag judges a tag that is none of YAML's own.
func (j *judge) tag(i config.Item) {
	tag, ok := strings.CutPrefix(i.Tag, pythonTag)
	if !ok || plain[tag] {
		return
	}
	kind, named, _ := strings.Cut(tag, ":")
	m, known := makings[kind]
	if !known {
		m = makings["object"]
	}
	if !strings.Contains(named, ".") && kind != "module" {
		named = "builtins." + named
	}
	j.known = true
	v, called := verdict(m.use, named)
	r := m.judge(v)
	if r == nil {
		return
	}
	message := fmt.Sprintf("Loading the file without SafeLoader %s %s", m.verb, finding.Quote(called))
	if does := v.Effect.Does(); does != "" {
		message += ", which " + does
	}
	j.causes.At(r, called, message+".").Add(i.Offset, "%s %s", j.where(i), finding.Quote(i.Tag))
}

// judge returns the rule that a making breaks, or nil.
func (m making) judge(v globals.Verdict) *rule.Rule {
	switch {
	case v.Class == globals.Safe, v.Class == globals.Inert && !m.calls:
		return nil
	case v.Class == globals.Dangerous && (m.calls || runs(v.Effect)):
		return constructs
	case v.Class >= globals.Suspicious || m.calls:
		return object
	}
	return reference
}

// runs reports whether an effect is that code runs: a reference to such a
// callable has no other use.
func runs(e globals.Effect) bool {
	return e == globals.Execute || e == globals.Process || e == globals.Native || e == globals.Import
}
