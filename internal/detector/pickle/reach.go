package pickle

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// What a file reaches without naming it: attributes by which one gets from any
// object to the functions of the process, and functions that are handed on to be
// called by others.

// leadsOut reports whether a path has an attribute by which Python gets from an
// object to the program around it: __globals__, gi_frame, __class__.
func leadsOut(path string) bool {
	v := globals.Lookup("", path)
	return v.Named && v.Class == globals.Dangerous && v.Effect == globals.Indirect
}

// takes judges an attribute of an object.
func (j *judge) takes(e pickle.Effect) {
	base, name, ok := j.m.Attribute(e.Value)
	if !ok || j.carriedClass(base) {
		return
	}
	if leadsOut(name) {
		j.add(unresolved, e, "attribute "+name, func() string {
			return "Loading this file takes " + j.python(e.Value) + ", by which it comes to whatever the process has loaded."
		})
		return
	}
	if e.Computed {
		j.add(unresolved, e, "attribute "+name, func() string {
			return "Loading this file takes " + j.python(e.Value) + " by a name that it puts together first, as no program that writes pickles does."
		})
		return
	}
	if j.m.Kind(base) == pickle.Attr || j.anyFunction(base) {
		j.add(unresolved, e, "attribute", func() string {
			return "Loading this file takes " + j.python(e.Value) + ", an attribute of something that only running it would tell."
		})
		return
	}
	if class := j.m.Class(base); j.carriedClass(class) {
		j.add(executes, e, "attribute of a carried class", func() string {
			return "Loading this file takes " + j.python(e.Value) + " of an object whose class it carries, which runs what the class has for that."
		})
		return
	}
	class := j.m.Name(j.m.Class(base))
	if class == nil {
		return
	}
	if v := globals.Lookup(class.Module, class.Name+"."+name); v.Class == globals.Dangerous && v.Effect != globals.Indirect {
		method := class.String() + "." + name
		j.add(refers, e, method, func() string {
			return "This file carries the method " + finding.Quote(method) + " of an object without calling it: whoever uses the loaded object may call it" + does(v) + "."
		})
	}
}

// hands reports a call that is given what may be any function, if it calls what it
// is given or is one of Python's own; and one of Python's own that is given a module,
// of which no pickle has any. No harmless function has a use for one that imports:
// it may return it, alone or out of a container.
func (j *judge) hands(e pickle.Effect, u *use, v globals.Verdict) bool {
	if j.importers && (v.Class == globals.Safe || u.args == "class") && j.hasName(append(e.Args[:len(e.Args):len(e.Args)], e.Kw), 3, importer) {
		j.add(unresolved, e, "callback", func() string {
			return "Loading this file " + j.callText(e) + ", and gives that a function that imports whatever it is told."
		})
		return true
	}
	if v.Effect != globals.Indirect && !(u.python && v.Class == globals.Safe) || u.args == "attribute" && e.Computed {
		return false
	}
	named, _ := j.m.Items(e.Kw)
	switch {
	case slices.ContainsFunc(e.Args, j.anyFunctionIn) || slices.ContainsFunc(named, j.anyFunction):
		j.add(unresolved, e, "callback", func() string {
			return "Loading this file " + j.callText(e) + ", and gives that a function which is computed in a way that only running it would tell."
		})
	case u.python && u.args == "" && !e.Computed && j.hasName(e.Args, 2, isModule):
		j.add(unresolved, e, "module", func() string {
			return "Loading this file " + j.callText(e) + ", and gives that a module to take what it likes from."
		})
	default:
		return false
	}
	return true
}

// anyFunctionIn is anyFunction for a value and, of a tuple, what is in it.
func (j *judge) anyFunctionIn(v pickle.Value) bool {
	if j.m.Kind(v) != pickle.Tuple {
		return j.anyFunction(v)
	}
	items, _ := j.items(v)
	return slices.ContainsFunc(items, j.anyFunction)
}

// isModule reports whether a name is that of a module itself.
func isModule(n *pickle.Name) bool { return n.Name == "" }

// hasName reports whether a name that is asked for is among values or in them, as deep
// as depth.
func (j *judge) hasName(values []pickle.Value, depth int, is func(*pickle.Name) bool) bool {
	return slices.ContainsFunc(values, func(v pickle.Value) bool {
		if n := j.m.Name(v); n != nil {
			return is(n)
		}
		if depth == 0 || !j.container(v) {
			return false
		}
		items, _ := j.items(v)
		return j.hasName(items, depth-1, is)
	})
}

// importer reports whether a name is that of a function that imports what it is told.
func importer(n *pickle.Name) bool { return strings.Contains(n.Name, "import") && findsObjects(n) }

// holdsFunction reports whether a state has an attribute that may be any function,
// in dicts that lie in each other as deep as depth.
func (j *judge) holdsFunction(state pickle.Value, depth int) bool {
	if !j.container(state) {
		return false
	}
	items, _ := j.items(state)
	return slices.ContainsFunc(items, func(v pickle.Value) bool {
		return j.anyFunction(v) || depth > 0 && j.m.Kind(v) == pickle.Dict && j.holdsFunction(v, depth-1)
	})
}

// fillsWithFunction reports an object of Python's own classes that is given what may
// be any function to call: as its write method, for one.
func (j *judge) fillsWithFunction(e pickle.Effect, u *use) {
	const depth = 2 // of the pair of states, a state, and a dict in it
	if u.python && slices.ContainsFunc(e.Args, func(v pickle.Value) bool { return j.holdsFunction(v, depth) }) {
		j.add(unresolved, e, "callback", func() string {
			return "Loading this file " + j.effectVerb(e) + ", where a function is computed in a way that only running it would tell."
		})
	}
}

// anyFunction reports whether a value may be any function: what is not known, an
// attribute of what is not known, what was picked out of it, or a function that
// imports or looks up whatever it is given.
func (j *judge) anyFunction(v pickle.Value) bool {
	if n := j.m.Name(v); n != nil {
		return findsObjects(n)
	}
	switch j.m.Kind(v) {
	case pickle.Unknown:
		return true
	case pickle.Attr:
		base, _, ok := j.m.Attribute(v)
		return !ok || !j.data(base) && !j.carriedClass(base) && !j.harmlessResult(base) && j.callee(v) == nil
	case pickle.Call:
		fn := j.m.Class(v)
		n := j.m.Name(fn)
		if n == nil {
			return j.m.Kind(fn) == pickle.Attr && j.anyFunction(fn)
		}
		if j.generic(v, n) {
			return false
		}
		of := globals.Lookup(n.Module, n.Name)
		kind := argumentsOf(n)
		return kind == "hands" || kind == "changed" || of.Class == globals.Suspicious && of.Effect == globals.Indirect
	}
	return false
}

// findsObjects reports whether a name is that of a function by which Python, or a
// library that pickles, comes to other objects: importlib.import_module, for one.
func findsObjects(n *pickle.Name) bool {
	v := globals.Lookup(n.Module, n.Name)
	if v.Effect != globals.Indirect || n.Name == "" {
		return false
	}
	return v.Class == globals.Dangerous && globals.OfPython(n.Module) || v.Class == globals.Conditional && strings.Contains(n.Name, "import")
}

// harmlessResult reports whether v is what a harmless function makes, such as an
// array or a compiled pattern, and not one of its arguments.
func (j *judge) harmlessResult(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	return n != nil && globals.Lookup(n.Module, n.Name).Class == globals.Safe && !j.anyFunction(v)
}

// generic reports whether a call of n is a subscript of a harmless class, such as
// typing.List[int], which pickles so.
func (j *judge) generic(v pickle.Value, n *pickle.Name) bool {
	args, _ := j.m.Items(v)
	if n.String() != "operator.getitem" || len(args) == 0 {
		return false
	}
	class := j.m.Name(args[0])
	return class != nil && globals.Lookup(class.Module, class.Name).Class == globals.Safe
}
