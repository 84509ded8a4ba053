// Package pmml judges PMML documents: models as XML, read by parsers that may
// fetch what the document names, and by evaluators that call Java classes.
package pmml

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/xml"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	externalEntity = &rule.Rule{
		ID: "pmml-external-entity", Title: "A PMML document makes its parser read a file or an address",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{611}, Since: "0.1.0",
	}
	entity = &rule.Rule{
		ID: "pmml-entity", Title: "A PMML document declares entities",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{776}, Since: "0.1.0",
	}
	dtd = &rule.Rule{
		ID: "pmml-external-dtd", Title: "A PMML document refers to a document type definition",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{611}, Since: "0.1.0",
	}
	script = &rule.Rule{
		ID: "pmml-script", Title: "A PMML document carries program code",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	class = &rule.Rule{
		ID: "pmml-java-class", Title: "A PMML document calls a Java class by name",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{470}, Since: "0.1.0",
	}
	reference = &rule.Rule{
		ID: "pmml-external-table", Title: "A PMML document takes a table from elsewhere",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges PMML documents.
var Detector = &detector.Detector{
	Name:  "pmml",
	Rules: rule.Explain(help, externalEntity, entity, dtd, script, class, reference),
	Match: match,
	Run:   run,
}

// match knows PMML by its root element, which may lie behind a long comment, and by
// its name what has another one.
func match(h *artifact.Head) bool {
	root, starts := xml.Root(h.First)
	return h.Extension() == ".pmml" || starts && (root == "" || strings.EqualFold(root, "PMML"))
}

// run reads the whole document: what is dangerous may stand at its end.
func run(_ context.Context, p *detector.Pass) error {
	d := xml.NewDecoder(p.Reader())
	w := &walker{pass: p}
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		w.token(&t)
		if w.foreign {
			return nil
		}
	}
	if !w.root {
		return nil // no element at all: nothing that is XML
	}
	return d.Err()
}

// A walker goes through one document.
type walker struct {
	pass       *detector.Pass
	held       []func() // what was found before the root element
	root       bool     // the root element was seen, and is PMML's
	foreign    bool     // it is another's
	extensions int      // how many elements of that name are open
}

// token judges one token.
func (w *walker) token(t *xml.Token) {
	switch t.Kind {
	case xml.Directive:
		w.doctype(t)
	case xml.Start:
		if !w.root {
			w.begin(t)
		}
		if t.Name == extension {
			w.extensions++
		}
		w.element(t)
	case xml.End:
		if t.Name == extension {
			w.extensions--
		}
	case xml.Text:
		w.text(t)
	}
}

// begin decides at the root element whether the document is PMML.
func (w *walker) begin(t *xml.Token) {
	if !strings.EqualFold(t.Name, "PMML") {
		w.foreign = true
		return
	}
	w.root = true
	w.pass.Recognised("pmml")
	for _, report := range w.held {
		report()
	}
}

// report makes a finding, once it is known that the document is PMML.
func (w *walker) report(r *rule.Rule, offset int64, key, message string) {
	make := func() {
		w.pass.Report(finding.Finding{Rule: r, Key: key, Message: message, Location: finding.Location{Offset: offset}})
	}
	if w.root {
		make()
		return
	}
	w.held = append(w.held, make)
}

// doctype judges a document type: PMML needs none, and its entities are how XML
// reaches out.
func (w *walker) doctype(t *xml.Token) {
	d, ok := xml.ParseDoctype(t.Text)
	if !ok {
		return
	}
	switch {
	case d.External == "":
	case elsewhere(d.External):
		w.report(externalEntity, t.Offset, "DTD", fmt.Sprintf("A parser that reads the definition fetches %s.", finding.Quote(d.External)))
	default:
		w.report(dtd, t.Offset, "DTD", fmt.Sprintf("A parser that validates fetches the definition %s.", finding.Quote(d.External)))
	}
	for _, e := range d.Entities {
		name := finding.Quote(e.Name)
		if e.External != "" {
			w.report(externalEntity, t.Offset, "entity "+e.Name,
				fmt.Sprintf("The entity %s stands for the content of %s. A parser that resolves it reads that.", name, finding.Quote(e.External)))
		} else {
			w.report(entity, t.Offset, "entity "+e.Name,
				fmt.Sprintf("The entity %s is declared in the document. Entities within entities can take all memory.", name))
		}
	}
}

// elsewhere reports whether a definition lies where PMML's own do not: those are
// the Data Mining Group's, or named without a place.
func elsewhere(id string) bool {
	u, err := url.Parse(id)
	if err != nil || u.Scheme == "" || strings.ContainsRune(u.Scheme, '-') {
		return strings.HasPrefix(id, "/") || strings.HasPrefix(id, `\\`)
	}
	host := strings.ToLower(u.Hostname())
	return u.Opaque == "" && host != "dmg.org" && !strings.HasSuffix(host, ".dmg.org")
}

//go:embed marks.txt
var marksFile string

// marks are those of program code: marks.txt.
var marks = table.Once(marksFile, table.Lists)

// element judges an element that starts.
func (w *walker) element(t *xml.Token) {
	if t.Space == "http://www.w3.org/2001/XInclude" && t.Name == "include" {
		w.report(externalEntity, t.Offset, "XInclude",
			fmt.Sprintf("The document includes %s by XInclude.", finding.Quote(t.Attr("href"))))
	}
	for _, s := range marks()["element"] {
		if strings.EqualFold(t.Name, s) {
			w.report(script, t.Offset, "element "+t.Name, fmt.Sprintf("The element %s holds program code.", finding.Quote(t.Name)))
		}
	}
	switch t.Name {
	case "Apply":
		if f := t.Attr("function"); dottedClass(f) {
			w.report(class, t.Offset, "function "+f, fmt.Sprintf("An evaluator makes the Java class %s to apply it.", finding.Quote(f)))
		}
	case "TableLocator":
		w.report(reference, t.Offset, "TableLocator", "A table of the model is to be found elsewhere, in a place that the evaluator knows.")
	}
	for _, a := range t.Attrs {
		w.code(t.Offset, a.Name, a.Value)
	}
}

// dottedClass reports whether a function's name is the path of a Java class or of
// a method of one, as com.example.Function is; PMML's own functions have no such
// names.
func dottedClass(f string) bool {
	packages, class := 0, false
	for part := range strings.SplitSeq(f, ".") {
		if part == "" {
			return false
		}
		upper := part[0] >= 'A' && part[0] <= 'Z'
		class = class || upper && packages > 0
		if !upper && !class {
			packages++
		}
	}
	return class && !strings.ContainsAny(f, " /:")
}

// text judges character data.
func (w *walker) text(t *xml.Token) { w.code(t.Offset, "text", t.Text) }

// extension is the element for what is not PMML's own.
const extension = "Extension"

// code reports program text inside an Extension, where it means something to
// the evaluator that put it there. What is all a program is shown from anywhere.
func (w *walker) code(offset int64, name, text string) {
	if w.inExtension(offset, text) || !w.root || !source.Harms(text, w.pass.Budget) {
		return
	}
	w.pass.Text(name, offset, text)
}

// inExtension reports a mark of program text in an Extension, and whether there
// is one.
func (w *walker) inExtension(offset int64, text string) bool {
	if w.extensions == 0 {
		return false
	}
	for _, mark := range marks()["call"] {
		if i := strings.Index(text, mark); i >= 0 {
			end := min(len(text), i+120)
			w.report(script, offset, "extension", fmt.Sprintf("An extension holds program code: %s", finding.Quote(text[i:end])))
			return true
		}
	}
	return false
}
