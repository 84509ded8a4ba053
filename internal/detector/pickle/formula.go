package pickle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// formulas judges the state of a class of a package that keeps formulas, as in
// "y ~ np.log(x)". Their terms are Python: statsmodels evaluates them again when
// the object is filled (ModelData.__setstate__), patsy and formulaic when it is
// used.
func (j *judge) formulas(e pickle.Effect, u *use) {
	const depth = 4 // of the pair of states, a state, and containers in it
	if u.others != "formula" {
		return
	}
	for _, v := range e.Args {
		if call := j.formulaIn(e, v, depth); call != "" {
			j.add(dangerousCode, e, u.name, func() string {
				return fmt.Sprintf("This file fills an instance of %s with a formula that is evaluated and reaches %s.", finding.Quote(u.name), finding.Quote(call))
			})
			return
		}
	}
}

// formulaIn returns what a text that v is or holds refers to that is dangerous.
func (j *judge) formulaIn(e pickle.Effect, v pickle.Value, depth int) string {
	if s, ok := j.text(v); ok {
		if !strings.Contains(s, "(") {
			return ""
		}
		if call := j.dangerousCall(e, s); call != "" {
			return call
		}
		return reachesOut(s)
	}
	if depth == 0 {
		return ""
	}
	items, _ := j.items(v)
	for _, w := range items {
		if call := j.formulaIn(e, w, depth-1); call != "" {
			return call
		}
	}
	return ""
}

// reachesOut returns the first attribute in source by which Python gets from an
// object to the program around it.
func reachesOut(source string) string {
	isWord := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	for word := range strings.FieldsFuncSeq(source, func(r rune) bool { return !isWord(r) }) {
		if strings.HasPrefix(word, "__") && leadsOut(word) {
			return word
		}
	}
	return ""
}

// A caller is a call of a method, or the taking of an attribute, that an object is
// made to do of whatever it is given.
type caller struct {
	e      pickle.Effect
	of     string
	name   string
	effect string
}

// maxCallers is how many callers are remembered, each of which is enough.
const maxCallers = 100

// callsMethod notes an operator.methodcaller or operator.attrgetter that calls or
// takes something dangerous of whatever it is given.
func (j *judge) callsMethod(e pickle.Effect, u *use) {
	names := e.Args
	if strings.HasSuffix(u.at.Name, "methodcaller") {
		names = names[:min(1, len(names))]
	}
	for _, v := range names {
		name, ok := j.text(v)
		if !ok {
			continue
		}
		known := slices.ContainsFunc(j.callers, func(c caller) bool { return c.name == name && c.of == u.name })
		if does := dangerousMethod(name); does != "" && !known && len(j.callers) < maxCallers {
			j.callers = append(j.callers, caller{e, u.name, name, does})
		}
	}
}

// dangerousMethod completes "it …" for a method, or a path of attributes, that does
// harm by its name alone or in what models are given; else it is empty.
func dangerousMethod(name string) string {
	if leadsOut(name) {
		return "comes to whatever the process has loaded"
	}
	if v, bad := globals.Path("it."+name, true); bad {
		return v.Does()
	}
	if v := globals.Lookup("it", name); v.Named && (v.Effect == globals.Execute || v.Effect == globals.Process || v.Effect == globals.Native) {
		return v.Does()
	}
	for _, given := range roles()["receives"] {
		module, class, _ := strings.Cut(given, " ")
		if v := globals.Lookup(module, class+"."+name); v.Class == globals.Dangerous && harms[v.Effect] {
			return v.Does()
		}
	}
	return ""
}

// reportCallers reports what objects would call, where nothing worse was found:
// called while loading, they are judged by what they come to.
func (j *judge) reportCallers() {
	if j.report.dangerous() {
		return
	}
	for _, c := range j.callers {
		j.add(refers, c.e, c.of+" "+c.name, func() string {
			return fmt.Sprintf("This file carries %s, made to call or take %s of whatever it is given: that %s.", finding.Quote(c.of), finding.Quote(c.name), c.effect)
		})
	}
}
