package safetensors

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/safetensors"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

// codeFile holds the shapes of code that has no business in metadata: one
// regular expression a line, behind what may stand before a statement or an
// expression, so that prose which mentions a call is left alone.
//
//go:embed code.txt
var codeFile string

// codeShapes are the expressions of code.txt, compiled once.
var codeShapes = table.Once(codeFile, parseCode)

// parseCode reads patterns, one a line.
func parseCode(text string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for line := range table.Lines(text) {
		out = append(out, regexp.MustCompile(line))
	}
	return out
}

// licenses are the metadata that name the model's licence, modelspec.license
// of https://github.com/Stability-AI/ModelSpec among them.
var licenses = map[string]bool{"license": true, "modelspec.license": true}

// texts looks at everything in the header that its author may word freely.
func texts(p *detector.Pass, h *safetensors.Header) error {
	for i := range h.Metadata {
		e := &h.Metadata[i]
		if licenses[strings.ToLower(e.Text)] {
			p.License(e.Value)
		}
		p.Text("", e.Offset, e.Text)
		if err := template(p, e); err != nil {
			return err
		}
		program(p, e)
	}
	for i := range h.Tensors {
		p.Text("", h.Tensors[i].Name.Offset, h.Tensors[i].Name.Text)
	}
	path(p, h.Tensors)
	return nil
}

// path reports the first tensor with a name that climbs. Names that start at a
// root are those of ONNX.
func path(p *detector.Pass, tensors []safetensors.Tensor) {
	for i := range tensors {
		name := &tensors[i].Name
		if !strings.Contains(name.Text, "..") || !slices.Contains(strings.FieldsFunc(name.Text, separator), "..") {
			continue
		}
		p.Report(finding.Finding{
			Rule: climbs, Key: "name", Location: finding.Location{Offset: name.Offset},
			Message: fmt.Sprintf("A tensor is called %s. A tool that makes a file of each tensor writes it outside of its directory.", finding.Quote(name.Text)),
		})
		return
	}
}

// separator reports whether a character stands between the elements of a path.
func separator(c rune) bool { return c == '/' || c == '\\' }

// template hands on a text: as a file, if it looks like a Jinja template.
func template(p *detector.Pass, e *safetensors.Entry) error {
	if !strings.Contains(e.Value, "{{") && !strings.Contains(e.Value, "{%") {
		p.Text(e.Text, e.Offset, e.Value)
		return nil
	}
	return p.Nested(p.File.Member(e.Text+".jinja", hostile.Bytes(e.Value), int64(len(e.Value))))
}

// program reports a text that contains code. One that is code from its start to
// its end is told by those who look at texts.
func program(p *detector.Pass, e *safetensors.Entry) {
	if whole, _ := source.Judge(e.Value, p.Budget); whole != nil {
		return
	}
	for _, shape := range codeShapes() {
		at := shape.FindStringIndex(e.Value)
		if at == nil {
			continue
		}
		shown := finding.Quote(strings.TrimSpace(e.Value[at[0]:min(len(e.Value), at[1]+60)]))
		p.Report(finding.Finding{
			Rule: code, Key: e.Text,
			Message:  fmt.Sprintf("The metadata %s contains code: %s. Readers of safetensors do not run it.", finding.Quote(e.Text), shown),
			Location: finding.Location{Offset: e.Offset},
			Evidence: []finding.Step{{Offset: e.Offset, Text: fmt.Sprintf("character %d of the value: %s", at[0], shown)}},
		})
		return
	}
}
