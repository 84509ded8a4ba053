package template

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed names.txt
var namesFile string

var (
	// names are those of names.txt by what they lead to.
	names = table.Once(namesFile, table.Sets)
	// internals are those that lead to the interpreter, in their order.
	internals = table.Once(namesFile, func(text string) []string { return table.Lists(text)["internal"] })
)

// A class is what an access leads to.
type class struct{ internal, code, hidden bool }

// classify says what an access leads to, and by which name.
func classify(a jinja.Access) (called string, c class) {
	if strings.ContainsRune(a.Name, jinja.Wild) {
		return a.Name, partial(a)
	}
	if a.How == jinja.Variable { // Jinja finds no builtins by name
		return a.Name, c
	}
	// The arguments of map, sort, selectattr and the like are paths
	// (jinja2.filters.make_attrgetter).
	parts := []string{a.Name}
	if a.How == jinja.Argument || a.How == jinja.Filter {
		parts = strings.Split(a.Name, ".")
	}
	for _, p := range parts {
		c.code = c.code || names()["code"][p]
		if internal(p, a) {
			c.internal = true
			return p, c
		}
	}
	return a.Name, c
}

// internal reports whether a name leads to the interpreter. Of keys and
// arguments, which may be data, only names that are known to.
func internal(name string, a jinja.Access) bool {
	// A method of every class without underscores, and as a key a word like
	// others.
	if name == "mro" {
		return a.How == jinja.Attribute || a.How == jinja.Filter
	}
	if names()["internal"][name] {
		return true
	}
	reserved := !names()["harmless"][name] && len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
	return reserved && (a.How == jinja.Attribute || a.How == jinja.Filter || a.How == jinja.Format || a.How == jinja.Subscript && a.Built)
}

const (
	// minKnown is how many letters of a name must be known before it is compared.
	minKnown = 3
	// manyPieces is how many unknown pieces make a name that hides on purpose.
	manyPieces = 4
)

// partial judges a name with unknown pieces: whether one that leads to the
// interpreter fits, and otherwise whether it hides.
func partial(a jinja.Access) class {
	if a.How == jinja.Argument || a.How == jinja.Variable {
		return class{}
	}
	letters := strings.Map(func(c rune) rune {
		if c == jinja.Wild || c == '_' {
			return -1
		}
		return c
	}, a.Name)
	if len(letters) >= minKnown || len(letters) > 0 && strings.Contains(a.Name, "__") {
		for _, name := range internals() {
			if strings.HasPrefix(name, "__") && fits(name, a.Name) {
				return class{internal: true}
			}
		}
	}
	pieces := strings.Count(a.Name, string(jinja.Wild))
	return class{hidden: a.How == jinja.Filter || letters == "" && pieces >= manyPieces}
}

// fits reports whether name is what pattern says, in which Wild is any text.
func fits(name, pattern string) bool {
	parts := strings.Split(pattern, string(jinja.Wild))
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return true
}
