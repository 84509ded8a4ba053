package scan

import (
	_ "embed"
	"path"
	"strings"
)

// extensionsFile lists, one per line, the extensions that model files bear and
// other files do not, or that loaders accept whatever the content is.
//
//go:embed extensions.txt
var extensionsFile string

var modelExtensions = parseExtensions(extensionsFile)

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
