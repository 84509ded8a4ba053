// Package workflow speaks to the Actions runner through a job's log: it fences
// off text from files, in which a runner would obey commands, and writes
// annotations. Source: ActionCommand.cs of github.com/actions/runner.
package workflow

import (
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Fence lets write print while the runner obeys nothing. The token ends that: it
// must be one that no file can guess.
func Fence(w io.Writer, token string, write func() error) error {
	if _, err := fmt.Fprintf(w, "::stop-commands::%s\n", token); err != nil {
		return err
	}
	err := write()
	if _, closing := fmt.Fprintf(w, "::%s::\n", token); err == nil {
		err = closing
	}
	return err
}

// A Level is a kind of annotation.
type Level string

// The levels that the runner knows.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// An Annotation is a remark on a run, or on a file of it.
type Annotation struct {
	Level   Level
	File    string // relative to the workspace; "" for the run
	Line    int    // of a text, from 1; else 0
	Title   string
	Message string
}

// What the runner keeps of a step.
const (
	// perLevel is how many annotations of a level; the others are not shown.
	perLevel = 10
	// maxMessage is the length of a message in characters; the rest is cut off.
	maxMessage = 4096
)

// Print writes annotations in the order given. Where there are more of a level
// than the runner keeps, the last one kept says how many others there are.
func Print(w io.Writer, all []Annotation) error {
	total, written := make(map[Level]int), make(map[Level]int)
	for _, a := range all {
		total[a.Level]++
	}
	for _, a := range all {
		n := written[a.Level]
		written[a.Level]++
		switch {
		case n >= perLevel:
			continue
		case n == perLevel-1 && total[a.Level] > perLevel:
			a = rest(a.Level, total[a.Level]-n)
		}
		if _, err := io.WriteString(w, a.command()); err != nil {
			return err
		}
	}
	return nil
}

func rest(level Level, n int) Annotation {
	return Annotation{
		Level: level, Title: "And more",
		Message: plain.Count(n, "more annotation") + " of this kind; the log, the job summary and the reports list all.",
	}
}

// command is the line that makes the annotation. A file that is no text gets its
// first line: without one the runner shows no file.
func (a Annotation) command() string {
	var properties []string
	if a.File != "" {
		properties = append(properties, "file="+property(a.File), fmt.Sprintf("line=%d", max(1, a.Line)))
	}
	if a.Title != "" {
		properties = append(properties, "title="+property(plain.Safe(a.Title)))
	}
	message := []rune(plain.Safe(a.Message))
	return fmt.Sprintf("::%s %s::%s\n", a.Level, strings.Join(properties, ","), data(string(message[:min(len(message), maxMessage)])))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func data(s string) string { return dataEscapes.Replace(s) }

// property escapes a name so that the runner gets it back byte for byte, but
// for what would move a terminal or command an older runner.
func property(s string) string { return propertyEscapes.Replace(plain.Safe(s)) }

// Annotate says what an outcome has to say about files, worst first: an error
// for what makes the check fail, a warning or a notice for the rest.
func Annotate(o policy.Outcome) []Annotation {
	var out []Annotation
	gaps := make(map[string]bool) // files of which the gaps make the check fail
	for i := range o.Report.Files {
		gaps[o.Report.Files[i].Path] = o.Policy.Opens(&o.Report.Files[i])
	}
	for _, f := range o.Report.Findings() {
		fails := o.Policy.Fails(&f) || f.Rule.Unread && gaps[f.Location.Path]
		out = append(out, ofFinding(&f, fails))
	}
	for i := range o.Report.Files {
		if f := &o.Report.Files[i]; f.Status == audit.NotScanned {
			out = append(out, ofUnread(f, gaps[f.Path]))
		}
	}
	for _, w := range o.Warnings {
		out = append(out, Annotation{Level: Warning, Title: "Policy", Message: w})
	}
	return out
}

func ofFinding(f *finding.Finding, fails bool) Annotation {
	a := Annotation{Level: Notice, File: f.Location.Path, Line: f.Location.Line, Title: f.Rule.Title, Message: f.Message}
	if len(f.Location.Inside) > 0 {
		a.Message += " Inside: " + finding.Quote(strings.Join(f.Location.Inside, " › "))
	}
	a.Message += " [" + f.Rule.ID + "]"
	switch {
	case fails:
		a.Level = Error
	case f.Rule.Severity >= rule.Medium:
		a.Level = Warning
	}
	return a
}

func ofUnread(f *audit.File, fails bool) Annotation {
	a := Annotation{Level: Warning, File: f.Path, Title: "Not scanned", Message: "Not scanned: " + f.Reason + "."}
	if fails {
		a.Level = Error
	}
	return a
}
