// Package rule describes what can be said about a model file. Rules are data:
// each stands beside the check that reports it, and everything else (the rule
// index, SARIF descriptors, help pages) is derived from them.
package rule

import (
	"fmt"
	"strings"
)

// A Severity says how bad it is if the finding is true.
type Severity uint8

// Severities, mildest first, so that they can be compared.
const (
	Info     Severity = iota + 1 // context
	Low                          // worth a look
	Medium                       // dangerous in a setting that cannot be seen from the file
	High                         // hands code to a runtime that may run it, escapes its directory, or hides on purpose
	Critical                     // loading the file runs attacker-chosen code or overwrites a file
)

// Severities lists all, worst first.
var Severities = [...]Severity{Critical, High, Medium, Low, Info}

func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	default:
		return fmt.Sprintf("Severity(%d)", uint8(s))
	}
}

// ParseSeverity is the inverse of String.
func ParseSeverity(s string) (Severity, bool) {
	for _, v := range Severities {
		if v.String() == s {
			return v, true
		}
	}
	return 0, false
}

// A Precision says how often the finding is true when it is made.
type Precision uint8

// Precisions, weakest first.
const (
	Possible Precision = iota + 1
	Likely
	Certain
)

func (p Precision) String() string {
	switch p {
	case Possible:
		return "possible"
	case Likely:
		return "likely"
	case Certain:
		return "certain"
	default:
		return fmt.Sprintf("Precision(%d)", uint8(p))
	}
}

// ParsePrecision is the inverse of String.
func ParsePrecision(s string) (Precision, bool) {
	for p := Possible; p <= Certain; p++ {
		if p.String() == s {
			return p, true
		}
	}
	return 0, false
}

// A Rule is one kind of danger, with one severity and one certainty: a check
// that is sometimes certain and sometimes not is two rules.
type Rule struct {
	ID        string // in words, lower case with hyphens; never changes
	Title     string // one line, without a full stop
	Severity  Severity
	Precision Precision
	CWE       []int    // weakness numbers
	CVE       []string // "CVE-2025-1550": where the rule recognises the construct of that vulnerability
	Since     string   // version that first had it
	// Unread: the finding says that a part of the file was not read.
	Unread bool
	// NamesCallable: the key of the finding is the full name of a callable of
	// which nothing is known, so that a policy may vouch for it.
	NamesCallable bool
	Doc           string // Markdown: the help of its family, of which Help is a section
}

// Explain tells each rule where its prose stands and returns the rules: in doc, the
// help.md of their family in Markdown.
func Explain(doc string, rules ...*Rule) []*Rule {
	for _, r := range rules {
		r.Doc = doc
	}
	return rules
}

// Help returns in Markdown what a rule is about, why it matters, how to fix it and how to
// accept the risk: the section of its family's help.md whose second-level heading is the
// rule's ID. It is empty where there is none, which the first test of a family refuses.
func (r *Rule) Help() string {
	_, sections, _ := strings.Cut("\n"+r.Doc, "\n## ")
	for section := range strings.SplitSeq(sections, "\n## ") {
		if id, body, _ := strings.Cut(section, "\n"); id == r.ID {
			return strings.TrimSpace(body)
		}
	}
	return ""
}
