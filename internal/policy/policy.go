// Package policy says which findings count, and what the outcome of a scan is.
package policy

import (
	"fmt"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
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
	Report     audit.Report // the findings that count
	Suppressed []Suppressed // the others, in the order of finding.Compare
	Warnings   []string     // about the policy's own entries; hostile text in them is quoted
	Verdict    Verdict
	Policy     Policy
}

// A Suppressed finding does not count, for a reason that someone gave.
type Suppressed struct {
	Finding finding.Finding
	By      string // "accepted", "allowed" or "baseline"
	Reason  string // as it was given; "" for a baseline
}

// Judge decides the outcome of a scan.
func (p Policy) Judge(r audit.Report) Outcome {
	return Outcome{Report: r, Verdict: p.verdict(&r), Policy: p}
}

func (p Policy) verdict(r *audit.Report) Verdict {
	for _, f := range r.Files {
		for _, found := range f.Findings {
			if p.FailOn.Fails(found.Rule.Severity) {
				return Fail
			}
		}
	}
	if p.OnIncomplete == FailIncomplete && len(r.Unread()) > 0 {
		return Open
	}
	return Pass
}
