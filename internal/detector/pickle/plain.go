package pickle

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// Bounds on arguments that steer nothing.
const (
	maxPlainDepth = 3  // of containers in containers
	maxPlainItems = 64 // of one container
	maxWord       = 40 // bytes
)

// makesPlainly reports whether a call of a class is what Python writes for instances
// of subclasses of its own containers, of enumerations and of exceptions: the class
// and plain values. What could steer a class that does more than keep them, as a
// command, a path, an address or a function, is none.
func (j *judge) makesPlainly(e pickle.Effect, u *use) bool {
	if !globals.ClassLike(u.at.Name) {
		return false
	}
	if s, ok := j.only(e); ok && word(s) {
		return true // a member of an enumeration, whatever it is called
	}
	return j.plain(e.Kw, maxPlainDepth) &&
		!slices.ContainsFunc(e.Args, func(v pickle.Value) bool { return !j.plain(v, maxPlainDepth) })
}

// only returns the one argument of a call, if it is a text.
func (j *judge) only(e pickle.Effect) (string, bool) {
	if len(e.Args) != 1 || e.Kw != 0 {
		return "", false
	}
	return j.m.Str(e.Args[0])
}

// plain reports whether v is a number, a word, a class or function that is only
// data, or a small container of such.
func (j *judge) plain(v pickle.Value, depth int) bool {
	if v == 0 {
		return true
	}
	switch j.m.Kind(v) {
	case pickle.None, pickle.Bool, pickle.Int, pickle.Float:
		return true
	case pickle.Str:
		s, ok := j.m.Str(v)
		return ok && plainWord(s)
	case pickle.Global:
		n := j.m.Name(v)
		return globals.Lookup(n.Module, n.Name).Class == globals.Safe
	case pickle.Tuple, pickle.List, pickle.Dict, pickle.Set, pickle.FrozenSet:
		items, all := j.items(v)
		return all && depth > 0 && len(items) <= maxPlainItems &&
			!slices.ContainsFunc(items, func(w pickle.Value) bool { return !j.plain(w, depth-1) })
	}
	return false
}

// word reports whether a text is one word.
func word(s string) bool {
	return len(s) <= maxWord && identifier(strings.ReplaceAll(s, "-", "_"))
}

// plainWord reports whether a text is empty, or a word that does not name a module
// of which the functions do harm.
func plainWord(s string) bool {
	return s == "" || word(s) && globals.Lookup(s, "").Class < globals.Suspicious
}

// callsNew reports whether a call is that of a class's __new__ for the class itself,
// which is what NEWOBJ_EX does: Python calls it so below protocol 4.
func (j *judge) callsNew(e pickle.Effect, u *use) bool {
	class, ok := strings.CutSuffix(u.at.Name, ".__new__")
	if !ok || !globals.ClassLike(class) || len(e.Args) == 0 {
		return false
	}
	n := j.m.Name(e.Args[0])
	return n != nil && n.Module == u.at.Module && n.Name == class
}
