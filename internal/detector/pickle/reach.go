package pickle

import (
	"slices"

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

// handsFunction reports whether a call is given a function that is computed in a
// way that only running it would tell.
func (j *judge) handsFunction(e pickle.Effect) bool {
	named, _ := j.m.Items(e.Kw)
	return slices.ContainsFunc(e.Args, j.anyFunction) || slices.ContainsFunc(named, j.anyFunction)
}

// anyFunction reports whether a value may be any function: what is not known, an
// attribute of what is not known, or what was picked out of it.
func (j *judge) anyFunction(v pickle.Value) bool {
	switch j.m.Kind(v) {
	case pickle.Unknown:
		return true
	case pickle.Attr:
		base, _, ok := j.m.Attribute(v)
		return !ok || !j.data(base) && !j.carriedClass(base) && j.callee(v) == nil
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
		return argumentsOf(n) == "hands" || of.Class == globals.Suspicious && of.Effect == globals.Indirect
	}
	return false
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
