package review

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/gfm"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// fileLimit is how long the comment at one file becomes, in bytes.
const fileLimit = 12_000

// maxAtFile is how many findings the comment at one file shows.
const maxAtFile = 5

// File returns what is said at one file of a pull request: its findings, the
// worst first, each with evidence and what to do.
func File(o *policy.Outcome, f *audit.File, first string) string {
	p := &page{limit: fileLimit, told: make(map[*rule.Rule]bool)}
	p.add(first + "\n")
	p.add("**ModelAudit: " + plain.Count(len(f.Findings), "finding") + " in this file**\n\n")
	for i := range f.Findings {
		found := &f.Findings[i]
		says := icon(found.Rule.Severity) + " " + gfm.Quoted(found.Message) + state(o, found) + "\n\n"
		if i == maxAtFile || !p.add(says+gfm.Fold("Evidence, and how to fix it", p.details(found, Options{}))) {
			p.more(len(f.Findings)-i, "finding")
			break
		}
		p.told[found.Rule] = true
	}
	return strings.TrimRight(p.b.String(), "\n") + "\n"
}

// settledMark starts the second line of what Settled returns.
const settledMark = "✅ Resolved: "

// Settled returns what replaces File when nothing is left to say, and why. If
// the conversation could not be closed, it says who can.
func Settled(first, why string, closed bool) string {
	out := first + "\n" + settledMark + why + ".\n"
	if !closed {
		out += "\nThis conversation can be resolved: the token of the check may not do so itself.\n"
	}
	return out
}

// IsSettled reports whether a comment is one that Settled wrote.
func IsSettled(body string) bool {
	_, rest, _ := strings.Cut(body, "\n")
	return strings.HasPrefix(rest, settledMark)
}
