package pickle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// Objects that the process has before the file is loaded: honest pickles change only
// what they made themselves.

// changesOwner reports whether a name is that of a method that changes an object
// which a module owns, as encodings.aliases.aliases.update is. Of a class the same
// method changes what it is given.
func changesOwner(n *pickle.Name) bool {
	i := strings.LastIndexByte(n.Name, '.')
	if i <= 0 || !hasRole("changes", n.Name[i+1:]) {
		return false
	}
	owner := n.Name[:i]
	if _, vetted := globals.Listed(n.Module, owner); vetted {
		return false
	}
	last := owner[strings.LastIndexByte(owner, '.')+1:]
	return !globals.ClassLike(last) || strings.ToUpper(last) == last && strings.Contains(last, "_")
}

// changesPart judges a change of what was taken of an object, such as the root of a
// logger: that was there before, and who shares it only running the file would tell.
func (j *judge) changesPart(e pickle.Effect) {
	base, _, ok := j.m.Attribute(e.Fn)
	if !ok || j.carriedClass(base) {
		return
	}
	j.add(unresolved, e, "change", func() string {
		return "Loading this file changes " + j.python(e.Fn) + ", an attribute of something that only running it would tell."
	})
}

// rewrites reports a change of something that the process owns; what completes
// "loading this file …".
func (j *judge) rewrites(e pickle.Effect, name, what string) {
	j.add(rewrites, e, name, func() string {
		return "Loading this file " + what + ": " + finding.Code(j.itemsText(e), finding.QuoteLimit) + "."
	})
}

// missing reports whether there is no builtin of the name: importing it fails. One
// reading of a file that holds another's memory names such.
func missing(n *pickle.Name) bool {
	root, _, _ := strings.Cut(n.Name, ".")
	_, listed := globals.Listed(n.Module, root)
	return n.Module == "builtins" && !listed
}
