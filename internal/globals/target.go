package globals

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/memo"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed owners.txt
var ownersText string

// owners says whose callables a configuration has no reason to name, by module
// or path.
var owners = table.Once(ownersText, table.Kinds)

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
// The verdict on what is Fine is not to be used.
func Target(path string) (called string, v Verdict, c Concern) {
	module, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(path), ":", "."), ".")
	t := targets.Ask(module, rest)
	return t.called, t.verdict, t.concern
}

// A target is what Target returns.
type target struct {
	called  string
	verdict Verdict
	concern Concern
}

var targets = memo.Of(func(module, rest string) target {
	m, n := walk(module, rest)
	t := target{called: strings.TrimSuffix(m+"."+n, ".")}
	kind := owner(t.called)
	if kind == "" || kind == "plain" {
		return t
	}
	v := used(Call, m, n)
	t.verdict = v
	switch {
	case v.Class < Suspicious:
	case v.Class == Suspicious, v.Effect == Read, kind != "python" && (v.Effect == Network || v.Effect == Indirect):
		t.concern = Odd
	default:
		t.concern = Bad
	}
	return t
})

// owner returns the kind of the longest path that leads to a callable.
func owner(called string) string {
	for p := called; p != ""; p = p[:max(0, strings.LastIndexByte(p, '.'))] {
		if len(p) >= longestKey {
			continue
		}
		if kind, ok := owners()[p]; ok {
			return kind
		}
	}
	return ""
}

// OfPython reports whether a module is one of Python itself.
func OfPython(module string) bool {
	kind := owner(module)
	return kind == "python" || kind == "plain"
}

// FetchedBy is the argument of the functions that Fetches knows.
const FetchedBy = "path"

//go:embed fetches.txt
var fetchesText string

var fetches = table.Once(fetchesText, table.Set)

// Fetches reports whether a configuration that calls this path gets the object
// that the argument FetchedBy, the first, names.
func Fetches(path string) bool { return fetches()[strings.TrimSpace(path)] }
