// Package policy says which findings count, and what the outcome of a scan is.
package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/glob"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Threshold is the mildest severity that fails; Never fails on none.
type Threshold struct {
	Severity rule.Severity
	Never    bool
}

// ParseThreshold reads a severity from low on, or "none".
func ParseThreshold(s string) (Threshold, error) {
	if s == "none" {
		return Threshold{Never: true}, nil
	}
	v, ok := rule.ParseSeverity(s)
	if !ok || v == rule.Info {
		return Threshold{}, fmt.Errorf("%q is not one of critical, high, medium, low, none", s)
	}
	return Threshold{Severity: v}, nil
}

// String is the threshold as a policy spells it.
func (t Threshold) String() string {
	if t.Never {
		return "none"
	}
	return t.Severity.String()
}

// Fails reports whether a finding of severity s fails.
func (t Threshold) Fails(s rule.Severity) bool { return !t.Never && s >= t.Severity }

// OnIncomplete says what a file that was not fully read does to the outcome.
type OnIncomplete string

// The values of --on-incomplete.
const (
	FailIncomplete OnIncomplete = "fail"
	WarnIncomplete OnIncomplete = "warn"
)

// ParseOnIncomplete reads "fail" or "warn".
func ParseOnIncomplete(s string) (OnIncomplete, error) {
	if v := OnIncomplete(s); v == FailIncomplete || v == WarnIncomplete {
		return v, nil
	}
	return "", fmt.Errorf("%q is not one of fail, warn", s)
}

// A Policy is what a user decided about findings.
type Policy struct {
	FailOn       Threshold
	OnIncomplete OnIncomplete
	ReportMin    rule.Severity  // milder findings are suppressed unless they fail; 0: none
	MinPrecision rule.Precision // less certain findings are suppressed; 0: none
	Paths        []PathRule     // of those that match a path, the last one that sets a value decides
	Accepted     []Acceptance
	Allowed      []Allowance
	Baseline     *Baseline // nil for none
	// Partial says that the scan covers only a part of what the policy is
	// about, so that an entry without a match means nothing.
	Partial bool
	// Name gives the path that globs and the baseline speak of for a path of the
	// scan, which it returns unchanged where it knows none; nil: they are the same.
	Name func(path string) string
	// Known reports whether a rule of that ID exists; nil: all do.
	Known func(id string) bool
	// Now is the time that decides what has expired.
	Now time.Time
	// Compared tells which findings were there before a change; nil: none.
	Compared *compare.Comparison
	// Dismissed returns why a finding's alert was closed by hand where the
	// project keeps its alerts, "" if it was not; nil: none was. Such a finding
	// is reported, so that its alert stays closed, and does not fail.
	Dismissed func(*finding.Finding) string
	// NewOnly lets findings that were there before the change not fail.
	NewOnly bool
}

// A PathRule sets other values for a part of the files.
type PathRule struct {
	Path         string        // glob
	FailOn       *Threshold    // nil: as for the others
	OnIncomplete *OnIncomplete // nil: as for the others
}

// name is a path as the policy's globs see it.
func (p *Policy) name(path string) string {
	if p.Name != nil {
		path = p.Name(path)
	}
	return finding.UTF8(path)
}

// failOn returns the threshold that holds for a file of the scan.
func (p *Policy) failOn(path string) Threshold {
	t := p.FailOn
	for _, r := range p.Paths {
		if r.FailOn != nil && glob.Match(r.Path, p.name(path)) {
			t = *r.FailOn
		}
	}
	return t
}

// onIncomplete is what the policy says of an unread file. The last path that
// matches counts.
func (p *Policy) onIncomplete(path string) OnIncomplete {
	o := p.OnIncomplete
	for _, r := range p.Paths {
		if r.OnIncomplete != nil && glob.Match(r.Path, p.name(path)) {
			o = *r.OnIncomplete
		}
	}
	return o
}

// WhyDismissed returns why a finding's alert was closed by hand, quoted, or "".
func (p *Policy) WhyDismissed(f *finding.Finding) string {
	if p.Dismissed == nil {
		return ""
	}
	return p.Dismissed(f)
}

// Fails reports whether a finding makes the outcome Fail.
func (p *Policy) Fails(f *finding.Finding) bool {
	if p.WhyDismissed(f) != "" {
		return false
	}
	if p.NewOnly && p.Compared.State(f) == compare.Known {
		return false
	}
	return p.failOn(f.Location.Path).Fails(f.Rule.Severity)
}

// Opens reports whether what was not read of a file makes the outcome Open. A
// file whose every gap was accepted does not.
func (p *Policy) Opens(f *audit.File) bool {
	return f.Unread() && !accepted(f) && p.onIncomplete(f.Path) == FailIncomplete
}

// accepted reports whether a file that was opened has no gap left: the findings
// that told of them are suppressed.
func accepted(f *audit.File) bool {
	gap := func(f finding.Finding) bool { return f.Rule.Unread }
	return f.Status == audit.Incomplete && !slices.ContainsFunc(f.Findings, gap)
}

// A Verdict is the outcome of a scan in one word.
type Verdict string

// The verdicts, worst first. Findings outrank incompleteness.
const (
	Fail Verdict = "fail" // findings at or above the threshold
	Open Verdict = "incomplete"
	Pass Verdict = "pass"
)

// ExitStatus is what the process reports of a verdict.
func (v Verdict) ExitStatus() int {
	switch v {
	case Fail:
		return 1
	case Open:
		return 3
	default:
		return 0
	}
}

// An Outcome is a scan as the policy sees it. Every report is written from it.
type Outcome struct {
	Report     audit.Report // with the findings that count
	Suppressed []Suppressed // the others, in the order of finding.Compare
	Warnings   []string     // about the policy's own entries; hostile text in them is quoted
	Verdict    Verdict
	Policy     Policy
}

// Judge decides the outcome of a scan. It does not change the report.
func (p Policy) Judge(r audit.Report) Outcome {
	o := Outcome{Policy: p}
	o.Report, o.Suppressed, o.Warnings = p.suppress(r)
	o.Verdict = p.Verdict(&o.Report)
	return o
}

// Verdict decides about a report from which what does not count was taken out.
func (p *Policy) Verdict(r *audit.Report) Verdict {
	v := Pass
	for i := range r.Files {
		f := &r.Files[i]
		if slices.ContainsFunc(f.Findings, func(found finding.Finding) bool { return p.Fails(&found) }) {
			return Fail
		}
		if p.Opens(f) {
			v = Open
		}
	}
	return v
}
