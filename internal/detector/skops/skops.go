// Package skops judges the schema of skops files: a tree of nodes, each of which
// names a class or a function that loading the file makes, fills or calls.
package skops

import (
	"bytes"
	"context"
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	// Likely: skops asks its user to trust the type first.
	dangerous = &rule.Rule{
		ID: "skops-dangerous-type", Title: "A skops file names a function that does harm",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502}, CVE: []string{"CVE-2024-37065"}, Since: "0.1.0",
	}
	// Critical: what the user is asked to trust is not what is called.
	confusion = &rule.Rule{
		ID: "skops-type-confusion", Title: "A skops file passes one thing off as another",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{843, 502}, CVE: []string{"CVE-2025-54412", "CVE-2025-54413"}, Since: "0.1.0",
	}
	attribute = &rule.Rule{
		ID: "skops-dangerous-attribute", Title: "A skops file reaches for an attribute that no model needs",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{502, 470}, CVE: []string{"CVE-2025-54413"}, Since: "0.1.0",
	}
	// Low: a type of the author's own package is the usual case.
	unknown = &rule.Rule{
		ID: "skops-untrusted-type", Title: "A skops file needs a type that is not known",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{502}, Since: "0.1.0",
	}
	// The pickle itself is judged by whoever reads pickles.
	notSkops = &rule.Rule{
		ID: "skops-is-pickle", Title: "A file by the name of skops is a pickle",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{502}, CVE: []string{"CVE-2025-54886"}, Since: "0.1.0",
	}
)

// Detector judges the schema.json of skops files, which comes to it through
// whoever opens the archive, and pickles by the name of a skops file.
var Detector = &detector.Detector{
	Name:  "skops",
	Rules: rule.Explain(help, dangerous, confusion, attribute, unknown, notSkops),
	Match: func(h *artifact.Head) bool {
		return schemaName(h.Name) && h.Depth > 0 || bytes.Contains(h.First, []byte(`"__loader__"`)) || pickled(h)
	},
	Run: run,
}

// schemaName reports whether a member is the graph.
func schemaName(name string) bool {
	return strings.EqualFold(strings.TrimPrefix(name, "./"), "schema.json")
}

// pickled reports whether a file by the name of skops is a binary pickle.
func pickled(h *artifact.Head) bool {
	return h.Extension() == ".skops" && len(h.First) > 2 && h.First[0] == 0x80 && h.First[1] <= 5
}

// run judges a graph, in its archive or alone.
func run(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return err
	}
	if pickled(head) {
		p.Recognised("skops")
		p.Report(finding.Finding{
			Rule: notSkops, Key: "pickle",
			Message:  "The file is named like a skops file, which runs nothing that was not reviewed, and is a pickle. Loaders that fall back to joblib unpickle it.",
			Evidence: []finding.Step{{Text: "protocol and opcodes of a pickle instead of a zip archive"}},
		})
		return nil
	}
	text, err := json.UTF8(p.Reader())
	if err != nil {
		return err
	}
	root, err := json.Parse(text)
	if root.Get("__loader__") == nil && (root.Get("__module__") == nil || root.Get("__class__") == nil) {
		return nil // another schema.json, or no JSON at all
	}
	p.Recognised("skops")
	j := &judge{Pass: p, seen: make(map[string]bool)}
	j.walk(root)
	return err
}

// A judge walks the nodes of one schema.
type judge struct {
	*detector.Pass
	seen map[string]bool // what was said already: rule and name
}

// walk judges every object that names a class, wherever it stands: whether a
// version of skops looks there is not for the file to rely on.
func (j *judge) walk(v *json.Value) {
	if v.Kind == json.Object {
		j.node(v)
	}
	for i := range v.Items {
		j.walk(&v.Items[i])
	}
	for i := range v.Members {
		j.walk(&v.Members[i].Value)
	}
}

// node judges one node.
func (j *judge) node(v *json.Value) {
	module, class, loader := v.Get("__module__").String(), v.Get("__class__").String(), v.Get("__loader__").String()
	if module == "" && class == "" {
		return
	}
	use, known := uses()[loader]
	if !known && loader != "" {
		j.Incomplete(hostile.Faultf(hostile.Unsupported, v.Offset, "a skops node of kind %s", finding.Quote(loader)))
	}
	switch loader {
	case "OperatorFuncNode":
		j.operator(v, module, class)
	case "MethodNode":
		j.method(v, module, class)
	case "RandomGeneratorNode":
		j.generator(v)
	case "FunctionNode":
		if c := v.Get("content"); c.Get("function") != nil { // protocol 0
			j.judge(v, c.Get("module_path").String(), c.Get("function").String(), use)
		}
	}
	j.judge(v, module, class, use)
}

// verdict returns what is known of a use of a name; loading resolves a name in
// one module alone, but its parts may be reached by dots all the same.
func verdict(use, module, class string) globals.Verdict {
	m, n := globals.Resolve(module, class)
	switch use {
	case "none":
		return globals.Verdict{Class: globals.Safe}
	case "new":
		v, w := globals.On(globals.New, m, n), globals.On(globals.Build, m, n)
		if w.Class > v.Class {
			return w
		}
		return v
	case "call":
		return globals.On(globals.Call, m, n)
	}
	return globals.Lookup(m, n)
}
