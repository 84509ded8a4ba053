package globals

import (
	"strings"
	"sync"
)

// Of is Lookup for a name that a file imports, and judges one that nobody has
// listed by its namesakes: a module has what it imports from others, and a function
// that is called like a dangerous one of the same package is most likely that.
func Of(module, name string) Verdict {
	v := Lookup(module, name)
	if v.Class > Inert || v.Class == Safe || name == "" {
		return v
	}
	if _, ok := listed(module, name); ok {
		return v
	}
	top, _, _ := strings.Cut(module, ".")
	if w, ok := namesakes()[top+" "+ownName(name)]; ok {
		return w
	}
	return v
}

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

// namesakes are the verdicts on dangerous functions by the package and the name
// alone, as far as no harmless one of the package has the name.
var namesakes = sync.OnceValue(func() map[string]Verdict {
	known := make(map[string]Verdict)
	for _, t := range tables {
		for line := range strings.Lines(string(*t)) {
			module, rest, _ := strings.Cut(line, " ")
			name, rest, _ := strings.Cut(rest, " ")
			if name == "*" || strings.Contains(name, ".") {
				continue
			}
			top, _, _ := strings.Cut(module, ".")
			v := verdict(strings.TrimSuffix(rest, "\n"))
			v.Named = true
			key := top + " " + name
			if old, ok := known[key]; !ok || v.Class < old.Class {
				known[key] = v
			}
		}
	}
	for key, v := range known {
		if v.Class != Dangerous {
			delete(known, key)
		}
	}
	return known
})
