package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/gfm"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// effect is what a change does to the findings, in words: "2 new, 1 fixed".
func effect(o *policy.Outcome) string {
	return strings.Join(states(o, o.Report.Findings(), o.Policy.Compared.Count()[compare.Fixed], "new"), ", ")
}

// states says how many findings are new, in the word for that, and how many were
// there before, beside those that are fixed.
func states(o *policy.Outcome, findings []finding.Finding, fixed int, fresh string) []string {
	n := map[compare.State]int{compare.Fixed: fixed}
	for i := range findings {
		n[o.Policy.Compared.State(&findings[i])]++
	}
	var parts []string
	for _, p := range []struct {
		state compare.State
		word  string
	}{{compare.New, fresh}, {compare.Known, "there before"}, {compare.Fixed, "fixed"}} {
		if n[p.state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[p.state], p.word))
		}
	}
	return parts
}

// changes shows what a change does to each model, the worst first.
func (p *page) changes(o *policy.Outcome) {
	rows := slices.Clone(o.Policy.Compared.Files)
	if len(rows) == 0 {
		return
	}
	after := make(map[string]*audit.File)
	for i := range o.Report.Files {
		after[o.Report.Files[i].Path] = &o.Report.Files[i]
	}
	for i := range rows {
		// The comparison knows all findings; the policy has taken some away
		// since.
		if rows[i].After != nil && after[rows[i].Path] != nil {
			rows[i].After = after[rows[i].Path] // with the findings that count
		}
	}
	slices.SortStableFunc(rows, func(a, b compare.Delta) int { return cmp.Compare(gravity(o, b), gravity(o, a)) })
	p.add("| Model | Change | Format | Size | What loading it does |\n|---|---|---|---:|---|\n")
	for i := range rows {
		if i == maxRows || !p.add(changeRow(o, &rows[i])) {
			p.more(len(rows)-i, "model")
			break
		}
	}
	p.add("\n")
}

// gravity orders the rows: by the worst that the change brings, then by the worst
// that the file holds, then by what is gone.
func gravity(o *policy.Outcome, d compare.Delta) int {
	if d.After == nil {
		return 0
	}
	var fresh rule.Severity
	for i := range d.After.Findings {
		if f := &d.After.Findings[i]; o.Policy.Compared.State(f) == compare.New {
			fresh = max(fresh, f.Rule.Severity)
		}
	}
	out := 32*int(fresh) + 2*int(worst(d.After))
	if len(d.Fixed) > 0 || d.After.Unread() {
		out++
	}
	return out
}

// changeRow is what happened to one model, as a row of the table.
func changeRow(o *policy.Outcome, d *compare.Delta) string {
	name := gfm.Code(d.Path)
	if d.Was != "" {
		name += " (was " + gfm.Code(d.Was) + ")"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", name, kind(d), formats(d), sizes(d), behaviour(o, d))
}

// kind says in a word what happened to a file.
func kind(d *compare.Delta) string {
	switch {
	case d.After == nil:
		return "removed"
	case d.Was != "":
		return "renamed"
	case d.Before == nil:
		return "added"
	default:
		return "changed"
	}
}

// formats are those before and after, or one of them where nothing changed.
func formats(d *compare.Delta) string {
	was, is := formatsOf(d.Before), formatsOf(d.After)
	if was == "" || is == "" || was == is {
		return cmp.Or(is, was, "unknown")
	}
	return was + " → " + is
}

// formatsOf are the formats of a file that may not be there.
func formatsOf(f *audit.File) string {
	if f == nil {
		return ""
	}
	return gfm.Entities(strings.Join(f.Formats, ", "))
}

// sizes are those before and after.
func sizes(d *compare.Delta) string {
	was, is := sizeOf(d.Before), sizeOf(d.After)
	if was == "" || is == "" || was == is {
		return cmp.Or(is, was)
	}
	return was + " → " + is
}

// sizeOf is the size of a file that may not be there.
func sizeOf(f *audit.File) string {
	if f == nil {
		return ""
	}
	return size(f.Size)
}

// behaviour says what the model would run, and what of that the change brings.
func behaviour(o *policy.Outcome, d *compare.Delta) string {
	var parts []string
	var findings []finding.Finding
	switch {
	case d.After == nil:
	case len(d.After.Findings) > 0 || d.After.Unread():
		parts, findings = append(parts, does(o, d.After)), d.After.Findings
	default:
		parts = append(parts, "✅ nothing dangerous")
	}
	// All that a new file has is new.
	if d.Before != nil {
		parts = append(parts, states(o, findings, len(d.Fixed), "**new**")...)
	}
	return strings.Join(parts, " · ")
}

// fixed lists what a change makes go away.
func (p *page) fixed(o *policy.Outcome) {
	if o.Policy.Compared == nil {
		return
	}
	var lines []string
	for _, d := range o.Policy.Compared.Files {
		for _, f := range d.Fixed {
			lines = append(lines, fmt.Sprintf("%s  %s: %s", f.Rule.Severity, finding.Quote(d.Path), f.Message))
		}
	}
	if len(lines) == 0 {
		return
	}
	n := len(lines)
	if n > maxRows {
		lines = append(lines[:maxRows], "… and "+plain.Count(n-maxRows, "more finding")+", in the reports")
	}
	if !p.add(gfm.Fold("✅ "+plain.Count(n, "finding")+" fixed by this change", gfm.Block(lines))) {
		p.more(n, "fixed finding")
	}
}

// fixedCount is how much a change makes go away: "2 findings fixed".
func fixedCount(o *policy.Outcome) string {
	n := o.Policy.Compared.Count()[compare.Fixed]
	if n == 0 {
		return ""
	}
	return plain.Count(n, "finding") + " fixed"
}
