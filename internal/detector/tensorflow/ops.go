package tensorflow

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

var (
	//go:embed known.txt
	knownFile string
	//go:embed ops.txt
	opsFile string
)

// An effect is what an operation does outside of the graph, as in ops.txt.
type effect struct {
	does  string
	input int    // that brings the path, or -1
	attr  string // that brings the path, or ""
}

// known holds the operations that TensorFlow registers itself.
var known = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool, 2000)
	for line := range records(knownFile) {
		set[line] = true
	}
	return set
})

// effects holds the operations that touch the world.
var effects = sync.OnceValue(func() map[string]effect {
	table := make(map[string]effect, 100)
	for line := range records(opsFile) {
		f := strings.Fields(line)
		table[f[0]] = parse(f[1], f[2])
	}
	return table
})

// records yields the lines of a table without comments and empty ones.
func records(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// parse reads the source of a path: "in:2" for an input, "attr:name" for an
// attribute, "-" for none.
func parse(does, source string) effect {
	e := effect{does: does, input: -1}
	if n, ok := strings.CutPrefix(source, "in:"); ok {
		e.input, _ = strconv.Atoi(n)
	}
	e.attr, _ = strings.CutPrefix(source, "attr:")
	if e.input >= 0 || source == "-" {
		e.attr = ""
	}
	return e
}

// isOp reports whether TensorFlow registers an operation of this name.
func isOp(name string) bool { return known()[name] }
