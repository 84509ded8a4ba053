package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Detail says how much a text tells.
type Detail int

// The details.
const (
	Brief  Detail = iota - 1 // one line a finding
	Usual                    // with the evidence
	Wordy                    // with all of it, fingerprints, and what is in order
	capped = 12              // steps of evidence that Usual shows
)

// Text writes the outcome for people, worst first, the verdict on the last
// line. Without colour the bytes are the same on every terminal.
func Text(w io.Writer, o policy.Outcome, detail Detail, colour bool) error {
	t := &text{Printer: plain.New(w, colour), outcome: &o, detail: detail}
	// Gaps come right after the findings: who reads only the first screen must
	// not take what was not read for clean.
	t.findings()
	t.unread()
	if detail >= Usual {
		t.fixed()
		t.suppressed()
	}
	t.unrecognised()
	t.unsearched()
	if detail == Wordy {
		t.inOrder()
	}
	t.section("About the policy", o.Warnings)
	t.close()
	return t.Flush()
}

// A text is a report on its way to the printer.
type text struct {
	*plain.Printer
	outcome *policy.Outcome
	detail  Detail
}

// findings prints the findings file by file, the file with the worst first.
// What tells of a gap comes with the gaps.
func (t *text) findings() {
	var files []*audit.File
	for i := range t.outcome.Report.Files {
		if f := &t.outcome.Report.Files[i]; worst(f) > 0 {
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b *audit.File) int { return -cmp.Compare(worst(a), worst(b)) })
	for _, f := range files {
		t.Line(0, plain.Name(f.Path).In(plain.Bold))
		for i := range f.Findings {
			if !f.Findings[i].Rule.Unread {
				t.finding(&f.Findings[i])
			}
		}
		t.Blank()
	}
}

// worst is the severity of the worst finding that is not about a gap, 0 if
// there is none.
func worst(f *audit.File) rule.Severity {
	var s rule.Severity
	for _, found := range f.Findings {
		if !found.Rule.Unread {
			s = max(s, found.Rule.Severity)
		}
	}
	return s
}

// finding writes one finding with its evidence, in the detail that was asked
// for.
func (t *text) finding(f *finding.Finding) {
	rule := " [" + f.Rule.ID + "]"
	if c := t.outcome.Policy.Compared; c != nil && c.State(f) == compare.Known {
		rule += " (there before)"
	}
	if why := t.outcome.Policy.WhyDismissed(f); why != "" {
		rule += " (dismissed: " + why + ")"
	}
	t.Line(1, severity(f.Rule), plain.Text(f.Message), plain.Text(rule).In(plain.Dim))
	if t.detail == Brief {
		return
	}
	if len(f.Location.Inside) > 0 {
		t.Line(3, plain.Text("in "), nesting(f.Location.Inside))
	}
	for i, s := range f.Evidence {
		// A long chain is told from its start: the first steps say where the
		// value comes from.
		if i == capped && t.detail < Wordy {
			t.Line(3, plain.Text("and "+plain.Count(len(f.Evidence)-i, "more step")+" (--verbose shows all)").In(plain.Dim))
			break
		}
		t.Line(3, plain.Textf("%-10s  ", s.Place()).In(plain.Dim), plain.Text(s.Text))
	}
	t.fingerprint(f)
}

// fingerprint is what a policy accepts a finding by.
func (t *text) fingerprint(f *finding.Finding) {
	if t.detail == Wordy {
		t.Line(3, plain.Text("fingerprint "+f.Fingerprint()).In(plain.Dim))
	}
}

// severity is the word for the severity in a column of its own.
func severity(r *rule.Rule) plain.Span {
	styles := map[rule.Severity]plain.Style{
		rule.Critical: plain.Loud, rule.High: plain.Red, rule.Medium: plain.Yellow, rule.Low: plain.Cyan, rule.Info: plain.Dim,
	}
	return plain.Textf("%-8s  ", r.Severity).In(styles[r.Severity])
}

// nesting is the way from the file on disk to the one that is meant.
func nesting(inside []string) plain.Span {
	names := make([]string, len(inside))
	for i, name := range inside {
		names[i] = finding.Quote(name)
	}
	return plain.Text(strings.Join(names, " › "))
}

// unread says of what was not read where it is and why it was not.
func (t *text) unread() {
	files := t.outcome.Report.Unread()
	if len(files) == 0 {
		return
	}
	t.Line(0, plain.Text("Not read, and so not checked").In(plain.Yellow))
	for _, f := range files {
		told := false
		for i := range f.Findings {
			if gap := &f.Findings[i]; gap.Rule.Unread {
				told = true
				t.gap(gap)
			}
		}
		if !told {
			t.Line(1, plain.Name(f.Path), plain.Text(": "+f.Reason))
		}
	}
	t.Blank()
}

// gap writes what was not read.
func (t *text) gap(f *finding.Finding) {
	place := plain.Name(f.Location.Path)
	if len(f.Location.Inside) > 0 {
		place.Text += " › " + nesting(f.Location.Inside).Text
	}
	t.Line(1, place, plain.Text(": "+f.Message), plain.Text(" ["+f.Rule.ID+"]").In(plain.Dim))
	t.fingerprint(f)
}

// suppressed lists what a policy hides: nothing may hide that it was applied.
func (t *text) suppressed() {
	if len(t.outcome.Suppressed) == 0 {
		return
	}
	t.Line(0, plain.Text("Suppressed"))
	for _, s := range t.outcome.Suppressed {
		f := &s.Finding
		why := plain.Text(": " + string(s.By))
		if s.Reason != "" {
			why.Text += ": " + finding.Quote(s.Reason)
		}
		if day := policy.LastDay(s.Until); day != "" {
			why.Text += " (until " + day + ")"
		}
		t.Line(1, severity(f.Rule), plain.Name(f.Location.Path), plain.Text(" ["+f.Rule.ID+"]").In(plain.Dim), why)
	}
	t.Blank()
}

// fixed lists what a change makes go away.
func (t *text) fixed() {
	c := t.outcome.Policy.Compared
	if c == nil || c.Count()[compare.Fixed] == 0 {
		return
	}
	t.Line(0, plain.Text("Fixed").In(plain.Green))
	for _, d := range c.Files {
		for i := range d.Fixed {
			f := &d.Fixed[i]
			t.Line(1, severity(f.Rule), plain.Name(d.Path), plain.Text(": "+f.Message), plain.Text(" ["+f.Rule.ID+"]").In(plain.Dim))
		}
	}
	t.Blank()
}

// unsearched tells how much was left out that no loader interprets.
func (t *text) unsearched() {
	files, bytes := 0, int64(0)
	for i := range t.outcome.Report.Files {
		if n := t.outcome.Report.Files[i].Unsearched; n > 0 {
			files++
			bytes += n
		}
	}
	if files == 0 {
		return
	}
	t.Line(0, plain.Textf("%s of weights in %s not searched for hidden files (--carve=all searches what can be unpacked)",
		humanize.IBytes(uint64(bytes)), plain.Count(files, "file")).In(plain.Dim))
	t.Blank()
}

// unrecognised tells of files that may be models of a kind that nobody here
// knows: they were opened, and nothing was understood.
func (t *text) unrecognised() {
	n := count(&t.outcome.Report).binaries
	if n == 0 {
		return
	}
	if t.detail < Wordy {
		t.Line(0, plain.Text(plain.Count(n, "file")+" of no known format, not text, not checked (--verbose lists them)").In(plain.Yellow))
		t.Blank()
		return
	}
	t.Line(0, plain.Text("Of no known format, not text, not checked").In(plain.Yellow))
	for _, f := range t.outcome.Report.Files {
		if f.Status == audit.NotAModel && f.Binary {
			t.Line(1, plain.Name(f.Path))
		}
	}
	t.Blank()
}

// inOrder lists the files that were read to their end.
func (t *text) inOrder() {
	var clean []*audit.File
	for i := range t.outcome.Report.Files {
		if f := &t.outcome.Report.Files[i]; f.Status == audit.Clean {
			clean = append(clean, f)
		}
	}
	if len(clean) == 0 {
		return
	}
	t.Line(0, plain.Text("Clean").In(plain.Green))
	for _, f := range clean {
		t.Line(1, plain.Name(f.Path), plain.Text(" ("+strings.Join(f.Formats, ", ")+")").In(plain.Dim))
	}
	t.Blank()
}

// section writes lines under a title, or nothing where there are none.
func (t *text) section(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.Line(0, plain.Text(title))
	for _, l := range lines {
		t.Line(1, plain.Text(l))
	}
	t.Blank()
}

// close writes the last line, which alone must tell how the scan ended.
func (t *text) close() {
	if findings := t.outcome.Report.Findings(); len(findings) > 0 && t.detail >= Usual {
		first := findings[0].Rule
		help := "How to fix it: modelaudit rules " + first.ID
		if slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Rule != first }) {
			help += ", and so on for each name in brackets"
		}
		t.Line(0, plain.Text(help).In(plain.Dim))
	}
	styles := map[policy.Verdict]plain.Style{policy.Fail: plain.Loud, policy.Open: plain.Yellow, policy.Pass: plain.Green}
	t.Line(0, plain.Text(Closing(t.outcome)).In(styles[t.outcome.Verdict]))
}
