// Package hydra judges configurations in YAML that name what is to be called:
// those of Hydra, which NeMo models carry, and Python's own tags.
package hydra

import (
	"context"
	_ "embed"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	//go:embed help.md
	help string
	// targetsFile lists the classes that configurations of NeMo name.
	//go:embed targets.txt
	targetsFile string

	targets = table.Once(targetsFile, parseTargets)
)

// parseTargets reads lines of a module and the classes in it.
func parseTargets(text string) map[string]bool {
	out := make(map[string]bool)
	for module, classes := range table.Map(text) {
		for class := range strings.FieldsSeq(classes) {
			out[module+"."+class] = true
		}
	}
	return out
}

var (
	runs = &rule.Rule{
		ID: "hydra-target-runs-code", Title: "A configuration names a dangerous function to call",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{94, 470}, CVE: []string{"CVE-2025-23304"}, Since: "0.1.0",
	}
	unknown = &rule.Rule{
		ID: "nemo-target-unknown", Title: "The configuration of a NeMo model names an unknown function or class to call",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{470}, CVE: []string{"CVE-2025-23304"}, Since: "0.1.0",
	}
	computed = &rule.Rule{
		ID: "hydra-target-computed", Title: "A configuration computes the name of what is called",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{470}, Since: "0.1.0",
	}
	suspicious = &rule.Rule{
		ID: "hydra-target-suspicious", Title: "A configuration names a function to call that no model needs",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{470}, Since: "0.1.0",
	}
	constructs = &rule.Rule{
		ID: "yaml-runs-code", Title: "A YAML file runs code when it is loaded",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502},
		CVE: []string{"CVE-2017-18342", "CVE-2020-1747", "CVE-2020-14343"}, Since: "0.1.0",
	}
	object = &rule.Rule{
		ID: "yaml-python-object", Title: "A YAML file makes Python objects when it is loaded",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
	}
	reference = &rule.Rule{
		ID: "yaml-python-name", Title: "A YAML file imports Python modules when it is loaded",
		Severity: rule.Low, Precision: rule.Possible, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges configurations in YAML.
var Detector = &detector.Detector{
	Name:  "hydra",
	Rules: rule.Explain(help, runs, suspicious, unknown, computed, constructs, object, reference),
	Match: func(h *artifact.Head) bool {
		return h.Extension() == ".yaml" || h.Extension() == ".yml" || h.Base() == "MLmodel"
	},
	Run: run,
}

// A judge goes through one YAML file.
type judge struct {
	*detector.Pass
	nemo bool       // it is, or lies beside, the configuration of a NeMo model
	root *yaml.Node // of the document that is read
	used bool       // it names something to call
	seen map[*yaml.Node]bool

	lines liner
}

// run judges each document of the file.
func run(_ context.Context, p *detector.Pass) error {
	c := &judge{Pass: p, nemo: ofNeMo(p.File)}
	if c.nemo {
		p.Recognised("nemo-config")
	}
	err := config.Trees(p.Reader(), c.document)
	if c.used {
		p.Recognised("hydra")
	}
	if err != nil && (c.nemo || c.used || detector.Mentions(p.Reader(), signs())) {
		return err
	}
	return nil // also of YAML that nobody can read and that is nobody's model
}

// signs are what YAML holds that has something to say to us, although it cannot
// be parsed, or is too large for it: parsers differ. The tags for Python's objects
// start with "!!", with letters or their escapes behind it, or are spelt out.
var signs = sync.OnceValue(func() *needle.Set { return detector.InYAML("_target_", "!!p", "!!%", "!<t", "!<%", "%TAG") })

// ofNeMo reports whether a file lies in a NeMo archive, by the name of either:
// the archive is a tar file like any other.
func ofNeMo(f artifact.File) bool {
	names := append([]string{f.Path}, f.Inside...)
	last := strings.ToLower(names[len(names)-1])
	if f.Nested() && artifact.Base(last) == "model_config.yaml" {
		return true
	}
	for _, n := range names[:len(names)-1] {
		if strings.HasSuffix(strings.ToLower(n), ".nemo") {
			return true
		}
	}
	return false
}

// document judges one document.
func (c *judge) document(doc *yaml.Node) {
	c.root, c.seen = doc, make(map[*yaml.Node]bool)
	c.node(doc, true)
}

// node judges a value and everything in it, of whatever shape. Aliases lead to
// nodes that are met where they stand.
func (c *judge) node(n *yaml.Node, top bool) {
	if c.seen[n] || c.Budget.Step() != nil {
		return
	}
	c.seen[n] = true
	c.tag(n)
	if n.Kind == yaml.MappingNode {
		c.mapping(n, top)
	}
	for _, child := range n.Content {
		c.node(child, top && n.Kind == yaml.DocumentNode)
	}
}

// mapping judges the members of a mapping that name what is called. The model's
// own class stands at the top of a NeMo configuration, as its target.
func (c *judge) mapping(n *yaml.Node, top bool) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := follow(n.Content[i]), follow(n.Content[i+1])
		if value.Kind != yaml.ScalarNode {
			continue
		}
		if key.Value == "_target_" || key.Value == "target" && top && c.nemo {
			c.target(value)
			c.handed(n, value)
		}
	}
}

// follow returns what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// report makes a finding at a node.
func (c *judge) report(r *rule.Rule, n *yaml.Node, name, message string) {
	text := n.Value
	if n.Style&yaml.TaggedStyle != 0 {
		text = strings.TrimSpace(n.ShortTag() + " " + text)
	}
	at := c.lines.start(c.Pass, n.Line)
	c.Report(finding.Finding{
		Rule: r, Key: name, Message: message, Location: finding.Location{Offset: at},
		Evidence: []finding.Step{{Offset: at, Text: finding.Quote(text)}},
	})
}

// A liner finds where lines begin, in one pass for those that are asked for in
// order.
type liner struct {
	r    *hostile.Reader
	line int // at the cursor, from 1
}

// start returns the offset of a line, counted as the parser does, or of the last
// one that can be reached.
func (l *liner) start(p *detector.Pass, line int) int64 {
	if l.r == nil || line < l.line {
		l.r, l.line = p.Reader(), 1
	}
	for ended := true; ended && l.line < line; l.line++ {
		_, ended = l.r.SkipLine()
	}
	return l.r.Offset()
}
