package safetensors

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/safetensors"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// codeFile holds the shapes of code that has no business in metadata: one
// regular expression a line, behind what may stand before a statement or an
// expression, so that prose which mentions a call is left alone.
//
//go:embed code.txt
var codeFile string

var codeShapes = sync.OnceValue(func() []*regexp.Regexp { return parseCode(codeFile) })

// parseCode reads patterns, one a line.
func parseCode(text string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, regexp.MustCompile(line))
		}
	}
	return out
}

// licenses are the metadata that name the model's licence, modelspec.license
// of https://github.com/Stability-AI/ModelSpec among them.
var licenses = map[string]bool{"license": true, "modelspec.license": true}

// minName is the shortest name of a tensor that could carry a content.
const minName = 28

// texts looks at everything in the header that its author may word freely.
func texts(p *detector.Pass, h *safetensors.Header) error {
	for i := range h.Metadata {
		e := &h.Metadata[i]
		if licenses[strings.ToLower(e.Text)] {
			p.License(e.Value)
		}
		found, err := contents(p, e.Name, e.Value)
		if err != nil {
			return err
		}
		if !found {
			found, err = contents(p, e.Name, e.Text)
		}
		if err != nil {
			return err
		}
		if err := template(p, e); err != nil {
			return err
		}
		if !found {
			program(p, e)
		}
	}
	for i := range h.Tensors {
		p.Text("", h.Tensors[i].Name.Offset, h.Tensors[i].Name.Text)
		if n := h.Tensors[i].Name; len(n.Text) >= minName {
			if _, err := contents(p, n, n.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// contents reports the contents that are written down in a text and hands them
// to the scan.
func contents(p *detector.Pass, n safetensors.Name, text string) (found bool, err error) {
	all, fault := encoded.Find(text, p.Budget)
	if fault != nil {
		p.Incomplete(fault)
	}
	for _, c := range all {
		as := strings.Join(c.Encodings, " of ")
		if as == "" {
			as = "text"
		}
		p.Report(finding.Finding{
			Rule: payload, Key: n.Text + "/" + c.Kind,
			Message: fmt.Sprintf("The text of %s is a %s, written as %s. No reader of safetensors decodes it; whatever was made to do so gets its payload here.",
				finding.Quote(n.Text), c.Kind, as),
			Location: finding.Location{Offset: n.Offset},
			Evidence: []finding.Step{{Offset: n.Offset, Text: fmt.Sprintf("%s, %d bytes at character %d of %s",
				c.Kind, len(c.Data), c.Offset, finding.Quote(n.Text))}},
		})
		if err := p.Nested(p.File.Member(n.Text+" ("+as+")", hostile.Bytes(c.Data), int64(len(c.Data)))); err != nil {
			return true, err
		}
	}
	return len(all) > 0, nil
}

// template hands on a text: as a file, if it looks like a Jinja template.
func template(p *detector.Pass, e *safetensors.Entry) error {
	if !strings.Contains(e.Value, "{{") && !strings.Contains(e.Value, "{%") {
		p.Text(e.Text, e.Offset, e.Value)
		return nil
	}
	return p.Nested(p.File.Member(e.Text+".jinja", hostile.Bytes(e.Value), int64(len(e.Value))))
}

// program reports a text that contains code.
func program(p *detector.Pass, e *safetensors.Entry) {
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
