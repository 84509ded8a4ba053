package globals

import (
	"iter"
	"slices"
	"strings"
)

// Path returns the verdict on a dotted path that source or bytecode refers to,
// such as "os.system", and whether it is dangerous. Where the module ends is not
// known, so that every division is tried. imported says that the path starts at a
// module; one that does not starts at a builtin or at something local, of which
// only what is listed by name counts.
func Path(path string, imported bool) (Verdict, bool) {
	parts := strings.Split(path, ".")
	if len(parts) == 1 && !imported {
		v, _ := Listed("builtins", path)
		return v, v.Class == Dangerous
	}
	if parts = slices.DeleteFunc(parts, ordinary); len(parts) < 2 {
		return Verdict{}, false
	}
	for i := 1; i < min(len(parts), MaxParts); i++ {
		module := strings.Join(parts[:i], ".")
		if len(module) >= longestKey {
			break // none is called so, and what stands behind was looked for
		}
		module, name := Resolve(module, strings.Join(parts[i:], "."))
		v, known := Listed(module, name)
		if !known && (imported || strings.HasPrefix(parts[i], "__")) {
			v = Lookup(module, name)
		}
		if v.Class == Dangerous && (v.Effect != Indirect || v.Named || !OfLibrary(module+"."+name)) {
			return v, true
		}
	}
	return Verdict{}, false
}

// MaxParts bounds the parts of a module: the deepest that is known has nine, and what
// stands behind was looked for as a name in those around it.
const MaxParts = 12

// Divisions yields the verdict on each division of a dotted path into a module and a
// name, the longest module first, for where it is not said where the module ends. Of a
// path with more parts than are known nothing is.
func Divisions(path string) iter.Seq[Verdict] {
	return func(yield func(Verdict) bool) {
		if strings.Count(path, ".") > MaxParts {
			return
		}
		for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
			if !yield(Lookup(Resolve(path[:i], path[i+1:]))) {
				return
			}
		}
	}
}

// ordinary reports whether code gets at an attribute all the time that no file
// has a reason to: self.__class__.__name__ leads nowhere.
func ordinary(attribute string) bool {
	return attribute == "__class__" || attribute == "__dict__"
}

// OfLibrary reports whether a callable is of a library, whose functions are given
// functions by honest code all the time.
func OfLibrary(called string) bool {
	kind := owner(called)
	return kind == "" || kind == "plain"
}
