// Package plain prints lines for people, on terminals and in logs. File names
// and strings from models are their authors' text: printed as they are they
// could move the cursor of a terminal, reorder what is read, or command the
// runner of a workflow. Everything that reaches a log goes through Line.
package plain

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// A Style is how a span looks on a terminal.
type Style string

// The styles, as parameters of the terminal's SGR sequence.
const (
	Normal Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Loud   Style = "1;31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// A Span is a piece of a line.
type Span struct {
	Text  string
	Style Style
}

// Text is a span without a style.
func Text(s string) Span { return Span{Text: s} }

// Textf is Text with a format, which must not be text from a file.
func Textf(format string, args ...any) Span { return Text(fmt.Sprintf(format, args...)) }

// Name is the span of a name that has not passed finding.Quote: a path, a
// member.
func Name(s string) Span { return Text(finding.Escape(s)) }

// In returns the span in another style.
func (s Span) In(style Style) Span { return Span{s.Text, style} }

// Count is a number with its noun: "1 file", "2 files", "10,000 files".
func Count(n int, noun string) string {
	s := humanize.Comma(int64(n)) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// A Printer prints lines. Its zero value is not ready; use New.
type Printer struct {
	w      *bufio.Writer
	colour bool
}

// New returns a Printer; without colour styles are ignored.
func New(w io.Writer, colour bool) *Printer { return &Printer{bufio.NewWriter(w), colour} }

// indentation is one level of Line's indent.
const indentation = "  "

// Line prints one line, whatever is in the spans.
func (p *Printer) Line(indent int, spans ...Span) {
	var b strings.Builder
	b.WriteString(strings.Repeat(indentation, indent))
	for _, s := range spans {
		text := finding.Show(s.Text)
		if p.colour && s.Style != Normal && text != "" {
			text = "\x1b[" + string(s.Style) + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	p.w.WriteString(disarm(b.String()))
	p.w.WriteByte('\n')
}

// Blank prints an empty line.
func (p *Printer) Blank() { p.w.WriteByte('\n') }

// Flush writes what is buffered and returns the first error of all writing.
func (p *Printer) Flush() error { return p.w.Flush() }

// Safe makes text fit for one line of a log. Escapes that finding.Quote made
// stay as they are.
func Safe(s string) string { return disarm(finding.Show(s)) }

// disarm breaks what a workflow runner takes for a command: a line that starts
// with "::", and "##[" or "##word[" anywhere in a line.
func disarm(line string) string {
	if body := strings.TrimLeft(line, " "); strings.HasPrefix(body, "::") {
		line = line[:len(line)-len(body)] + `\x3a` + body[1:]
	}
	return strings.ReplaceAll(line, "##", `#\x23`)
}
