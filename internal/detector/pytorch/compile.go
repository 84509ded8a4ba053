package pytorch

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// The loader puts the command together from the texts as they are, and has a shell run
// it (torch/csrc/inductor/aoti_package/model_package_loader.cpp).
var compileRuns = &rule.Rule{
	ID: "torch-compile-runs-command", Title: "The command that compiles a PyTorch model runs another one",
	Severity: rule.Critical, Precision: rule.Likely, CWE: []int{78}, Since: "0.1.0",
}

// Compiled judges how a model of AOTInductor that brings its source is compiled when
// it is loaded: JSON beside the source.
var Compiled = &detector.Detector{
	Name:  "pytorch-compile",
	Rules: rule.Explain(help, compileRuns),
	Match: (*artifact.Head).IsJSON,
	Run:   runCompiled,
}

// compilerKey is the member that names the compiler, passedKey one that only these
// documents have.
const (
	compilerKey = "compiler"
	passedKey   = "passthrough_args"
)

//go:embed compile.txt
var compileFile string

var (
	// compileWords are what JSON must hold to be such a document.
	compileWords = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"` + passedKey + `"`) })
	// compileOptions are compile.txt.
	compileOptions = table.Once(compileFile, table.Map)
	// compilers match the names of compilers, with a prefix or a version.
	compilers = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([\w.+-]+-)?(g\+\+|c\+\+|gcc|cc|clang|clang\+\+|clang-cl|cl|icx|icpx|icpc|icx-cl|dpcpp|nvcc|hipcc)(-[\d.]+)?(\.exe)?$`)
	})
)

// runCompiled judges every text of the document by the member that it stands in.
func runCompiled(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), compileWords()) {
		return nil
	}
	tree, err := json.Parse(p.Reader())
	if tree.Get(passedKey) == nil || tree.Get(compilerKey) == nil {
		return p.Budget.Spent() // another document
	}
	p.Recognised("pytorch-compile")
	var causes finding.Causes
	for i := range tree.Members {
		m := &tree.Members[i]
		for _, v := range append(m.Value.Items, m.Value) {
			if why := other(m.Name, v.String()); why != "" {
				key := finding.QuoteUpTo(m.Name, 40)
				causes.At(compileRuns, key, fmt.Sprintf("Loading the model compiles it by a command that %s.", why)).
					Add(v.Offset, "%s: %s", key, finding.QuoteUpTo(v.Text, 200))
			}
		}
	}
	causes.Report(p.Report)
	return err
}

// other says what a part of the command runs beside the compiler, or "".
func other(member, text string) string {
	if strings.ContainsAny(text, ";|&<>`\n") || strings.Contains(text, "$(") {
		return "has the shell run something else"
	}
	if member == compilerKey {
		name := strings.ToLower(path.Base(strings.ReplaceAll(text, `\`, "/")))
		if within := strings.ContainsAny(text, `/\`) && !rooted(text); within || !compilers().MatchString(name) {
			return "starts " + finding.QuoteUpTo(text, 80) + " for a compiler"
		}
		return ""
	}
	for _, option := range strings.Fields(text) {
		option, _, _ = strings.Cut(strings.TrimLeft(option, "-"), "=")
		if does, listed := compileOptions()[strings.SplitN(option, ",", 2)[0]]; listed {
			return does
		}
	}
	return ""
}

// rooted reports whether a path says where it starts, on one system or another.
func rooted(text string) bool {
	return path.IsAbs(text) || len(text) > 2 && text[1] == ':' && strings.ContainsAny(text[2:3], `/\`)
}
