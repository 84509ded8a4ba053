package scan

import (
	_ "embed"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

// extensionsFile lists, one per line, the extensions that model files bear and
// other files do not, or that loaders accept whatever the content is.
//
//go:embed extensions.txt
var extensionsFile string

var modelExtensions = parseExtensions(extensionsFile)

// parseExtensions reads an extension a line.
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

// foreignFile says which files with such an extension are no models.
//
//go:embed foreign.txt
var foreignFile string

// foreignSignatures are the beginnings of files that are no models, by extension.
var foreignSignatures = sync.OnceValue(func() map[string][]string {
	by := make(map[string][]string)
	for line := range strings.Lines(foreignFile) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] == "#" {
			continue
		}
		if signature, err := strconv.Unquote(`"` + f[1] + `"`); err == nil {
			by[f[0]] = append(by[f[0]], signature)
		}
	}
	return by
})

// foreign reports whether a file is known to be something else than its name
// promises.
func foreign(h artifact.Head) bool {
	return h.HasPrefix(foreignSignatures()[h.Extension()]...)
}
