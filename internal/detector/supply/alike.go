package supply

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/requirements"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed packages.txt
var packagesFile string

//go:embed owners.txt
var ownersFile string

//go:embed indexes.txt
var indexesFile string

// names are those that are imitated.
type names struct {
	known  map[string]string // as they are written, by their plain form
	shapes map[string]string // of them, by their plain form
	other  map[string]bool   // that are nearly the same and somebody's
}

var (
	packages = table.Once(packagesFile, parseNames)
	owners   = table.Once(ownersFile, parseNames)
	indexes  = table.Once(indexesFile, parseNames)
)

// parseNames reads names that are imitated, and behind a "!" names that are
// like one of them in good faith.
func parseNames(text string) names {
	out := names{known: make(map[string]string), shapes: make(map[string]string), other: make(map[string]bool)}
	for line := range table.Lines(text) {
		if other, ok := strings.CutPrefix(line, "!"); ok {
			out.other[plain(other)] = true
		} else {
			out.known[plain(line)] = line
			out.shapes[plain(line)] = requirements.Shape(plain(line))
		}
	}
	return out
}

// plain is a name as registries compare it.
func plain(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "_", "-"), ".", "-")
}

// shortest is the length of the shortest name that is said to be imitated: what
// is shorter is near to much.
const shortest = 5

// alike returns the known name that another nearly is, or "".
func (n names) alike(name string) string {
	name = plain(name)
	if n.known[name] != "" || n.other[name] || len(name) < shortest {
		return ""
	}
	best, shape := "", requirements.Shape(name)
	for known, written := range n.known {
		if len(known) >= shortest && (shape == n.shapes[known] || near(name, known)) && (best == "" || written < best) {
			best = written
		}
	}
	return best
}

// near reports whether a name doubles a letter of a known one, lacks one from its
// middle, or has two that have changed places.
func near(name, known string) bool {
	return doubles(name, known) || lacks(name, known) || swapped(name, known)
}

// doubles reports whether long is short with a letter doubled.
func doubles(long, short string) bool {
	i := differ(long, short)
	return len(long) == len(short)+1 && i > 0 && long[i] == long[i-1] && long[i+1:] == short[i:]
}

// lacks reports whether short is long without a letter of its middle: without
// the first or the last one it is a word of its own too often.
func lacks(short, long string) bool {
	i := differ(long, short)
	return len(long) == len(short)+1 && i > 0 && i < len(short) && long[i+1:] == short[i:]
}

// differ returns where two names begin to differ.
func differ(a, b string) int {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return i
}

// swapped reports whether two neighbours have changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := differ(a, b)
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
