package globals

import (
	"maps"
	"strings"

	"github.com/modelaudit/modelaudit/internal/memo"
)

// Of is Lookup for a name that a file imports, and judges one that nobody has
// listed by its namesakes: a module has what it imports from others, and a function
// that is called like a dangerous one of the same package is most likely that.
func Of(module, name string) Verdict { return imported.Ask(module, name) }

var imported = memo.Of(func(module, name string) Verdict {
	v := Lookup(module, name)
	if v.Class > Inert || v.Class == Safe || name == "" {
		return v
	}
	if _, ok := listed(module, name); ok {
		return v
	}
	top, _, _ := strings.Cut(module, ".")
	if w, ok := namesakes.Ask(top, "")[ownName(name)]; ok {
		return w
	}
	return v
})

// ownName returns the last part of a path through modules, and the whole of a path
// through a class.
func ownName(path string) string {
	i := strings.LastIndexByte(path, '.')
	for part := range strings.SplitSeq(path[:max(0, i)], ".") {
		if part != strings.ToLower(part) {
			return path
		}
	}
	return path[i+1:]
}

// namesakes are the verdicts on the dangerous functions of a package by their names
// alone, as far as no harmless one of the package has the name.
var namesakes = memo.Of(func(top, _ string) map[string]Verdict {
	known := make(map[string]Verdict)
	for _, t := range tables {
		for line := range t.within(top) {
			_, rest, _ := strings.Cut(line, " ")
			name, rest, _ := strings.Cut(rest, " ")
			if name == "*" || strings.Contains(name, ".") {
				continue
			}
			v := verdict(rest)
			v.Named = true
			if old, ok := known[name]; !ok || v.Class < old.Class {
				known[name] = v
			}
		}
	}
	maps.DeleteFunc(known, func(_ string, v Verdict) bool { return v.Class != Dangerous })
	return known
})
