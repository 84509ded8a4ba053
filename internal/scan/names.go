package scan

import (
	_ "embed"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

// extensionsFile lists, one per line, the extensions that model files bear and
// other files do not, or that loaders accept whatever the content is.
//
//go:embed extensions.txt
var extensionsFile string

var modelExtensions = parseExtensions(extensionsFile)

// weightsFile lists what members of archives are called that are weights.
//
//go:embed weights.txt
var weightsFile string

var weightNames = parseExtensions(weightsFile)

func parseExtensions(text string) map[string]bool {
	set := make(map[string]bool)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			set[line] = true
		}
	}
	return set
}

// namedLikeModel reports whether people and loaders take a file of this name
// for a model.
func namedLikeModel(name string) bool {
	return modelExtensions[strings.ToLower(path.Ext(name))]
}

// namedLikeWeights reports whether a file inside another has a name that only
// weights have there.
func namedLikeWeights(f artifact.File) bool {
	name := strings.ToLower(strings.ReplaceAll(f.Name(), `\`, "/"))
	base := path.Base(name)
	within := path.Join(path.Base(path.Dir(name)), base)
	for glob := range weightNames {
		of := base
		if strings.Contains(glob, "/") {
			of = within
		}
		if ok, err := path.Match(glob, of); ok && err == nil {
			return true
		}
	}
	return false
}
