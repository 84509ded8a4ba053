// Package executable judges programs where a model is expected: inside a model,
// or under a model's name.
package executable

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	disguised = &rule.Rule{
		ID: "executable-named-as-model", Title: "A program bears the name of a model",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
	named = &rule.Rule{
		ID: "executable-named-as-data", Title: "A program bears a name that models have, too",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{506}, Since: "0.1.0",
	}
	inModel = &rule.Rule{
		ID: "executable-in-model", Title: "A model archive carries a program",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
	scriptInModel = &rule.Rule{
		ID: "script-in-model", Title: "A model archive carries a script",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
	inArchive = &rule.Rule{
		ID: "executable-in-archive", Title: "An archive carries a program",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{506}, Since: "0.1.0",
	}
	byDesign = &rule.Rule{
		ID: "model-is-program", Title: "The model is a program",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges programs. One that lies in a repository under a program's name
// is no model, and is left alone, as are those inside of software packages.
var Detector = &detector.Detector{
	Name:  "executable",
	Rules: rule.Explain(help, disguised, named, inModel, scriptInModel, inArchive, byDesign),
	Match: func(h *artifact.Head) bool {
		return executable.Looks(h.First) || h.Depth > 0 && (scripts()[h.Extension()] || python(h.Name))
	},
	Run: run,
}

// namesFile and scriptsFile hold what extensions say, one a line.
var (
	//go:embed names.txt
	namesFile string
	//go:embed scripts.txt
	scriptsFile string
	//go:embed pythonless.txt
	pythonlessFile string

	places  = table.Once(namesFile, table.Map)
	scripts = table.Once(scriptsFile, table.Set)
	// pythonless are archives that have no Python sources: pythonless.txt.
	pythonless = table.Once(pythonlessFile, table.Set)
)

// run judges a program by what it is and where it lies.
func run(_ context.Context, p *detector.Pass) error {
	program, ok := executable.Decode(p.Reader())
	if !ok {
		program = executable.Program{Kind: executable.Script, Detail: "by its name"}
		ok = p.File.Nested() && (scripts()[artifact.Extension(p.File.Name())] || astray(p.File))
	}
	r := judge(p.File, program)
	if !ok || r == nil {
		return nil
	}
	p.Recognised("executable")
	detail := finding.Quote(program.Detail)
	p.Report(finding.Finding{
		Rule: r, Key: p.File.Name(),
		Message:  sentence(r, p.File, program.Kind, detail),
		Evidence: []finding.Step{{Text: program.Kind.String() + ": " + detail}},
	})
	return nil
}

// judge decides which rule a program breaks where it stands; none, and the
// result is nil.
func judge(f artifact.File, program executable.Program) *rule.Rule {
	own := places()[artifact.Extension(f.Name())]
	script := program.Kind == executable.Script
	switch {
	case own == "model", own == "native":
		return disguised
	case own == "design":
		return byDesign
	case own == "data" && !f.Nested() && !script:
		if modelNames().MatchString(f.Name()) {
			return disguised
		}
		return named
	case !f.Nested():
		return nil
	}
	switch container(f) {
	case "model":
		if script && (!python(f.Name()) || astray(f)) {
			return scriptInModel
		}
		if !script {
			return inModel
		}
	case "archive":
		if !script && program.Kind != executable.Wasm {
			return inArchive
		}
	}
	return nil
}

// modelNames are what weights are called that bear the extension of data:
// pytorch_model.bin, adapter_model.bin, consolidated.00.bin.
var modelNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(model|weights|adapter|checkpoint|consolidated|optimizer|tokenizer|embeddings?)[^/\\]*$`)
})

// container says what the innermost container whose name tells anything is. A
// zip by the name of data, such as pytorch_model.bin, is a model.
func container(f artifact.File) string {
	for i := len(f.Inside) - 2; i >= -1; i-- {
		name := f.Path
		if i >= 0 {
			name = f.Inside[i]
		}
		switch place := places()[artifact.Extension(name)]; place {
		case "":
		case "data":
			return "model"
		default:
			return place
		}
	}
	return "archive"
}

// python reports whether a script is a module by its name: whether a model may
// bring Python sources is judged by those who know the model's format.
func python(name string) bool { return artifact.Extension(name) == ".py" }

// astray reports whether a file is a Python source in a model that has none.
func astray(f artifact.File) bool {
	return python(f.Name()) && pythonless()[artifact.Extension(f.Container())]
}

// sentence is the message of a rule for one file.
func sentence(r *rule.Rule, f artifact.File, kind executable.Kind, detail string) string {
	name := finding.Quote(path.Base(f.Name()))
	switch r {
	case inModel, scriptInModel:
		return fmt.Sprintf("The model carries %s, %s (%s). Nothing in a model needs to be run.", kind.Article(), name, detail)
	case inArchive:
		return fmt.Sprintf("The archive carries %s, %s (%s).", kind.Article(), name, detail)
	case byDesign:
		return fmt.Sprintf("The model is %s (%s): using it is running it.", kind.Article(), detail)
	}
	return fmt.Sprintf("%s is %s (%s), not a model.", name, kind.Article(), detail)
}
