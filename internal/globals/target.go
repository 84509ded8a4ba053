package globals

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed owners.txt
var ownersText string

// owners says whose callables a configuration has no reason to name, by module
// or path.
var owners = sync.OnceValue(func() map[string]string {
	kinds := make(map[string]string, 500)
	for line := range strings.Lines(ownersText) {
		if kind, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && kind != "#" {
			kinds[name] = kind
		}
	}
	return kinds
})

// A Concern says how bad it is that a configuration names a callable.
type Concern uint8

// Concerns, mildest first.
const (
	Fine Concern = iota // what configuration is for, or nothing is known
	Odd                 // no model needs it, but what it can do is limited
	Bad                 // it runs code, starts programs, or changes files or the process
)

// Target judges a callable that a configuration names by its dotted path to be
// imported and called, and returns the path of the object that it leads to. The
// verdicts on names are about files that are unpickled, where anything that a
// library offers is too much; configuration exists to name what libraries offer,
// but neither Python's own modules nor those that build, install and run things.
func Target(path string) (called string, v Verdict, c Concern) {
	module, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(path), ":", "."), ".")
	m, n := Resolve(module, rest)
	called = strings.TrimSuffix(m+"."+n, ".")
	v = On(Call, m, n)
	kind := owner(called)
	if v.Class < Suspicious || kind == "" || kind == "plain" {
		return called, v, Fine
	}
	switch {
	case v.Class == Suspicious, v.Effect == Read, kind != "python" && (v.Effect == Network || v.Effect == Indirect):
		return called, v, Odd
	}
	return called, v, Bad
}

// owner returns the kind of the longest path that leads to a callable.
func owner(called string) string {
	for p := called; p != ""; {
		if kind, ok := owners()[p]; ok {
			return kind
		}
		p = p[:max(0, strings.LastIndexByte(p, '.'))]
	}
	return ""
}

// FetchedBy is the argument of the functions that Fetches knows.
const FetchedBy = "path"

// Fetches reports whether a configuration that calls this path gets the object
// that the argument FetchedBy, the first, names: Hydra's functions by which
// configurations refer to functions without calling them.
func Fetches(path string) bool {
	switch strings.TrimSpace(path) {
	case "hydra.utils.get_class", "hydra.utils.get_method", "hydra.utils.get_static_method", "hydra.utils.get_object",
		"hydra._internal.utils._locate", "hydra._internal.instantiate._instantiate2._locate":
		return true
	}
	return false
}
