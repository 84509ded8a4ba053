package scan

import (
	_ "embed"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/table"
)

// extensionsFile lists, one per line, the extensions that model files bear and
// other files do not, or that loaders accept whatever the content is.
//
//go:embed extensions.txt
var extensionsFile string

var modelExtensions = table.Once(extensionsFile, table.Set)

// namedLikeModel reports whether people and loaders take a file of this name
// for a model, encrypted or not.
func namedLikeModel(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	if encrypted()[extension] {
		extension = strings.ToLower(path.Ext(name[:len(name)-len(extension)]))
	}
	return modelExtensions()[extension]
}

//go:embed encrypted.txt
var encryptedFile string

// encrypted are the extensions that programs which encrypt put behind a name.
var encrypted = table.Once(encryptedFile, table.Set)

// foreignFile says which files with such an extension are no models.
//
//go:embed foreign.txt
var foreignFile string

// foreignSignatures are the beginnings of files that are no models, by extension.
var foreignSignatures = sync.OnceValue(func() map[string][]string {
	by := make(map[string][]string)
	for row := range table.Rows(foreignFile, 3) {
		if signature, err := strconv.Unquote(`"` + row[1] + `"`); err == nil {
			by[row[0]] = append(by[row[0]], signature)
		}
	}
	return by
})

// foreign reports whether a file is known to be something else than its name
// promises.
func foreign(h artifact.Head) bool {
	return h.HasPrefix(foreignSignatures()[h.Extension()]...)
}
