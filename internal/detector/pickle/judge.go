package pickle

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A judge says which of a pickle's effects are dangerous.
type judge struct {
	m        *pickle.Machine
	s        *session
	report   *report
	names    map[string]*use
	order    []*use
	inert    []payload       // constants that hold dangerous pickles
	loaded   map[uint64]bool // hashes of what loaders are given
	madeCode bool            // it was reported that the file makes functions
}

// A use is what the pickle does with one name.
type use struct {
	name    pickle.Name
	verdict globals.Verdict
	step    finding.Step // its first import
	called  bool
}

// effect judges one effect.
func (j *judge) effect(e pickle.Effect) {
	switch e.Kind {
	case pickle.Imports:
		j.imports(e)
	case pickle.Calls, pickle.Makes:
		j.calls(e)
	case pickle.Builds:
		j.changes(e, globals.Build)
	case pickle.Appends:
		j.changes(e, globals.Append)
	case pickle.SetsItem:
		j.changes(e, globals.SetItem)
	case pickle.Persists:
		j.s.legacy.storage(j.m, e.Fn)
	case pickle.Holds:
		j.holds(e)
	case pickle.Extends:
		j.add(extension, e, "code", "Loading this file asks the extension registry for a code that it does not register itself: what that is depends on the process that loads it.")
	}
}

// imports notes a name, and judges what its import alone does.
func (j *judge) imports(e pickle.Effect) {
	n := j.m.Name(e.Value)
	if n == nil {
		if j.m.Kind(e.Value) == pickle.Attr {
			j.add(unresolved, e, "import", "Loading this file imports "+finding.Quote(j.m.Python(e.Value))+", a name that is computed in a way that only running it would tell.")
		}
		return
	}
	u := j.use(n, e)
	if u.verdict.Class == globals.Dangerous && u.verdict.Effect == globals.Import && !u.called {
		u.called = true
		j.dangerous(e, n, u.verdict, "imports "+finding.Quote(n.String()))
	}
}

// use returns what is known of a name, noting the name.
func (j *judge) use(n *pickle.Name, e pickle.Effect) *use {
	k := n.String()
	if u := j.names[k]; u != nil {
		return u
	}
	if j.names == nil {
		j.names = make(map[string]*use)
	}
	u := &use{name: *n, verdict: globals.Lookup(n.Module, n.Name)}
	u.step = finding.Step{Offset: e.Offset, Text: finding.Quote(importText(e, n))}
	j.names[k] = u
	j.order = append(j.order, u)
	return u
}

// importText is the import as evidence: as the file spells it, and what that is.
func importText(e pickle.Effect, n *pickle.Name) string {
	as := strings.TrimSuffix(n.AsModule+" "+n.AsName, " ")
	text := e.Op.String() + " " + as
	if strings.TrimSuffix(n.AsModule+"."+n.AsName, ".") != n.String() {
		text += ", which is " + n.String()
	}
	return text
}

// calls judges a call, or the making of an instance.
func (j *judge) calls(e pickle.Effect) {
	n := j.callee(e.Fn)
	if n == nil {
		j.computedCall(e)
		return
	}
	u := j.use(n, e)
	u.called = true
	use := globals.Call
	if e.Kind == pickle.Makes {
		use = globals.New
	}
	v := globals.On(use, n.Module, n.Name)
	if argumentsOf(n) != "" {
		v.Class = globals.Conditional
	}
	switch v.Class {
	case globals.Dangerous:
		j.dangerous(e, n, v, j.callText(e))
	case globals.Suspicious:
		j.add(suspicious, e, n.String(), "Loading this file "+j.callText(e)+j.does(v)+".")
	case globals.Conditional:
		j.conditional(e, n, v)
	case globals.Unknown:
		j.unknown(e, n)
	}
}

// callee names what is called: a global, or a method of an instance.
func (j *judge) callee(fn pickle.Value) *pickle.Name {
	if n := j.m.Name(fn); n != nil {
		return n
	}
	base, name, ok := j.m.Attribute(fn)
	if !ok {
		return nil
	}
	class := j.m.Name(j.m.Class(base))
	if class == nil {
		return nil
	}
	n := *class
	n.Name = strings.TrimPrefix(n.Name+"."+name, ".")
	n.AsModule, n.AsName = n.Module, n.Name
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
	j.add(unresolved, e, "call", "Loading this file "+j.callText(e)+", where the function is computed in a way that only running it would tell.")
}

// data reports whether v is a constant or a container of Python's own.
func (j *judge) data(v pickle.Value) bool {
	switch j.m.Kind(v) {
	case pickle.None, pickle.Bool, pickle.Int, pickle.Float, pickle.Str, pickle.Bytes, pickle.ByteArray,
		pickle.Tuple, pickle.List, pickle.Dict, pickle.Set, pickle.FrozenSet:
		return true
	}
	return false
}

// dangerous reports a use of a dangerous name.
func (j *judge) dangerous(e pickle.Effect, n *pickle.Name, v globals.Verdict, what string) {
	r := byEffect[v.Effect]
	if r == nil {
		r = executes
	}
	if v.Effect == globals.Indirect {
		if callable := j.dangerousArgument(e); callable != "" {
			j.add(executes, e, n.String(), "Loading this file "+what+", which calls "+finding.Quote(callable)+".")
			return
		}
	}
	if r == deserialises {
		j.nested(e)
	}
	j.add(r, e, n.String(), "Loading this file "+what+j.does(v)+".")
}

// does is the clause that says what a call does.
func (j *judge) does(v globals.Verdict) string {
	if does := v.Effect.Does(); does != "" {
		return ", which " + does
	}
	return ""
}

// dangerousArgument returns a dangerous name among the arguments of a call.
func (j *judge) dangerousArgument(e pickle.Effect) string {
	for _, v := range append(append([]pickle.Value{}, e.Args...), e.Kw) {
		if n := j.dangerousIn(v, 3); n != "" {
			return n
		}
	}
	return ""
}

func (j *judge) dangerousIn(v pickle.Value, depth int) string {
	if n := j.m.Name(v); n != nil {
		if w := globals.Lookup(n.Module, n.Name); w.Class == globals.Dangerous && w.Effect != globals.Indirect {
			if u := j.names[n.String()]; u != nil {
				u.called = true
			}
			return n.String()
		}
		return ""
	}
	if depth == 0 {
		return ""
	}
	items, _ := j.m.Items(v)
	for _, w := range items {
		if n := j.dangerousIn(w, depth-1); n != "" {
			return n
		}
	}
	return ""
}

// cython starts the functions that Cython writes to make instances of a class
// and fill them.
const cython = "__pyx_unpickle_"

// unknown reports a use of a name that nobody has vetted.
func (j *judge) unknown(e pickle.Effect, n *pickle.Name) {
	switch {
	case n.Module == "__main__":
		j.add(mainName, e, n.String(), "This file needs "+finding.Quote(n.String())+" from the script that loads it: what that does cannot be seen here.")
	case e.Kind == pickle.Makes, strings.HasPrefix(n.Name, cython), classLike(n.Name) && j.enumLike(e), len(e.Args) == 0 && classLike(n.Name) && (e.Op == opInst || e.Op == opObj):
		j.add(unknownClass, e, n.String(), "This file holds instances of "+finding.Quote(n.String())+", a class that is not known.")
	default:
		j.add(unknownCall, e, n.String(), "Loading this file "+j.callText(e)+", a function that is not known.")
	}
}

// The opcodes that instantiate a class without arguments or call a function.
const (
	opInst pickle.Code = 'i'
	opObj  pickle.Code = 'o'
)

// classLike reports whether a name is written like that of a class.
func classLike(name string) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(name[strings.LastIndexByte(name, '.')+1:], "_"))
	return unicode.IsUpper(c)
}

// enumLike reports whether a call looks up a member of an enumeration: by one
// number or word.
func (j *judge) enumLike(e pickle.Effect) bool {
	if len(e.Args) != 1 || e.Kw != 0 {
		return false
	}
	if _, ok := j.m.Int(e.Args[0]); ok {
		return true
	}
	s, ok := j.m.Str(e.Args[0])
	return ok && len(s) <= 40 && identifier(strings.ReplaceAll(s, "-", "_"))
}

// changes judges what is done to an object: its state, its items.
func (j *judge) changes(e pickle.Effect, use globals.Use) {
	if n := j.m.Name(e.Fn); n != nil {
		u := j.use(n, e)
		u.called = true
		j.add(rewrites, e, n.String(), "Loading this file changes "+finding.Quote(n.String())+": "+finding.Quote(j.changeText(e))+".")
		return
	}
	n := j.m.Name(j.m.Class(e.Fn))
	if n == nil {
		return
	}
	if use == globals.Build {
		j.sourceState(e, n)
	}
	v := globals.On(use, n.Module, n.Name)
	switch v.Class {
	case globals.Dangerous:
		j.dangerous(e, n, v, "fills an instance of "+finding.Quote(n.String()))
	}
}

func (j *judge) changeText(e pickle.Effect) string {
	var parts []string
	for _, v := range e.Args[:min(len(e.Args), 4)] {
		parts = append(parts, j.m.Python(v))
	}
	return strings.Join(parts, ", ")
}

// callText is the call as Python would write it.
func (j *judge) callText(e pickle.Effect) string {
	return "calls " + finding.QuoteUpTo(j.m.PythonCall(e.Fn, e.Args, e.Kw), 400)
}

// add makes a finding about an effect.
func (j *judge) add(r *rule.Rule, e pickle.Effect, key, message string) {
	f := finding.Finding{Rule: r, Key: key, Message: message, Location: finding.Location{Offset: e.Offset}}
	if u := j.names[key]; u != nil {
		f.Evidence = append(f.Evidence, u.step)
	}
	step := finding.Step{Offset: e.Offset, Text: fmt.Sprintf("%s %s", e.Op, finding.QuoteUpTo(j.effectText(e), 400))}
	if len(f.Evidence) == 0 || f.Evidence[0] != step {
		f.Evidence = append(f.Evidence, step)
	}
	j.report.add(f)
}

func (j *judge) effectText(e pickle.Effect) string {
	switch e.Kind {
	case pickle.Imports:
		return j.m.Python(e.Value)
	case pickle.Calls, pickle.Makes:
		return j.m.PythonCall(e.Fn, e.Args, e.Kw)
	}
	return strings.TrimSpace(j.m.Python(e.Fn) + " " + j.changeText(e))
}

// finish judges what was imported and never called.
func (j *judge) finish() {
	j.reportInert()
	for _, u := range j.order {
		if u.called {
			continue
		}
		name := u.name.String()
		f := finding.Finding{Key: name, Location: finding.Location{Offset: u.step.Offset}, Evidence: []finding.Step{u.step}}
		switch {
		case u.verdict.Class == globals.Dangerous && u.name.Name != "" && u.verdict.Effect != globals.Indirect:
			f.Rule = refers
			f.Message = "This file carries " + finding.Quote(name) + " without calling it: whoever uses the loaded object may call it" + j.does(u.verdict) + "."
		case u.verdict.Class == globals.Unknown && u.name.Module == "__main__":
			f.Rule = mainName
			f.Message = "This file needs " + finding.Quote(name) + " from the script that loads it: what that does cannot be seen here."
		case u.verdict.Class == globals.Unknown:
			f.Rule = unknownImport
			f.Message = "Loading this file imports " + finding.Quote(name) + ", which is not known."
		default:
			continue
		}
		j.report.add(f)
	}
}
