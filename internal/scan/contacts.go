package scan

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/address"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// contacts returns steps for the addresses that a finding quotes, where they say
// something about who is at the other end: what a call is made with is evidence,
// whichever detector quotes it. Findings that only inform need none.
func contacts(f *finding.Finding) []finding.Step {
	if f.Rule.Severity < rule.Medium || f.Rule.Unread {
		return nil
	}
	var out []finding.Step
	told := make(map[string]bool)
	look := func(text string, offset int64) {
		for _, a := range address.Find(text) {
			shown := strings.TrimRight(a.Text, "\\…).,;")
			if !told[a.Kind] {
				out = append(out, finding.Step{Offset: offset, Text: fmt.Sprintf("address %s: the host %s", shown, a.Why)})
			}
			told[a.Kind] = true
		}
	}
	for _, s := range f.Evidence {
		look(s.Text, s.Offset)
	}
	look(f.Message, f.Location.Offset)
	return out
}
