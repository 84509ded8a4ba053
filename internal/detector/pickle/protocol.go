package pickle

import (
	"slices"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// Functions that do no harm themselves run methods of what they are given: list
// iterates, str and == call __str__ and __eq__, and a class of a library may do in
// these what no pickle should.

// runs judges what a harmless function runs of the objects that it is given.
func (j *judge) runs(e pickle.Effect, u *use) {
	const depth = 4 // of iterators in iterators
	if u.applies && j.evaluates(e.Args, depth) {
		reading{j: j, e: e, u: u, judge: j.evaluated}.arguments()
	}
	for _, v := range e.Args {
		j.runsOf(e, u, v, depth)
		if !u.pairs || !j.container(v) {
			continue
		}
		items, _ := j.items(v)
		for _, w := range items {
			j.runsOf(e, u, w, depth)
		}
	}
}

// runsOf is runs for one argument: an object, or an iterator that has it.
func (j *judge) runsOf(e pickle.Effect, u *use, v pickle.Value, depth int) {
	class := j.m.Class(v)
	n := j.m.Name(class)
	if u.uses && j.carriedClass(class) {
		j.add(executes, e, "methods", func() string {
			return "Loading this file " + j.callText(e) + ": that runs methods of a class of which the file carries the code."
		})
		return
	}
	if n == nil || depth == 0 {
		return
	}
	if u.python && j.callsCarried(n, v) {
		j.add(executes, e, n.String(), func() string {
			return "Loading this file " + j.callText(e) + ": that calls a function of which the file carries the code."
		})
		return
	}
	if python := n.Module == "builtins" || n.Module == "itertools"; python {
		items, _ := j.items(v)
		for _, w := range items {
			j.runsOf(e, u, w, depth-1)
		}
		return
	}
	of := j.use(n, e)
	if special := globals.Special(n.Module, n.Name); special.Name != "" {
		method := of.name + "." + special.Name
		j.add(byEffect[special.Verdict.Effect], e, method, func() string {
			return "Loading this file " + j.callText(e) + ", which runs " + finding.Quote(method) + does(special.Verdict) + "."
		})
		return
	}
	switch of.on(globals.Call).Class {
	case globals.Unknown:
	case globals.Dangerous:
		if of.args != "" { // as code is, and functions: what it is made with was judged then
			return
		}
	default:
		return
	}
	if what := j.givenTo(v); what != "" {
		j.add(armed, e, of.name, func() string {
			return "Loading this file " + j.callText(e) + ": that runs methods of " + finding.Quote(of.name) + ", a class that is not known, which holds " + what + "."
		})
		return
	}
	if u.uses && j.filled(v) && globals.ClassLike(n.Name) && slices.Contains(e.Args, v) {
		j.add(unknownCall, e, of.name, func() string {
			return "Loading this file " + j.callText(e) + ": that runs methods of " + finding.Quote(of.name) + " on what the file fills it with, and these are not known."
		})
	}
}

// filled reports whether an object was filled with something, or made with it.
func (j *judge) filled(v pickle.Value) bool {
	args, _ := j.m.Items(v)
	return len(args) > 0 || j.m.State(v) != 0
}

// evaluates reports whether one of the values, or what they hold as deep as is said, is
// of a package of which the operators evaluate a text on their other side.
func (j *judge) evaluates(values []pickle.Value, depth int) bool {
	return slices.ContainsFunc(values, func(v pickle.Value) bool {
		for _, w := range [...]pickle.Value{v, j.m.Class(v)} {
			if n := j.m.Name(w); n != nil && anyArguments(n) == "text" {
				return true
			}
		}
		items, _ := j.items(v)
		return depth > 0 && j.evaluates(items, depth-1)
	})
}

// callsCarried reports whether v calls a function that the file carries when something
// is taken of it: a defaultdict that makes its values so, or an iterator that does.
func (j *judge) callsCarried(class *pickle.Name, v pickle.Value) bool {
	if !hasRole("calls", class.String()) {
		return false
	}
	items, _ := j.m.Items(v)
	return len(items) > 0 && (j.carriedFunction(items[0]) || j.wrapsFunction(items[0]))
}

// givenTo says what harmful thing an object was made with or holds, or "".
func (j *judge) givenTo(v pickle.Value) string {
	const depth = 3 // of the pair of states, a state, and a container in it
	held := []pickle.Value{v}
	if what := j.givenIn(held, depth); what != "" {
		return what
	}
	return j.addressIn(held, depth)
}

// addressIn looks for the address of something in a network, as deep as depth.
func (j *judge) addressIn(values []pickle.Value, depth int) string {
	for _, v := range values {
		if text, ok := j.m.Str(v); ok && address().MatchString(text) {
			return "an address in a network"
		}
		if depth == 0 {
			continue
		}
		items, _ := j.items(v)
		if state := j.m.State(v); state != 0 {
			items = append(items[:len(items):len(items)], state)
		}
		if what := j.addressIn(items, depth-1); what != "" {
			return what
		}
	}
	return ""
}
