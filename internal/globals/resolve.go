package globals

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/memo"
)

// Resolve walks a qualified name through the attributes of modules, as an
// unpickler and importlib do, and returns where the object really lives:
// ("numpy", "os.system") is ("posix", "system"). What is known to the tables
// is followed; below an unknown module, a part that is named like a module that
// is known (os, _sys, bltns, numpy) is taken for it. A name that ends at a module
// returns it with an empty n.
//
// Objects are named by their home: builtins, posix for what os takes from it,
// and pickle, operator, functools, io, socket rather than their underscored
// twins; only _codecs keeps its underscore, since that is how pickles spell it.
// Packages have one name: numpy._core for numpy.core, requests for
// pip._vendor.requests, keras for keras.src.
func Resolve(module, qualname string) (m, n string) {
	home := homes.Ask(module, qualname)
	return home[0], home[1]
}

var homes = memo.Of(func(module, qualname string) [2]string {
	m, n := walk(module, qualname)
	return [2]string{m, n}
})

// maxWalk is how many parts of a path are followed. What is known is reached within
// a few, and what is behind them stays as it is.
const maxWalk = 256

// walk is Resolve, unremembered.
func walk(module, qualname string) (m, n string) {
	m = home(module)
	for parts := 0; qualname != ""; parts++ {
		if parts == maxWalk {
			return m, strings.TrimPrefix(n+"."+qualname, ".")
		}
		var part string
		part, qualname, _ = strings.Cut(qualname, ".")
		m, n = step(m, n, part, qualname != "")
	}
	return m, n
}

// home returns the one name of a module that has several.
func home(module string) string {
	if to, ok := aliases.lookup("=" + module); ok {
		return to
	}
	for m := range spellings(module) {
		module = m
	}
	return module
}

// step goes from the object n of module m, or from the module itself if n is
// empty, to its attribute. more says that the walk goes on from there.
func step(m, n, attr string, more bool) (string, string) {
	if n != "" {
		return inside(m, n, attr, more)
	}
	if to, ok := reexport(m, attr); ok {
		return to[0], to[1]
	}
	if _, ok := listed(m, attr); ok {
		return m, attr
	}
	if to, ok := reexport("*", attr); ok {
		return to[0], to[1]
	}
	if below := home(m + "." + attr); isModule(below) {
		return below, ""
	}
	if to, ok := reexport("?", attr); ok && more {
		return to[0], to[1]
	}
	if more && isModule(attr) { // imported there: bz2 in encodings.bz2_codec, numpy in numexpr.expressions
		return home(attr), ""
	}
	return m, attr
}

// inside is step from an object that is not a module.
func inside(m, n, attr string, more bool) (string, string) {
	switch {
	case attr == "__call__" && !callsInstance(m, n):
		return m, n
	case strings.HasSuffix(n, "__builtins__") || strings.HasSuffix(n, "__globals__"):
		if _, ok := listed("builtins", attr); ok {
			return "builtins", attr
		}
	}
	if to, ok := reexport("*", attr); ok && more {
		return to[0], to[1]
	}
	return m, n + "." + attr
}

// callsInstance reports whether __call__ of an object is given an instance to call, as
// that of a class is and that of a function is not.
func callsInstance(m, n string) bool {
	v, _ := listed(m, n)
	return ClassLike(n) || v.Class == Conditional
}

// reexport returns the home of what a module has under a name but does not
// define, followed to its end.
func reexport(module, attr string) (home [2]string, ok bool) {
	const longest = 8 // links in a chain of re-exports
	for range longest {
		k, fits := key(module, attr)
		if !fits {
			break
		}
		to, found := reexports.lookup(k)
		if !found {
			to, found = exports.lookup(k)
		}
		if !found {
			to, found = otherNames.lookup(k)
		}
		if !found {
			break
		}
		module, attr, _ = strings.Cut(to, " ")
		home, ok = [2]string{module, attr}, true
		if attr == "" {
			break
		}
	}
	return home, ok
}

// isModule reports whether some line knows the name as that of a module.
func isModule(name string) bool {
	for _, t := range tables {
		if t.holds(name+" ") || t.holds(name+".") {
			return true
		}
	}
	_, copied := aliases.lookup(name)
	return copied || reexports.holds(name+" ") || exports.holds(name+" ") || otherNames.holds(name+" ")
}

// Py2 returns the Python 3 name of a Python 2 one, as an unpickler does that
// reads protocol 2 or lower with fix_imports; other names are returned as they
// are.
func Py2(module, name string) (string, string) {
	renamed := renames.Ask(module, name)
	return renamed[0], renamed[1]
}

var renames = memo.Of(func(module, name string) [2]string {
	m, n := rename(module, name)
	return [2]string{m, n}
})

// rename is Py2, unremembered.
func rename(module, name string) (string, string) {
	if to, ok := py2.lookup(module + " " + name); ok {
		m, n, _ := strings.Cut(to, " ")
		return m, n
	}
	if to, ok := py2.lookup(module + " *"); ok {
		return to, name
	}
	return module, name
}
