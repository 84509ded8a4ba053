package review

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// What a picture may have, so that it stays one: nodes, characters of a label,
// and characters of a word, which Mermaid does not break.
const (
	maxNodes = 45
	maxLabel = 140
	maxWord  = 40
)

// Picture draws where in the files those findings are that lie deeper and are more
// than context, as a Mermaid diagram, or returns "" if there are none.
func Picture(o *policy.Outcome) string {
	d := &diagram{ids: make(map[string]int)}
	for _, f := range o.Report.Findings() {
		if f.Rule.Severity <= rule.Info || len(d.ids)+len(f.Location.Inside)+2 > maxNodes {
			break // the worst come first
		}
		if len(f.Location.Inside) > 0 {
			d.finding(&f)
		}
	}
	if len(d.ids) == 0 {
		return ""
	}
	return "```mermaid\n" + setup + "flowchart LR\n" + d.b.String() + classes + "```\n\n"
}

// setup gives sentences room, in pixels.
const setup = "%%{init: {\"flowchart\": {\"wrappingWidth\": 300}}}%%\n"

// classes are readable on the light and on the dark page.
const classes = "  classDef bad fill:#ffebe9,stroke:#cf222e,color:#1f2328\n" +
	"  classDef mild fill:#fff8c5,stroke:#9a6700,color:#1f2328\n"

// class is how a finding looks.
func class(s rule.Severity) string {
	if s >= rule.High {
		return ":::bad"
	}
	return ":::mild"
}

// A diagram grows by one chain a finding.
type diagram struct {
	b   strings.Builder
	ids map[string]int
}

// finding draws the way to one finding: files inside files, and what is there.
func (d *diagram) finding(f *finding.Finding) {
	key := f.Location.Path
	at := d.node(key, f.Location.Path, "[\"", "\"]", "")
	for _, name := range f.Location.Inside {
		key += "\x00" + name
		at = d.link(at, d.node(key, name, "(\"", "\")", ""))
	}
	says := key + "\x01" + f.Rule.ID + f.Message
	d.link(at, d.node(says, f.Message, "[\"<b>"+f.Rule.Severity.String()+"</b><br>", "\"]", class(f.Rule.Severity)))
}

// node draws a box once and returns its number.
func (d *diagram) node(key, label, open, shut, class string) int {
	if id, drawn := d.ids[key]; drawn {
		return id
	}
	id := len(d.ids)
	d.ids[key] = id
	fmt.Fprintf(&d.b, "  n%d%s%s%s%s\n", id, open, mermaid(label), shut, class)
	return id
}

// link draws an arrow, once.
func (d *diagram) link(from, to int) int {
	if arrow := fmt.Sprintf("  n%d --> n%d\n", from, to); !strings.Contains(d.b.String(), arrow) {
		d.b.WriteString(arrow)
	}
	return to
}

// mermaid spells text as a label: everything but letters and digits is a
// character code, so that nothing in it is syntax.
func mermaid(s string) string {
	text := []rune(finding.Quote(s))
	if len(text) > maxLabel {
		text = append(text[:maxLabel-1], '…')
	}
	var b strings.Builder
	word := 0
	for _, c := range text {
		if word++; c == ' ' || c == '-' {
			word = 0
		} else if word > maxWord {
			b.WriteString("<br>")
			word = 1
		}
		if c == ' ' || c == '.' || c == '/' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "#%d;", c)
		}
	}
	return b.String()
}
