package skops

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed generators.txt
var generatorsFile string

// generators are the bit generators that NumPy has: generators.txt.
var generators = table.Once(generatorsFile, table.Set)

//go:embed nodes.txt
var nodesFile string

// uses says what loading a kind of node does with the class that it names.
var uses = table.Once(nodesFile, table.Map)

// report makes a finding of a node, once for each rule and name.
func (j *judge) report(r *rule.Rule, v *json.Value, name, message string) {
	if key := r.ID + " " + name; !j.seen[key] {
		j.seen[key] = true
		shown := finding.Quote(name)
		j.Report(finding.Finding{
			Rule: r, Key: name, Message: message, Location: finding.Location{Offset: v.Offset},
			Evidence: []finding.Step{{Offset: v.Offset, Text: finding.Quote(v.Get("__loader__").String()) + " " + shown}},
		})
	}
}

// judge judges the name of a node by what the node does with it.
func (j *judge) judge(v *json.Value, module, class, use string) {
	name := module + "." + class
	d := verdict(use, module, class)
	switch d.Class {
	case globals.Safe:
	case globals.Dangerous, globals.Suspicious:
		j.report(dangerous, v, name, fmt.Sprintf("Loading the file with its types trusted %s %s, which %s.", verb(use), finding.Quote(name), d.Does()))
	case globals.Conditional:
		if use != "new" { // what fills the instance is judged node by node
			j.untrusted(v, name)
		}
	default:
		if m, n := globals.Resolve(module, class); globals.Lookup(m, n).Class != globals.Inert {
			j.untrusted(v, name)
		}
	}
}

// untrusted reports a name that skops itself asks its user about.
func (j *judge) untrusted(v *json.Value, name string) {
	j.report(unknown, v, name, fmt.Sprintf("The file needs %s. skops loads it only for those who say that they trust it.", finding.Quote(name)))
}

// verb says what a use of a name does.
func verb(use string) string {
	return map[string]string{"call": "calls", "new": "makes and fills an instance of", "refer": "hands on"}[use]
}

// operator judges a node that calls a function of the module operator, whatever
// module it names: versions before 0.12 checked one name and called another.
func (j *judge) operator(v *json.Value, module, class string) {
	name := module + "." + class
	if module != "operator" {
		j.report(confusion, v, name, fmt.Sprintf("The node calls operator.%s, and says that it is %s: whoever trusts that name trusts another function.",
			finding.Quote(class), finding.Quote(name)))
	}
	d := globals.On(globals.Call, "operator", class)
	// What these fetch is judged by its name, below.
	getter := slices.Contains([]string{"attrgetter", "itemgetter", "methodcaller"}, class)
	if d.Class >= globals.Suspicious && !getter {
		j.report(dangerous, v, "operator."+class, fmt.Sprintf("Loading the file calls operator.%s with arguments of its choice, which %s.", finding.Quote(class), d.Does()))
	}
	if class != "itemgetter" {
		for _, s := range j.texts(v.Get("attrs"), nil) {
			j.attribute(v, s)
		}
	}
}

// texts collects the strings in the arguments of a node: those of JSON nodes,
// which hold a JSON text, and bare ones.
func (j *judge) texts(v *json.Value, out []string) []string {
	if v == nil {
		return out
	}
	switch v.Kind {
	case json.String:
		out = j.written(append(out, v.Text), v.Text)
	case json.Object:
		out = j.texts(v.Get("content"), out)
	}
	for i := range v.Items {
		out = j.texts(&v.Items[i], out)
	}
	return out
}

// written collects the strings of a JSON text, as far as it is one.
func (j *judge) written(out []string, text string) []string {
	d := json.NewDecoder(hostile.NewReader(hostile.Bytes(text), int64(len(text)), j.Budget))
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		if t.Kind == json.String || t.Kind == json.Name {
			out = append(out, t.Text)
		}
	}
	return out
}

// attribute judges the name of an attribute, which may have dots.
func (j *judge) attribute(v *json.Value, name string) {
	for part := range strings.SplitSeq(name, ".") {
		d := globals.Lookup("?", part)
		if d.Class < globals.Suspicious {
			continue
		}
		j.report(attribute, v, name, fmt.Sprintf("The node reaches for the attribute %s of whatever it is given, which %s. No model needs that.",
			finding.Quote(name), d.Does()))
		return
	}
}

// method judges a node that takes a method of an object. Versions before 0.12
// checked the class that the node names, not that of the object.
func (j *judge) method(v *json.Value, module, class string) {
	content := v.Get("content")
	object := content.Get("obj")
	owner := [2]string{object.Get("__module__").String(), object.Get("__class__").String()}
	name := module + "." + class
	if object != nil && owner != [2]string{module, class} {
		j.report(confusion, v, name, fmt.Sprintf("The node takes a method of %s, and says that it is one of %s: whoever trusts the one trusts the other.",
			finding.Quote(owner[0]+"."+owner[1]), finding.Quote(name)))
	}
	function := content.Get("func").String()
	m, n := globals.Resolve(owner[0], owner[1]+"."+function)
	if d := globals.Lookup(m, n); d.Class == globals.Dangerous {
		j.report(dangerous, v, name+"."+function, fmt.Sprintf("Loading the file with its types trusted hands on %s, which %s.", finding.Quote(name+"."+function), d.Does()))
		return
	}
	j.attribute(v, function)
}

// generator judges the state of a random generator, whose bit generator is a
// name in numpy.random that is called.
func (j *judge) generator(v *json.Value) {
	bits := v.Get("content").Get("bit_generator")
	state := bits.Get("content").Get("bit_generator")
	name := strings.Trim(state.Get("content").String()+state.String()+bits.Get("bit_generator").String(), `"`)
	if name == "" {
		j.Incomplete(hostile.Faultf(hostile.Unsupported, v.Offset, "a random generator whose bit generator is no text"))
		return
	}
	if generators()[name] {
		return
	}
	j.report(confusion, v, "numpy.random."+name, fmt.Sprintf("The state of a random generator has loading call numpy.random.%s, which is no generator of bits and is not among the types that skops lists.",
		finding.Quote(name)))
}
