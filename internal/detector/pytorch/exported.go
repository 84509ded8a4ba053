package pytorch

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	// The loader gives the text to sympy.sympify, which gives it to eval
	// (torch/_export/serde/serialize.py, _parse_sym_expr).
	evaluates = &rule.Rule{
		ID: "torch-export-runs-code", Title: "An exported PyTorch program has Python code where it has sizes",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{95}, Since: "0.1.0",
	}
	oddSize = &rule.Rule{
		ID: "torch-export-odd-expression", Title: "A size in an exported PyTorch program is no arithmetic",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{95}, Since: "0.1.0",
	}
	// module() makes a function of the guards, which runs with the model
	// (torch/export/_unlift.py, _convert_guards_code_to_fn).
	guardRuns = &rule.Rule{
		ID: "torch-export-guard-runs-code", Title: "A guard of an exported PyTorch program does harm",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{95}, Since: "0.1.0",
	}
)

// Exported judges the programs of torch.export, which are JSON in an archive: the
// expressions in it that the loader evaluates, and the operators.
var Exported = &detector.Detector{
	Name:  "pytorch-export",
	Rules: rule.Explain(help, evaluates, oddSize, guardRuns, importsHarm, importsModule, outsideOp, customOp),
	Match: (*artifact.Head).IsJSON,
	Run:   runExported,
}

// Members of a program.
const (
	exportedModule = "graph_module"
	exportedSize   = "expr_str"
	exportedGuards = "guards_code"
	exportedTarget = "target"
	exportedText   = "as_string"
)

// exportedWords are what JSON must hold to be a program.
var exportedWords = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"` + exportedModule + `"`) })

// runExported follows the document to its end. That it is a program is known from
// the object that is its module; what stands before it is held back.
func runExported(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), exportedWords()) {
		return nil
	}
	e := &exported{archive: archive{Pass: p, uses: make(map[string]*use)}}
	d := json.NewDecoder(p.Reader())
	for t := d.Next(); t.Kind != 0 && e.err == nil; t = d.Next() {
		e.token(t)
	}
	if !e.program {
		return nil // another document
	}
	p.Recognised("pytorch-export")
	e.functions()
	e.causes.Report(p.Report)
	e.operators()
	if e.err != nil {
		return e.err
	}
	return d.Err()
}

// exported is a program that is being read.
type exported struct {
	archive
	path    []string // the member's name at each open object or array
	next    string   // name that was just read
	program bool
	causes  finding.Causes
	err     error // of the budget, or what could not be read

	arguments []json.Token // texts that may name a class
	calls     bool         // there is an operator that calls such
}

// token takes one step through the document.
func (e *exported) token(t json.Token) {
	switch t.Kind {
	case json.Name:
		e.next = t.Text
		return
	case json.Object, json.Array:
		e.program = e.program || len(e.path) == 1 && e.next == exportedModule && t.Kind == json.Object
		e.path, e.next = append(e.path, e.next), ""
		return
	case json.ObjectEnd, json.ArrayEnd:
		e.path = e.path[:max(0, len(e.path)-1)]
	case json.String:
		e.text(t)
	}
	e.next = ""
}

// text judges a string by the member that it is, or that the array around it is.
func (e *exported) text(t json.Token) {
	name := e.next
	if name == "" && len(e.path) > 0 {
		name = e.path[len(e.path)-1]
	}
	switch {
	case name == exportedSize:
		e.size(t)
	case name == exportedGuards:
		e.guard(t)
	case layouts[name]:
		e.layout(t)
	case name == exportedText:
		e.argument(t)
	case name == exportedTarget:
		e.calls = e.calls || strings.HasSuffix(t.Text, autograd)
		if parts := strings.Split(t.Text, "."); len(parts) > 3 && parts[0] == "torch" && parts[1] == "ops" {
			e.use(parts[2]+"::"+parts[3], t.Offset, "target "+finding.Quote(t.Text))
		}
	}
}

// note makes a finding of a text.
func (e *exported) note(r *rule.Rule, t json.Token, key, message string) {
	e.causes.At(r, key, message).Add(t.Offset, "%s", finding.QuoteUpTo(t.Text, 200))
}

// size judges an expression that the loader evaluates.
func (e *exported) size(t json.Token) {
	if e.err = e.Budget.Steps(int64(len(t.Text))); e.err != nil {
		return
	}
	switch odd, harm := expression(t.Text); {
	case harm != "":
		e.note(evaluates, t, harm, fmt.Sprintf("A size in the program is an expression with %s. Loading the program evaluates it as Python.", finding.Quote(harm)))
	case odd != "":
		e.note(oddSize, t, "expression", fmt.Sprintf("A size in the program is an expression with %s, which no arithmetic has. Loading the program evaluates it as Python.", finding.Quote(odd)))
	}
}

//go:embed expressions.txt
var expressionsFile string

// expressions tell sizes from other Python: expressions.txt.
var expressions = table.Once(expressionsFile, table.Sets)

// symbolic matches the texts in sizes: names of symbols, and numbers.
var symbolic = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w.+-]*$`) })

// expression returns what no size has in it, and what does harm.
func expression(text string) (odd, harm string) {
	tokens, err := python.Tokens(text)
	if err != nil {
		odd = "a fault of syntax" // what stands before it was judged by its tokens
	}
	for _, t := range tokens {
		switch {
		case t.Kind == python.Op && !expressions()["operator"][t.Text], t.Kind == python.Text && !symbolic().MatchString(t.Text):
			odd = t.Text
		case t.Kind != python.Name:
		case strings.HasPrefix(t.Text, "__"), expressions()["keyword"][t.Text], harmful(t.Text):
			return odd, t.Text
		}
	}
	return odd, ""
}

// harmful reports whether a name is that of a builtin function which does harm.
func harmful(name string) bool {
	v, known := globals.Listed("builtins", name)
	return known && v.Class >= globals.Suspicious
}

// guard judges a condition that is made part of a function.
func (e *exported) guard(t json.Token) {
	_, s, err := source.Read(hostile.Bytes(t.Text), int64(len(t.Text)), e.Budget)
	if over := e.Budget.Spent(); over != nil {
		e.err = over
		return
	}
	if err != nil {
		e.Incomplete(hostile.Faultf(hostile.Malformed, t.Offset, "a guard is no Python: %s", finding.QuoteUpTo(t.Text, 80)))
	}
	if s == nil {
		return
	}
	e.message(t)
	for _, r := range source.Reaches(s) {
		e.note(guardRuns, t, r.Name(), fmt.Sprintf("A guard of the program reaches %s, which %s. It runs with the model.", finding.Quote(r.Name()), r.Does()))
		return
	}
}

// message judges the texts in a guard: it is made part of a message in the source of
// the function, as it is, so that what stands behind a quotation mark is code.
func (e *exported) message(t json.Token) {
	tokens, _ := python.Tokens(t.Text)
	for _, part := range tokens {
		if part.Kind == python.Text && strings.ContainsAny(part.Text, `'"`) {
			e.note(guardRuns, t, "message", "A text in a guard of the program ends the message that the guard is made part of. What follows runs as code with the model.")
			return
		}
	}
}
