// Package coreml judges Core ML models: what they need from the app that loads
// them, and which other files they are put together from.
package coreml

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/coreml"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	custom = &rule.Rule{
		ID: "coreml-custom-code", Title: "A Core ML model runs a class of the app that loads it",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{470}, Since: "0.1.0",
	}
	escape = &rule.Rule{
		ID: "coreml-file-escape", Title: "A Core ML model takes a file from outside its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	linked = &rule.Rule{
		ID: "coreml-linked-model", Title: "A Core ML model is put together with another one",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges Core ML models.
var Detector = &detector.Detector{
	Name:  "coreml",
	Rules: rule.Explain(help, custom, escape, linked),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match takes what starts as every writer starts a model: the version of the
// specification, then the description. Others have the extension. Weights of
// programs lie in files of blobs.
func match(h *artifact.Head) bool {
	return coreml.IsBlobs(h.First) || h.Extension() == ".mlmodel" && h.Size > 0 ||
		len(h.First) > 4 && h.First[0] == 0x08 && h.First[1] < 0x40 && h.First[2] == 0x12
}

// run keeps the facts until it is known that the message is a model: protobuf
// takes much for one.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if coreml.IsBlobs(r.Peek(coreml.BlobHead)) {
		p.Recognised("coreml-weights")
		_, err := coreml.Blobs(r)
		return err
	}
	var facts []coreml.Fact
	ok, err := coreml.Walk(r, func(f coreml.Fact) {
		if r.Hold(factCost+uint64(len(f.Name)+len(f.Layer))) == nil {
			facts = append(facts, f)
		}
	})
	if !ok && (artifact.Extension(p.File.Name()) != ".mlmodel" || len(facts) == 0 && err == nil) {
		return nil // a message of another kind
	}
	p.Recognised("coreml")
	var causes finding.Causes
	defer func() { causes.Report(p.Report) }()
	for _, f := range facts {
		if err := judge(p, &causes, f); err != nil {
			return err
		}
	}
	return err
}

// factCost is the memory that a fact takes, beside its words.
const factCost = 128

// judge reports what the model needs of the app that loads it, or of other
// files.
func judge(p *detector.Pass, causes *finding.Causes, f coreml.Fact) error {
	name := finding.Quote(f.Name)
	for _, text := range f.Texts {
		p.Text("parameter", f.Offset, text)
	}
	switch f.Kind {
	case coreml.CustomLayer:
		note(causes, custom, f, fmt.Sprintf("Layers are computed by the class %s of the app that loads the model.", name))
	case coreml.CustomModel:
		note(causes, custom, f, fmt.Sprintf("The model is computed by the class %s of the app that loads it.", name))
	case coreml.LinkedFile, coreml.SearchPath:
		r := linked
		if escapes(f.Name) {
			r = escape
		}
		note(causes, r, f, fmt.Sprintf("The model is put together with another one: %s.", name))
	case coreml.BlobFile:
		if escapes(f.Name) {
			note(causes, escape, f, fmt.Sprintf("The model reads weights from %s.", name))
		}
	case coreml.Description:
		return p.Strings("description", f.Offset, f.Size)
	case coreml.Serialized:
		return p.Part("serialized model", f.Offset, f.Size)
	}
	return nil
}

// note makes a fact part of a finding about what it names, with the parameters as
// evidence.
func note(causes *finding.Causes, r *rule.Rule, f coreml.Fact, message string) {
	c := causes.At(r, cmp.Or(finding.Quote(f.Name), "nameless"), message)
	what := finding.Quote(f.Name)
	if f.Layer != "" {
		what = "layer " + finding.Quote(f.Layer) + ": " + what
	}
	c.Add(f.Offset, "%s", what)
	for _, text := range f.Texts[:min(len(f.Texts), 10)] {
		c.Add(f.Offset, "parameter %s", finding.Quote(text))
	}
}

// bundle are the prefixes that Core ML itself gives to paths in a model's own
// directory, or its app's.
var bundle = []string{"@model_path/", "$BUNDLE_MAIN", "$BUNDLE_IDENTIFIER("}

// escapes reports whether any of the paths in a list leads out of the model's
// directory.
func escapes(list string) bool {
	for name := range strings.SplitSeq(list, ":") {
		for _, prefix := range bundle {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				name = strings.TrimLeft(rest, "/")
			}
		}
		if location.Leaves(name) != "" || strings.HasPrefix(name, "~") {
			return true
		}
	}
	return false
}
