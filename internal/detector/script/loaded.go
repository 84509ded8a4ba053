package script

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

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
// unasked: by its name, by what it defines, or by what a configuration beside it
// names.
func (j *judge) loaded(text string) bool {
	whole := j.p.File.Name()
	if i := strings.LastIndexByte(strings.TrimSuffix(whole, "/"+j.name), '/'); imports()["file"][j.name] || imports()["file"][whole[i+1:]] {
		return true
	}
	for l := range strings.Lines(text) {
		if name, rest, ok := strings.Cut(l, "="); ok && rest != "" && rest[0] != '=' && imports()["set"][strings.TrimRight(name, " ")] {
			return true
		}
		if !strings.HasPrefix(l, "class ") && !strings.HasPrefix(l, "def ") {
			continue
		}
		if slices.ContainsFunc(strings.FieldsFunc(l, separates), func(word string) bool { return imports()["name"][word] }) {
			return true
		}
	}
	return j.named()
}

// modules match what configurations and sources name of the Python files beside them:
// "modeling_x.Model", with a repository in front or not, ["my_unet", "Unet"] of a
// pipeline, the files of MLX, FunASR and MLflow, and relative imports.
var modules = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:model_file|remote_code|model_code_path)"?\s*:\s*"?(?:[^"\s]{0,80}/)?(\w{1,80})\.py\b|["-](\w{1,80})\.(\w+)"|\[\s*"(\w{1,80})"|(?m:^from \.(\w{1,80}))`)
})

// named reports whether the loader of the model that a source lies beside imports it:
// a configuration names it, or a source that one names. Of these files their beginnings
// are seen, where configurations have it and sources import.
func (j *judge) named() bool {
	const most = 64 // files
	stem, python := strings.CutSuffix(j.name, ".py")
	if j.p.File.Open == nil || !python {
		return false
	}
	todo := slices.Sorted(maps.Keys(imports()["config"]))
	seen := make(map[string]bool)
	for i := 0; i < len(todo) && i < most && j.p.Budget.Step() == nil; i++ {
		beside, err := j.p.File.Open(todo[i])
		if err != nil || beside.Outside {
			continue
		}
		for _, m := range modules().FindAllSubmatch(beside.First, -1) {
			module := string(m[1]) + string(m[2]) + string(m[4]) + string(m[5])
			if string(m[3]) == "py" {
				continue // the name of a file, which others run
			}
			if module == stem {
				return true
			}
			if !seen[module] {
				seen[module] = true
				todo = append(todo, module+".py")
			}
		}
	}
	return false
}

// separates reports whether a character is none of a name.
func separates(c rune) bool {
	return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}
