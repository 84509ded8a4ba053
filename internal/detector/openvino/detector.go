// Package openvino judges the XML of OpenVINO models, whose weights lie in a
// .bin file beside it.
package openvino

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/xml"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed names.txt
var namesFile string

// names are those of names.txt by what they say.
var names = table.Once(namesFile, table.Sets)

var (
	doctype = &rule.Rule{
		ID: "openvino-external-entity", Title: "An OpenVINO model makes its parser read a file or an address",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{611}, Since: "0.1.0",
	}
	library = &rule.Rule{
		ID: "openvino-native-library", Title: "An OpenVINO model names a library or a kernel to load",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{114}, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "openvino-custom-layer", Title: "An OpenVINO model needs an extension to run",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	outside = &rule.Rule{
		ID: "openvino-data-outside", Title: "An OpenVINO constant lies outside of the weights file",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{125}, Since: "0.1.0",
	}
)

// Detector judges OpenVINO models.
var Detector = &detector.Detector{
	Name:  "openvino",
	Rules: rule.Explain(help, doctype, library, custom, outside),
	Match: match,
	Run:   run,
}

// match takes the roots that OpenVINO's documents have: a network, and a
// configuration of custom kernels. The root may lie behind a long comment or, as
// pugixml skips it, behind any text.
func match(h *artifact.Head) bool {
	switch root, starts := xml.Root(h.First); root {
	case "net", "Net", "CustomLayer":
		return true
	case "":
		return starts || h.Extension() == ".xml"
	}
	return false
}

// run reads the whole document, and only then knows whether it is OpenVINO's.
func run(_ context.Context, p *detector.Pass) error {
	w := &walker{pass: p, weights: -1}
	d := xml.NewDecoder(p.Reader())
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		w.token(&t)
	}
	if !w.net {
		return nil // another format whose root is called net
	}
	p.Recognised("openvino")
	w.causes.Report(p.Report)
	return d.Err()
}

// A walker goes through one document. It gathers what it finds until it is sure
// that the document is OpenVINO's.
type walker struct {
	pass    *detector.Pass
	net     bool
	layer   string // name of the layer around
	weights int64  // size of the .bin beside the document, -1 when unknown
	asked   bool
	causes  finding.Causes
}

// report notes what is wrong with a token, which shown tells in words.
func (w *walker) report(r *rule.Rule, offset int64, key, message, shown string) {
	w.causes.At(r, finding.Quote(key), message).Add(offset, "%s", shown)
}

// token judges one token.
func (w *walker) token(t *xml.Token) {
	switch t.Kind {
	case xml.Directive:
		w.doctype(t)
	case xml.Start:
		w.element(t)
	}
}

// doctype judges the entities of a document type.
func (w *walker) doctype(t *xml.Token) {
	d, ok := xml.ParseDoctype(t.Text)
	if !ok {
		return
	}
	for _, e := range d.Entities {
		w.report(doctype, t.Offset, "entity "+e.Name, fmt.Sprintf("The document declares the entity %s. No model has entities.", finding.Quote(e.Name)), "entity "+finding.Quote(e.Name))
	}
	if d.External != "" {
		w.report(doctype, t.Offset, "DTD", fmt.Sprintf("The document makes its parser fetch %s.", finding.Quote(d.External)), "document type")
	}
}

// element judges an element that starts.
func (w *walker) element(t *xml.Token) {
	switch t.Name {
	case "layers", "CustomLayer":
		w.net = true
	case "layer":
		w.layer = t.Attr("name")
		w.judgeLayer(t)
	case "data":
		w.data(t)
	}
	for _, a := range t.Attrs {
		w.attribute(t, a)
	}
}

// judgeLayer reports operations that OpenVINO itself does not have: those of an
// operation set of its own are "opset1" and so on.
func (w *walker) judgeLayer(t *xml.Token) {
	version, kind := t.Attr("version"), t.Attr("type")
	own := version == "" || strings.HasPrefix(version, "opset") || version == "experimental" || version == "ie_internal_opset"
	if own && !strings.EqualFold(kind, "python") && !strings.EqualFold(kind, "custom") {
		return
	}
	w.report(custom, t.Offset, "type "+kind,
		fmt.Sprintf("Layer %s is of type %s of %s, which a native extension must bring.",
			finding.Quote(w.layer), finding.Quote(kind), finding.Quote(version)), "layer "+finding.Quote(w.layer))
}

// attribute judges an attribute that may name code.
func (w *walker) attribute(t *xml.Token, a xml.Attr) {
	name := strings.ToLower(a.Name)
	if names()["attribute"][name] && (looksLikePath(a.Value) || name == "code") {
		w.report(library, t.Offset, t.Name+" "+a.Name,
			fmt.Sprintf("The attribute %s of %s names %s.", finding.Quote(a.Name), finding.Quote(t.Name), finding.Quote(a.Value)), "element "+finding.Quote(t.Name)+": "+finding.Quote(a.Value))
	}
}

// looksLikePath tells a path from a word.
func looksLikePath(s string) bool {
	return names()["extension"][strings.ToLower(path.Ext(s))] || strings.HasPrefix(s, "/") || strings.Contains(s, "../") || strings.Contains(s, `\`) || strings.Contains(s, "://")
}

// data compares the extent of a constant with the weights beside the document.
func (w *walker) data(t *xml.Token) {
	offset, err1 := strconv.ParseUint(t.Attr("offset"), 10, 64)
	size, err2 := strconv.ParseUint(t.Attr("size"), 10, 64)
	if err1 != nil || err2 != nil {
		return
	}
	have := w.binSize()
	if end := offset + size; have >= 0 && (end < offset || end > uint64(have)) {
		w.report(outside, t.Offset, "layer "+w.layer,
			fmt.Sprintf("The constant of layer %s lies at %d to %d of a weights file of %d bytes.", finding.Quote(w.layer), offset, end, have),
			fmt.Sprintf("layer %s: %d bytes at %d", finding.Quote(w.layer), size, offset))
	}
}

// binSize returns the size of the weights file, or -1 where there is none.
func (w *walker) binSize() int64 {
	if w.asked || w.pass.File.Open == nil {
		return w.weights
	}
	w.asked = true
	name := path.Base(w.pass.File.Path)
	if e, err := w.pass.File.Open(strings.TrimSuffix(name, path.Ext(name)) + ".bin"); err == nil && !e.Outside {
		w.weights = e.Size
	}
	return w.weights
}
