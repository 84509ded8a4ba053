// Package policy says which findings count, and what the outcome of a scan is.
package policy

import (
	"fmt"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Threshold is the mildest severity that fails; Never fails on none.
type Threshold struct {
	Severity rule.Severity
	Never    bool
}

// ParseThreshold reads the value of --fail-on.
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

// OnIncomplete says what a file that was not fully read does to the outcome.
type OnIncomplete string

// The values of --on-incomplete.
const (
	FailIncomplete OnIncomplete = "fail"
	WarnIncomplete OnIncomplete = "warn"
)

// ParseOnIncomplete reads the value of --on-incomplete.
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

// A Verdict is the outcome of a scan.
type Verdict string

// The verdicts, worst first. Findings outrank incompleteness.
const (
	Fail Verdict = "fail" // findings at or above the threshold
	Open Verdict = "incomplete"
	Pass Verdict = "pass"
)

// Judge decides the outcome of a scan.
func (p Policy) Judge(r *audit.Report) Verdict {
	if !p.FailOn.Never {
		for _, f := range r.Files {
			for _, found := range f.Findings {
				if found.Rule.Severity >= p.FailOn.Severity {
					return Fail
				}
			}
		}
	}
	if p.OnIncomplete == FailIncomplete && len(r.Unread()) > 0 {
		return Open
	}
	return Pass
}

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
