package script

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed loaded.txt
var loadedFile string

// imports are what tells code of models from other code: loaded.txt.
var imports = table.Once(loadedFile, table.Sets)

// starts are the effects that code of a model has no reason for while it is
// imported.
var starts = map[globals.Effect]bool{globals.Process: true, globals.Execute: true}

// loaded reports whether a loader of models, or Python itself, imports a source
// unasked: by its name, or by what it defines.
func (j *judge) loaded(text string) bool {
	if imports()["file"][j.name] {
		return true
	}
	for l := range strings.Lines(text) {
		if !strings.HasPrefix(l, "class ") && !strings.HasPrefix(l, "def ") {
			continue
		}
		if slices.ContainsFunc(strings.FieldsFunc(l, separates), func(word string) bool { return imports()["name"][word] }) {
			return true
		}
	}
	return false
}

// separates reports whether a character is none of a name.
func separates(c rune) bool {
	return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}
