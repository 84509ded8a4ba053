// Package yolo judges the configurations of YOLO models and their data, parts of
// which the libraries that read them run as Python or hand to a shell.
package yolo

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

//go:embed help.md
var help string

var (
	// YOLOv5 evaluates the names of modules and their arguments, Ultralytics the
	// activation (parse_model of models/yolo.py and of ultralytics/nn/tasks.py).
	evaluates = &rule.Rule{
		ID: "yolo-runs-code", Title: "A YOLO configuration has Python code where it has layers",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{95}, Since: "0.1.0",
	}
	// Training runs what "download" says where the data is not there
	// (check_det_dataset of ultralytics/data/utils.py).
	downloads = &rule.Rule{
		ID: "yolo-download-does-harm", Title: "A YOLO data configuration downloads by a script that does harm",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94, 494}, Since: "0.1.0",
	}
)

// Detector judges configurations of YOLO.
var Detector = &detector.Detector{
	Name:  "yolo",
	Rules: rule.Explain(help, evaluates, downloads),
	Match: func(h *artifact.Head) bool { return h.Extension() == ".yaml" || h.Extension() == ".yml" },
	Run:   run,
}

// Keys of the configurations.
const (
	backbone   = "backbone"
	head       = "head"
	activation = "activation"
	download   = "download"
)

// words are what a configuration must hold to be of interest.
var words = sync.OnceValue(func() *needle.Set { return detector.InYAML(backbone, download) })

// run reads the whole file: which configuration it is, if any, stands in keys of
// any order.
func run(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	c := &configuration{pass: p, keys: make(map[string]bool)}
	err := config.YAML(p.Reader(), c.item)
	model, data := c.keys[backbone] && c.keys[head], c.keys[download] && c.keys["train"] && c.keys["names"]
	if !model && !data {
		return nil // another document
	}
	p.Recognised("yolo")
	var causes finding.Causes
	for _, f := range c.found {
		if f.rule == evaluates && model || f.rule == downloads && data {
			causes.At(f.rule, f.key, f.message).Add(f.offset, "%s", f.shown)
		}
	}
	causes.Report(p.Report)
	if c.err != nil {
		return c.err
	}
	return err
}

// A configuration is a file that is being read.
type configuration struct {
	pass  *detector.Pass
	keys  map[string]bool // outermost ones
	found []found
	err   error // of the budget
}

// found is what was found of a text, before it was known what the file is.
type found struct {
	rule         *rule.Rule
	offset       int64
	key, message string
	shown        string
}

// item judges a value by the keys that lead to it.
func (c *configuration) item(i config.Item) {
	if len(i.Path) == 0 || c.err != nil {
		return
	}
	c.keys[i.Path[0]] = true
	switch {
	case i.Kind != config.Text:
	case i.Path[0] == activation && len(i.Path) == 1, ofLayer(i.Path):
		c.evaluated(i)
	case i.Path[0] == download && len(i.Path) == 1:
		c.download(i)
	}
}

// ofLayer reports whether keys lead to the module of a layer or to its arguments:
// a layer is where it comes from, how often it stands, a module and arguments.
func ofLayer(path []string) bool {
	return len(path) > 2 && (path[0] == backbone || path[0] == head) && (path[2] == "[2]" || path[2] == "[3]")
}

// evaluated judges a text that is run as an expression of Python.
func (c *configuration) evaluated(i config.Item) {
	_, s, err := source.Read(hostile.Bytes(i.Value), int64(len(i.Value)), c.pass.Budget)
	if s == nil {
		if c.pass.Budget.Spent() != nil {
			c.err = err
		}
		return
	}
	for _, r := range source.Reaches(s) {
		c.note(evaluates, i, r.Name(), fmt.Sprintf("What stands for a layer reaches %s, which %s. Making the model evaluates it as Python.", finding.Quote(r.Name()), r.Does()))
		return
	}
	tokens, _ := python.Tokens(i.Value)
	if at := slices.IndexFunc(tokens, inner); at >= 0 {
		name := tokens[at].Text
		c.note(evaluates, i, name, fmt.Sprintf("What stands for a layer has %s in it, by which Python's objects lead to all others. Making the model evaluates it as Python.", finding.Quote(name)))
	}
}

// inner reports whether a token is a name of Python's own making.
func inner(t python.Token) bool { return t.Kind == python.Name && strings.HasPrefix(t.Text, "__") }

// download judges a script that fetches data: for a shell, or else in Python, in
// which honest ones are written as well.
func (c *configuration) download(i config.Item) {
	if strings.HasPrefix(i.Value, "bash ") {
		p, err := source.Shell(i.Value, c.pass.Budget)
		if c.err = err; p != nil {
			c.note(downloads, i, p.Name, fmt.Sprintf("The script that downloads the data uses %s, which %s.", finding.Quote(p.Name), p.Does))
		}
		return
	}
	all, err := source.Drops(i.Value, c.pass.Budget)
	if c.err = err; len(all) > 0 {
		c.note(downloads, i, all[0].Name, fmt.Sprintf("The script that downloads the data calls %s, which %s.", finding.Quote(all[0].Name), finding.Quote(all[0].Does)))
	}
}

// note keeps what was found of a text.
func (c *configuration) note(r *rule.Rule, i config.Item, key, message string) {
	c.found = append(c.found, found{r, i.Offset, finding.Quote(key), message, finding.QuoteUpTo(strings.Join(i.Path, ".")+": "+i.Value, 200)})
}
