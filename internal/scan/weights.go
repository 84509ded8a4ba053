package scan

import (
	_ "embed"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/table"
)

// weightsFile lists what files are called that are weights.
//
//go:embed weights.txt
var weightsFile string

var weightNames = table.Once(weightsFile, parseWeights)

// A weightName is one line: a glob over the last one or two elements of a path,
// and where it counts.
type weightName struct {
	glob   string
	inside bool   // in archives alone
	with   string // name of a file beside one on disk, * standing for the stem
}

// parseWeights reads lines of a glob, with a condition in front of it or
// without.
func parseWeights(text string) []weightName {
	var out []weightName
	for line := range table.Lines(text) {
		fields := strings.Fields(line)
		n := weightName{glob: fields[len(fields)-1], inside: fields[0] == "inside"}
		if fields[0] == "with" {
			n.with = fields[1]
		}
		out = append(out, n)
	}
	return out
}

// namedLikeWeights reports whether a file has a name that only weights have
// where it lies.
func namedLikeWeights(f artifact.File) bool {
	for _, n := range weightNames() {
		if n.matches(f) {
			return true
		}
	}
	return false
}

// matches reports whether a file has a name that weights have.
func (n weightName) matches(f artifact.File) bool {
	name := strings.ReplaceAll(f.Name(), `\`, "/")
	of := path.Base(name)
	if strings.Contains(n.glob, "/") {
		of = path.Join(path.Base(path.Dir(name)), of)
	}
	ok, _ := path.Match(n.glob, strings.ToLower(of)) // the globs are ours
	switch {
	case !ok || n.inside && !f.Nested():
		return false
	case n.with == "":
		return true
	case f.Open == nil:
		return false
	}
	_, err := f.Open(strings.Replace(n.with, "*", strings.TrimSuffix(of, path.Ext(of)), 1))
	return err == nil
}
