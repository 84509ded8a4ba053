// Package review writes what a reviewer of a pull request reads: the comment,
// and the job summary that says the same at greater length.
package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/gfm"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Options are what a page says beside the outcome.
type Options struct {
	First  string   // first line, Markdown; "" for none
	Scope  string   // what was scanned, a sentence of ours
	Notes  []string // about the run itself; hostile text in them is quoted
	Policy string   // path of the policy file, into which findings are accepted
	Before bool     // findings were reported before
	Link   string   // address of the alerts in code scanning, of ours; "" for none
	// Picture draws where in the files the findings are; comments are shown in
	// places that cannot.
	Picture bool
	Limit   int // bytes; what does not fit is counted
}

// maxRows is how many files the table has.
const maxRows = 100

// Write returns a page of at most opts.Limit bytes.
func Write(o *policy.Outcome, opts Options) string {
	p := &page{limit: opts.Limit - reserve, told: make(map[*rule.Rule]bool)}
	if opts.First != "" {
		p.add(opts.First + "\n")
	}
	p.add("### " + headline(o, opts) + "\n\n")
	if opts.Scope != "" {
		p.add(gfm.Sentence(opts.Scope))
		if opts.Link != "" {
			p.add(" [Alerts in code scanning](" + opts.Link + ")")
		}
		p.add("\n\n")
	}
	// What is most important comes first, and no part may take the room of
	// those behind it.
	p.room(opts, 25)
	if o.Policy.Compared != nil {
		p.changes(o)
	} else {
		p.table(o)
	}
	if opts.Picture {
		p.add(Picture(o))
	}
	p.room(opts, 75)
	p.findings(o, opts)
	p.fixed(o)
	p.room(opts, 85)
	unread := o.Report.Unread()
	p.list("Not read, and so not checked", len(unread), func(i int) string { return gap(unread[i]) })
	p.room(opts, 90)
	p.list("About the policy", len(o.Warnings), func(i int) string { return gfm.Quoted(o.Warnings[i]) })
	p.room(opts, 95)
	p.list("About this run", len(opts.Notes), func(i int) string { return lines(opts.Notes[i]) })
	p.room(opts, 100)
	p.suppressed(o.Suppressed)
	return p.b.String()
}

// reserve is what the sentences about what does not fit need.
const reserve = 2000

// A page grows to its limit.
type page struct {
	b     strings.Builder
	limit int
	told  map[*rule.Rule]bool // how to fix what it finds
}

// room lets the next part end at so many hundredths of the page. What a part
// does not need is left to those behind it.
func (p *page) room(opts Options, percent int) { p.limit = (opts.Limit - reserve) * percent / 100 }

// add appends a part if it fits.
func (p *page) add(s string) bool {
	if p.b.Len()+len(s) > p.limit {
		return false
	}
	p.b.WriteString(s)
	return true
}

// more says what does not fit; the reserve is for it.
func (p *page) more(n int, noun string) {
	if n > 0 {
		fmt.Fprintf(&p.b, "\n… and %s, in the job summary and the reports.\n\n", plain.Count(n, "more "+noun))
	}
}

// headline is the one sentence that is read by everybody.
func headline(o *policy.Outcome, opts Options) string {
	n, unread := counts(&o.Report), len(o.Report.Unread())
	if change := effect(o); o.Policy.Compared != nil && change != "" {
		n = strings.TrimPrefix(n+": "+change, ": ")
	}
	switch {
	case o.Verdict == policy.Fail:
		return "⛔ ModelAudit: " + n
	case o.Verdict == policy.Open:
		return "⚠️ ModelAudit: " + plain.Count(unread, "file") + " could not be fully inspected" + suffix(n, ", and ")
	case len(o.Report.Findings()) > 0:
		return "⚠️ ModelAudit: " + n + "; none of it fails this check"
	case unread > 0:
		return "⚠️ ModelAudit: " + plain.Count(unread, "file") + " could not be fully inspected"
	// A comment that once warned must say that it is over, and not fall silent.
	case opts.Before:
		return "✅ ModelAudit: resolved. Nothing dangerous is left" + suffix(fixedCount(o), ", ")
	default:
		return "✅ ModelAudit: nothing dangerous found"
	}
}

// suffix is a text that stands only behind another.
func suffix(s, with string) string {
	if s == "" {
		return ""
	}
	return with + s
}

// counts names the findings by severity: "1 critical, 2 low in 2 files".
func counts(r *audit.Report) string {
	found := r.Severities()
	if found == "" {
		return ""
	}
	files := 0
	for i := range r.Files {
		files += min(1, len(r.Files[i].Findings))
	}
	return found + " in " + plain.Count(files, "file")
}

// table shows the files that have something to tell, worst first.
func (p *page) table(o *policy.Outcome) {
	var files []*audit.File
	for i := range o.Report.Files {
		if f := &o.Report.Files[i]; len(f.Findings) > 0 || f.Unread() {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return
	}
	slices.SortStableFunc(files, func(a, b *audit.File) int { return cmp.Compare(worst(b), worst(a)) })
	p.add("| File | Format | Size | What it does |\n|---|---|---:|---|\n")
	for i, f := range files {
		if i == maxRows || !p.add(row(o, f)) {
			p.more(len(files)-i, "file")
			break
		}
	}
	p.add("\n")
}

// worst is the severity of the worst finding of a file.
func worst(f *audit.File) rule.Severity {
	var w rule.Severity
	for _, found := range f.Findings {
		w = max(w, found.Rule.Severity)
	}
	return w
}

// row is one model in the table of a scan without a comparison.
func row(o *policy.Outcome, f *audit.File) string {
	formats := "unknown"
	if len(f.Formats) > 0 {
		formats = gfm.Entities(strings.Join(f.Formats, ", "))
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", gfm.Code(f.Path), formats, size(f.Size), does(o, f))
}

// size is on one line, however narrow the column.
func size(n int64) string {
	return strings.ReplaceAll(humanize.IBytes(uint64(max(0, n))), " ", "&nbsp;")
}

// does is what the worst finding of a file says, one that is new before those
// that were there, or why there is none.
func does(o *policy.Outcome, f *audit.File) string {
	if len(f.Findings) == 0 {
		return "⚠️ " + gfm.Quoted(short(f.Reason))
	}
	first := slices.MinFunc(f.Findings, o.Policy.Compared.Order)
	out := icon(first.Rule.Severity) + " " + gfm.Quoted(short(first.Message))
	if more := len(f.Findings) - 1; more > 0 {
		out += fmt.Sprintf(" (and %s)", plain.Count(more, "more finding"))
	}
	return out
}

// shortLimit is how many characters of a message the table shows.
const shortLimit = 240

// short keeps the start of a text.
func short(s string) string {
	if r := []rune(s); len(r) > shortLimit {
		return string(r[:shortLimit]) + "…"
	}
	return s
}

// icon is a severity as a reader meets it.
func icon(s rule.Severity) string {
	switch {
	case s >= rule.High:
		return "⛔ **" + s.String() + "**"
	case s >= rule.Low:
		return "⚠️ " + s.String()
	default:
		return "ℹ️ " + s.String()
	}
}

// findings shows the evidence of each finding in a fold.
func (p *page) findings(o *policy.Outcome, opts Options) {
	all := o.Report.Findings()
	slices.SortStableFunc(all, o.Policy.Compared.Order)
	for i := range all {
		if !p.add(p.evidence(o, &all[i], opts)) {
			p.more(len(all)-i, "finding")
			return
		}
		p.told[all[i].Rule] = true
	}
}

// maxSteps is how many steps of evidence are shown.
const maxSteps = 30

// evidence is the fold of a finding.
func (p *page) evidence(o *policy.Outcome, f *finding.Finding, opts Options) string {
	title := icon(f.Rule.Severity) + " · " + gfm.Code(f.Location.Path) + " · " + gfm.Entities(f.Rule.Title) + state(o, f)
	// HTML, in which Markdown's emphasis is text.
	return gfm.Fold(strings.ReplaceAll(title, "**", ""), gfm.Quoted(f.Message)+"\n\n"+p.details(f, opts))
}

// state says what is known of a finding from before.
func state(o *policy.Outcome, f *finding.Finding) (out string) {
	if o.Policy.Compared != nil && o.Policy.Compared.State(f) == compare.Known {
		out += " · there before"
	}
	if why := o.Policy.WhyDismissed(f); why != "" {
		out += " · dismissed: " + gfm.Code(why)
	}
	return out
}

// details say where in its file a finding is, what was seen, how to fix it and
// how to accept it.
func (p *page) details(f *finding.Finding, opts Options) string {
	var b strings.Builder
	if len(f.Location.Inside) > 0 {
		b.WriteString("Inside " + inside(f.Location.Inside) + ".\n\n")
	}
	if len(f.Evidence) > 0 {
		b.WriteString(gfm.Block(steps(f.Evidence)) + "\n")
	}
	if fix := fix(f.Rule.Help()); p.told[f.Rule] {
		b.WriteString(fixHeading + " As the first finding of this kind, above.\n\n")
	} else if fix != "" {
		b.WriteString(fix + "\n\n")
	}
	b.WriteString(acceptance(f, opts.Policy))
	return b.String()
}

// inside is the way through nested files.
func inside(names []string) string {
	var parts []string
	for _, n := range names {
		parts = append(parts, gfm.Code(n))
	}
	return strings.Join(parts, " → ")
}

// steps are the lines of evidence, capped.
func steps(all []finding.Step) []string {
	var lines []string
	for i, s := range all {
		if i == maxSteps {
			lines = append(lines, fmt.Sprintf("… and %s", plain.Count(len(all)-i, "more step")))
			break
		}
		lines = append(lines, fmt.Sprintf("%-10s  %s", s.Place(), s.Text))
	}
	return lines
}

// fixHeading begins what a rule's help says of what to do.
const fixHeading = "**How to fix it.**"

// fix returns the paragraphs of a rule's help that say what to do.
func fix(help string) string {
	_, rest, found := strings.Cut(help, fixHeading)
	if !found {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "**How to accept the risk.**")
	return fixHeading + strings.TrimRight(rest, "\n ")
}

// gap says of a file that was not fully read why.
func gap(f *audit.File) string { return gfm.Code(f.Path) + ": " + gfm.Quoted(short(f.Reason)) }

// list puts items under a heading.
func (p *page) list(heading string, n int, item func(i int) string) {
	if n == 0 || !p.add("**"+heading+"**\n\n") {
		return
	}
	for i := range n {
		if !p.add("- " + item(i) + "\n") {
			p.more(n-i, "line")
			return
		}
	}
	p.add("\n")
}

// lines shows a note; further lines of it are something to paste.
func lines(n string) string {
	first, rest, found := strings.Cut(n, "\n")
	if !found {
		return gfm.Sentence(first)
	}
	return gfm.Sentence(first) + "\n" + gfm.Block(strings.Split(rest, "\n"))
}

// maxSuppressed is how many suppressed findings are listed.
const maxSuppressed = 200

// suppressed lists what does not count in a fold, as far as there is room.
func (p *page) suppressed(all []policy.Suppressed) {
	if len(all) == 0 {
		return
	}
	title := plain.Count(len(all), "finding") + " suppressed by the project's policy"
	var body strings.Builder
	for i := range all {
		item := suppressed(&all[i])
		if i == maxSuppressed || p.b.Len()+body.Len()+len(item) > p.limit {
			body.WriteString("- … and " + plain.Count(len(all)-i, "more finding") + ", in the reports.\n")
			break
		}
		body.WriteString(item)
	}
	p.b.WriteString(gfm.Fold(title, body.String())) // the reserve holds the fold itself
}

// suppressed is one line of what a policy hides: by whom, why, until when.
func suppressed(s *policy.Suppressed) string {
	f := &s.Finding
	line := fmt.Sprintf("- %s · %s · %s · %s", f.Rule.Severity, gfm.Code(f.Location.Path), gfm.Entities(f.Rule.Title), s.By)
	if s.Reason != "" {
		line += ": " + gfm.Code(s.Reason)
	}
	if day := policy.LastDay(s.Until); day != "" {
		line += " until " + day
	}
	return line + "\n"
}
