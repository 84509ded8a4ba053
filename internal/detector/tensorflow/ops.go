package tensorflow

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/table"
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
var known = table.Once(knownFile, table.Set)

// effects holds the operations that touch the world.
var effects = sync.OnceValue(func() map[string]effect {
	out := make(map[string]effect)
	for row := range table.Rows(opsFile, 3) {
		out[row[0]] = parse(row[1], row[2])
	}
	return out
})

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
