package pickle

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// calls judges a call, or the making of an instance.
func (j *judge) calls(e pickle.Effect) {
	n := j.callee(e.Fn)
	if n == nil {
		j.computedCall(e)
		return
	}
	u := j.use(n, e)
	u.called = true
	j.exhausts(e, u)
	way := globals.Call
	if e.Kind == pickle.Makes {
		way = globals.New
	}
	v := u.on(way)
	switch u.args {
	case "", "maker":
	case "lookup":
		if e.Computed {
			return
		}
	default:
		// arguments.txt says what they hold: that decides, and not the name.
		v.Class = globals.Conditional
	}
	if j.m.Stirred() {
		j.structuredIn(e, e.Args)
	}
	if u.fills && len(e.Args) == 2 {
		j.changes(pickle.Effect{Kind: pickle.Builds, Op: e.Op, Offset: e.Offset, Fn: e.Args[0], Args: e.Args[1:]}, globals.Build)
	}
	if u.owned && v.Class < globals.Dangerous {
		j.rewrites(e, u.name, "calls "+finding.Quote(u.name)+", which changes what its module owns")
		return
	}
	if v.Class == globals.Suspicious && j.gives(e, u) || v.Class < globals.Dangerous && j.hands(e, u, v) {
		return
	}
	if v.Class == globals.Safe || v.Class == globals.Conditional || u.applies {
		j.runs(e, u)
	}
	switch v.Class {
	case globals.Dangerous:
		j.dangerous(e, u, v)
	case globals.Suspicious:
		r := suspicious
		if v.Named && harms[v.Effect] {
			r = lookalike
		}
		j.add(r, e, u.name, func() string { return "Loading this file " + j.callText(e) + does(v) + "." })
	case globals.Conditional:
		j.conditional(e, u, v)
	case globals.Unknown:
		j.unknown(e, u)
	case globals.Safe:
		if tensorMaker(n) {
			j.tensor(e, n)
		}
		if n.Name == "_reconstruct" && strings.HasPrefix(n.Module, "numpy.") && len(e.Args) > 0 {
			j.arrayOf(e, e.Args[0])
		}
	}
}

// harms are the effects that a name promises which no honest function has that
// an unpickler calls: loaders and readers of names are called so in earnest.
var harms = map[globals.Effect]bool{
	globals.Execute: true, globals.Process: true, globals.Native: true, globals.Write: true, globals.Network: true,
}

// callee names what is called: a global, or a method of an instance.
func (j *judge) callee(fn pickle.Value) *pickle.Name {
	if n := j.m.Name(fn); n != nil {
		return n
	}
	base, name, ok := j.m.Attribute(fn)
	if !ok {
		base, name = fn, "__call__" // of an instance, where that is known
	}
	class := j.m.Name(j.m.Class(base))
	if class == nil {
		return nil
	}
	n := *class
	if _, known := globals.Listed(n.Module, n.Name+".__call__"); !ok && !known {
		return nil
	}
	maker := n.Name
	n.Name = strings.TrimPrefix(n.Name+"."+name, ".")
	// What a function returns is of any class: an item, a copy, the largest.
	if _, known := globals.Listed(n.Module, n.Name); ok && !known && !globals.ClassLike(maker) {
		return nil
	}
	n.AsModule, n.AsName, n.ID = n.Module, n.Name, -1
	return &n
}

// computedCall judges a call of something that no name leads to.
func (j *judge) computedCall(e pickle.Effect) {
	switch j.m.Kind(e.Fn) {
	case pickle.Unknown, pickle.Call, pickle.Extension, pickle.Persistent:
	case pickle.Attr:
		if base, _, ok := j.m.Attribute(e.Fn); ok && j.data(base) {
			return // a method of a constant
		}
	default:
		return // a constant, which no one can call
	}
	if e.Computed {
		return
	}
	// A symbol that is called makes an expression.
	wraps := j.wrapsFunction(e.Fn)
	if n := j.m.Name(j.m.Class(e.Fn)); n != nil && !wraps && (argumentsOf(n) == "maker" || argumentsOf(n) == "name") {
		return
	}
	if j.carriedClass(e.Fn) {
		j.carries(e)
		return
	}
	if n := j.m.Name(j.m.Class(e.Fn)); n != nil && (wraps || argumentsOf(n) == "function") {
		j.add(executes, e, n.String(), func() string {
			return "Loading this file makes a function of code that it carries, and " + j.callText(e) + "."
		})
		return
	}
	j.add(unresolved, e, "call", func() string {
		return "Loading this file " + j.callText(e) + ", where the function is computed in a way that only running it would tell."
	})
}

// data reports whether v is a constant or a container of Python's own.
func (j *judge) data(v pickle.Value) bool {
	switch j.m.Kind(v) {
	case pickle.None, pickle.Bool, pickle.Int, pickle.Float, pickle.Str, pickle.Bytes, pickle.ByteArray:
		return true
	}
	return j.container(v)
}

// dangerous reports a use of a dangerous name.
func (j *judge) dangerous(e pickle.Effect, u *use, v globals.Verdict) {
	r := byEffect[v.Effect]
	if r == nil {
		r = executes
	}
	if v.Effect != globals.Indirect {
		j.report.byName(r, u.name)
	}
	if cve := vulnerability(u.at); cve != "" {
		j.add(vulnerable, e, u.name, func() string {
			return "Loading this file " + j.effectVerb(e) + does(v) + ": this is how " + cve + " is used."
		})
		return
	}
	if v.Effect == globals.Indirect && j.leads(e, u, v) {
		return
	}
	if r == deserialises {
		j.nested(e)
	}
	j.add(r, e, u.name, func() string { return "Loading this file " + j.effectVerb(e) + does(v) + "." })
}

// leads reports whether it is known what an indirect call comes to: it calls a
// dangerous name that it is given, or returns a name.
func (j *judge) leads(e pickle.Effect, u *use, v globals.Verdict) bool {
	if callable := j.dangerousArgument(e); callable != "" {
		j.detour(executes, e, u, callable, "Loading this file "+j.effectVerb(e)+", which is given "+finding.Quote(callable)+" to call.")
		return true
	}
	n := j.m.Name(e.Value)
	if n == nil || !e.Computed {
		return false
	}
	j.detour(indirect, e, u, n.String(), "Loading this file "+j.effectVerb(e)+does(v)+".")
	return true
}

// dangerousArgument returns a dangerous name among the arguments of a call.
func (j *judge) dangerousArgument(e pickle.Effect) string {
	const depth = 3 // of containers in containers
	for _, v := range e.Args {
		if n := j.dangerousIn(v, depth); n != "" {
			return n
		}
	}
	return j.dangerousIn(e.Kw, depth)
}

// dangerousIn returns a dangerous name that v is or holds. A name that was
// never imported by itself, as of an attribute, has no number and no verdict.
func (j *judge) dangerousIn(v pickle.Value, depth int) string {
	if n := j.m.Name(v); n != nil {
		if n.ID >= len(j.byID) || j.byID[n.ID] == nil {
			return ""
		}
		u := j.byID[n.ID]
		if u.verdict.Class == globals.Dangerous && u.verdict.Effect != globals.Indirect {
			u.called = true
			return u.name
		}
		return ""
	}
	if depth == 0 {
		return ""
	}
	items, _ := j.items(v)
	for _, w := range items {
		if n := j.dangerousIn(w, depth-1); n != "" {
			return n
		}
	}
	return ""
}

// unknown reports a use of a name that nobody has vetted.
func (j *judge) unknown(e pickle.Effect, u *use) {
	switch {
	case e.Kind == pickle.Calls && (j.gives(e, u) || j.walks(e, u)):
	case u.at.Module == "__main__":
		j.add(mainName, e, u.name, func() string {
			return "This file needs " + finding.Quote(u.name) + " from the script that loads it: what that does cannot be seen here."
		})
	case fillsKnown(u):
	// NEWOBJ and the like call __new__ alone, which classes seldom define.
	case e.Kind == pickle.Makes, strings.HasPrefix(u.at.Name, cython), j.makesPlainly(e, u), j.callsNew(e, u):
		j.add(unknownClass, e, u.name, func() string {
			return "This file holds instances of " + finding.Quote(u.name) + ", a class that is not known."
		})
	default:
		j.add(unknownCall, e, u.name, func() string { return "Loading this file " + j.callText(e) + ", a function that is not known." })
	}
}

// gives reports a call of an unknown function by what it is given.
func (j *judge) gives(e pickle.Effect, u *use) bool {
	what := j.given(e, u)
	if what == "" {
		return false
	}
	j.add(armed, e, u.name, func() string {
		return "Loading this file " + j.callText(e) + ": that gives " + what + " to a function that is not known."
	})
	return true
}

// walks reports a call of a method of an object that holds an attrgetter, a
// methodcaller or a function that imports, as a pipeline in which one step takes what
// the step before returned: it can come to whatever the process has loaded.
func (j *judge) walks(e pickle.Effect, u *use) bool {
	const depth = 12 // of states and containers in each other
	if !j.getters && !j.importers || !strings.Contains(u.at.Name, ".") || !j.holdsGetter(e.Args, depth, make(map[pickle.Value]bool)) {
		return false
	}
	j.add(unresolved, e, "callback", func() string {
		return "Loading this file " + j.callText(e) + ": that runs a method of an object which takes attributes or calls methods of what that is given, or imports it."
	})
	return true
}

// holdsGetter reports whether an attrgetter, a methodcaller or a function that imports
// is among values or in what they hold, as deep as depth; what was seen is not looked
// into again.
func (j *judge) holdsGetter(values []pickle.Value, depth int, seen map[pickle.Value]bool) bool {
	return slices.ContainsFunc(values, func(v pickle.Value) bool {
		if depth == 0 || seen[v] {
			return false
		}
		seen[v] = true
		if n := j.m.Name(j.m.Class(v)); n != nil && argumentsOf(n) == "method" {
			return true
		}
		if n := j.m.Name(v); n != nil && importer(n) {
			return true
		}
		items, all := j.items(v)
		if !all && (j.container(v) || j.m.Kind(v) == pickle.Call) {
			return true // what was not kept may be one
		}
		if state := j.m.State(v); state != 0 {
			items = append(items[:len(items):len(items)], state)
		}
		return j.holdsGetter(items, depth-1, seen)
	})
}

// cython starts the functions that Cython writes to make instances of a class
// and fill them.
const cython = "__pyx_unpickle_"

// fillsKnown reports whether a function of Cython's makes instances of a class
// that is known to be safe: it does nothing that the class does not.
func fillsKnown(u *use) bool {
	class, ok := strings.CutPrefix(u.at.Name, cython)
	return ok && globals.Lookup(u.at.Module, class).Class == globals.Safe
}

// changesGiven judges a call that changes its first argument, which is an own
// object of the file in honest ones, and not one that a module owns.
func (j *judge) changesGiven(e pickle.Effect, u *use) {
	if len(e.Args) > 0 {
		if n := j.m.Name(e.Args[0]); n != nil {
			j.use(n, e).called = true
			j.add(rewrites, e, n.String(), func() string {
				return "Loading this file " + j.callText(e) + ", which changes " + finding.Quote(n.String()) + "."
			})
			return
		}
	}
	if v := u.on(globals.Call); v.Class == globals.Suspicious {
		j.add(suspicious, e, u.name, func() string { return "Loading this file " + j.callText(e) + does(v) + "." })
	}
}

// changes judges what is done to an object: its state, its items.
func (j *judge) changes(e pickle.Effect, way globals.Use) {
	if n := j.m.Name(e.Fn); n != nil {
		u := j.use(n, e)
		u.called = true
		j.add(rewrites, e, u.name, func() string {
			return "Loading this file changes " + finding.Quote(u.name) + ": " + finding.Code(j.itemsText(e), finding.QuoteLimit) + "."
		})
		return
	}
	n := j.m.Name(j.m.Class(e.Fn))
	if n == nil {
		j.changesPart(e)
		return
	}
	u := j.use(n, e)
	switch {
	case way == globals.SetItem && tensorMaker(n):
		j.corrupts(e, u)
		return
	case way == globals.Build:
		if u.element {
			j.fillsType(e)
		} else if j.m.Stirred() {
			j.structuredIn(e, e.Args)
		}
		j.sourceState(e, u)
		j.sideFile(e, u)
		j.wraps(e, u)
		j.textState(e, u)
		j.formulas(e, u)
		j.fillsWithFunction(e, u)
		if u.args == "pickles" {
			j.holding(e)
		}
	case u.args == "hands" || u.args == "changed":
		j.add(unresolved, e, "change", func() string {
			return "Loading this file " + j.effectVerb(e) + ": which object that changes only running it would tell."
		})
		return
	case u.others == "text": // extend, add and __setitem__ take what the class takes
		reading{j: j, e: e, u: u, judge: j.evaluated}.values()
	}
	switch v := u.on(way); v.Class {
	case globals.Dangerous:
		j.dangerous(e, u, v)
	case globals.Suspicious:
		if u.python && !globals.ClassLike(u.at.Name) && !missing(u.at) {
			j.rewrites(e, u.name, "changes what "+finding.Quote(u.name)+" returns, which the process owns")
			return
		}
		j.add(suspicious, e, u.name, func() string { return "Loading this file " + j.effectVerb(e) + does(v) + "." })
	}
}
