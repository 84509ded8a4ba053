// Package config judges the configuration that lies beside models, in JSON and
// YAML: what it has loaders import and call, and the templates in it.
package config

import (
	"cmp"
	"context"
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// Detector recognises configuration that a loader of models reads.
var Detector = &detector.Detector{
	Name:  "config",
	Rules: rule.Explain(help, instantiates, suspicious, remote, trusts, command, escapes),
	Match: func(h *artifact.Head) bool { return isYAML(h.Name) || h.IsJSON() },
	Run:   run,
}

// isYAML knows YAML by its name. MLflow's descriptors are called MLmodel and
// MLproject, without an extension.
func isYAML(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") ||
		strings.HasSuffix(name, "mlmodel") && !strings.HasSuffix(name, ".mlmodel") || strings.HasSuffix(name, "mlproject")
}

// run reads the file by its name: JSON that is named so is YAML too.
func run(_ context.Context, p *detector.Pass) error {
	j := &judge{p: p, inYAML: isYAML(p.File.Name()), fetching: make(map[string]bool)}
	if j.inYAML {
		return j.yaml()
	}
	return j.json()
}

//go:embed words.txt
var wordsFile string

// words are what a text must hold to be of interest: names of keys that loaders
// know, or the signs by which a name can be written in other letters.
var words = table.Once(wordsFile, func(text string) *needle.Set { return detector.InJSON(table.Lists(text)["json"]...) })

// json reads JSON text that holds a word of interest. Text of other content is
// for others.
func (j *judge) json() error {
	if files()[j.base()] == nil && !loaded()[j.base()] && !ofPackage(j.p.File.Name()) && !detector.Mentions(j.p.Reader(), words()) {
		return nil
	}
	err := config.JSON(j.p.Reader(), j.item)
	j.known = j.known || err != nil && (loaded()[j.base()] || ofPackage(j.p.File.Name()))
	return j.conclude(err)
}

// ofPackage reports whether a file is the manifest of a package of Core ML, by
// which its model is found.
func ofPackage(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".mlpackage/manifest.json")
}

//go:embed loaded.txt
var loadedFile string

// loaded are the names of JSON files that loaders of models read: loaded.txt.
var loaded = table.Once(loadedFile, table.Set)

// signs are what YAML must hold to be of interest although it was not parsed.
var signs = table.Once(wordsFile, func(text string) *needle.Set { return detector.InYAML(table.Lists(text)["yaml"]...) })

// yaml reads YAML. One that cannot be parsed is a configuration if it has a
// sign of one.
func (j *judge) yaml() error {
	err := config.YAML(j.p.Reader(), j.item)
	if err != nil && detector.Mentions(j.p.Reader(), signs()) {
		j.known = true
	}
	return j.conclude(err)
}

// conclude reports, if the file is one that a loader of models reads.
func (j *judge) conclude(err error) error {
	j.expressed()
	j.constructed()
	if !j.known {
		return nil
	}
	j.fetches()
	j.p.Recognised("model-config")
	for _, t := range j.templates {
		if j.stop == nil {
			j.stop = j.p.Nested(j.p.File.Member(t.name, hostile.Bytes(t.text), int64(len(t.text))))
		}
	}
	j.causes.Report(j.p.Report)
	return cmp.Or(j.stop, err, j.full)
}

// A judge keeps what it finds until it is known whether a loader reads the
// file.
type judge struct {
	p         *detector.Pass
	inYAML    bool
	open      []place // of the groups around the item, outermost first
	known     bool    // a loader of models reads the file
	causes    finding.Causes
	templates []template
	named     []reference
	fetching  map[string]bool // groups that call what fetches by name
	full      error           // of the memory for what is kept
	stop      error           // the budget is spent

	expressions []expression
	imports     string            // of the expressions, as Python
	pairs       map[string]string // values that name one thing together, by group and key

	constructors map[string]*constructor // by group
}

// A reference is a path, in a group, that is of concern if something fetches it.
type reference struct {
	group string
	item  config.Item
}

// A template is text that a program renders.
type template struct{ name, text string }
