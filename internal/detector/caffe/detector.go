// Package caffe judges networks of Caffe: layers that import Python, and files
// that layers read and write.
package caffe

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/caffe"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	python = &rule.Rule{
		ID: "caffe-python-layer", Title: "A Caffe network imports a Python module",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	dangerous = &rule.Rule{
		ID: "caffe-python-dangerous", Title: "A Caffe network calls a function that does harm",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{94, 470}, Since: "0.1.0",
	}
	writes = &rule.Rule{
		ID: "caffe-writes-outside", Title: "A Caffe network writes a file outside its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 73}, Since: "0.1.0",
	}
	secrets = &rule.Rule{
		ID: "caffe-reads-sensitive", Title: "A Caffe network reads a file that holds secrets",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{22, 200}, Since: "0.1.0",
	}
)

// Detector judges networks with their weights.
var Detector = &detector.Detector{
	Name:  "caffe",
	Rules: rule.Explain(help, python, dangerous, writes, secrets),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool {
		return h.Extension() == ".caffemodel" && h.Size > 0 || len(h.First) > 2 && protobuf.MayStart(h.First)
	},
	Run: run,
}

// Text judges networks without weights, which are text.
var Text = &detector.Detector{
	Name:  "caffe-text",
	Rules: rule.Explain(help, python, dangerous, writes, secrets),
	Match: func(h *artifact.Head) bool {
		return h.Extension() == ".prototxt" && h.Size > 0 || beginsLayer(h.First)
	},
	Run: runText,
}

// beginsLayer reports whether a line of text begins a layer: layer, or layers, and
// a bracket, perhaps with a colon between them.
func beginsLayer(text []byte) bool {
	const spaces = " \t"
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(bytes.TrimLeft(line, spaces), []byte("layer"))
		if !ok {
			continue
		}
		rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("s")), spaces)
		rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte(":")), spaces)
		if len(rest) > 0 && (rest[0] == '{' || rest[0] == '<') {
			return true
		}
	}
	return false
}

// run takes a file for Caffe's by its name, or by its first layer.
func run(_ context.Context, p *detector.Pass) error {
	named := artifact.Extension(p.File.Name()) == ".caffemodel"
	if !named && !caffe.Looks(p.Reader()) {
		return nil
	}
	p.Recognised("caffe")
	j := judge{}
	err := caffe.Walk(p.Reader(), j.layer)
	j.causes.Report(p.Report)
	return err
}

// runText takes a text for Caffe's if it has a layer with a type.
func runText(_ context.Context, p *detector.Pass) error {
	j := judge{}
	err := caffe.Text(p.Reader(), j.layer)
	if j.layers == 0 {
		return nil // a text of another kind: a solver, a configuration
	}
	p.Recognised("caffe-text")
	j.causes.Report(p.Report)
	return err
}

type judge struct {
	layers int
	causes finding.Causes
}

// layer judges what a layer imports and which files it opens.
func (j *judge) layer(l caffe.Layer) {
	if l.Type != "" || l.Number {
		j.layers++
	}
	if l.Type == "Python" || l.Module != "" {
		j.python(l)
	}
	for _, f := range l.Files {
		j.file(l, f)
	}
}

// python judges what a layer imports and calls: the attribute of a module, with
// the description of the layer.
func (j *judge) python(l caffe.Layer) {
	called := l.Module + "." + l.Class
	quoted, place := finding.Quote(called), "layer "+finding.Quote(l.Name)
	if l.Param != "" {
		place += ", with the parameter " + finding.Quote(l.Param)
	}
	if _, v, concern := globals.Target(called); concern == globals.Bad {
		j.causes.At(dangerous, quoted, fmt.Sprintf("Loading the network calls %s, which %s.", quoted, v.Effect.Does())).Add(l.Offset, "%s", place)
		return
	}
	j.causes.At(python, quoted, fmt.Sprintf("Loading the network imports %s and calls it.", quoted)).Add(l.Offset, "%s", place)
}

// file judges a path. Networks for training name data where the author had it,
// in absolute paths as often as not; that is no danger by itself.
func (j *judge) file(l caffe.Layer, f caffe.File) {
	quoted := finding.Quote(f.Path)
	place := fmt.Sprintf("layer %s: %s", finding.Quote(l.Name), f.Field)
	why := location.Leaves(f.Path)
	switch {
	case f.Writes && why != "":
		j.causes.At(writes, quoted, fmt.Sprintf("Running the network writes to %s, %s.", quoted, why)).Add(l.Offset, "%s", place)
	case location.Sensitive(f.Path):
		j.causes.At(secrets, quoted, fmt.Sprintf("Loading the network reads %s.", quoted)).Add(l.Offset, "%s", place)
	}
}
