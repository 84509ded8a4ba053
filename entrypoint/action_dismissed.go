package entrypoint

import (
	"context"
	"fmt"
	"slices"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/sarif"
)

// respectDismissals lets findings not fail whose alerts were dismissed in code
// scanning, by people who may. It asks only if something fails.
func (a *action) respectDismissals(ctx context.Context) {
	if !a.in.dismissals || a.client == nil || a.outcome.Verdict != policy.Fail {
		return
	}
	refs := []string{""} // the default branch
	if a.event.Pull != nil {
		refs = append(refs, fmt.Sprintf("refs/pull/%d/merge", a.event.Pull.Number))
	}
	if to, skip := a.destination(); skip == nil && !slices.Contains(refs, to.Ref) {
		refs = append(refs, to.Ref)
	}
	dismissed := make(map[string]string)
	for _, ref := range refs {
		list, err := a.client.Dismissals(ctx, ref)
		if err != nil {
			continue // no code scanning, no permission: nothing was dismissed
		}
		for _, d := range list {
			dismissed[alertName(d)] = d.Reason
		}
	}
	if len(dismissed) == 0 {
		return
	}
	n := 0
	p := a.outcome.Policy
	p.Dismissed = func(f *finding.Finding) string {
		return dismissed[alertName(github.Dismissal{Rule: f.Rule.ID, Path: f.Location.Path, Message: sarif.Message(f)})]
	}
	for _, f := range a.outcome.Report.Findings() {
		if p.Dismissed(&f) != "" {
			n++
		}
	}
	if n > 0 {
		a.note(workflow.Notice, "Dismissed in code scanning, and so no reason to fail this check: %s.", plain.Count(n, "finding"))
		a.outcome.Policy = p
		a.outcome.Verdict = p.Verdict(&a.outcome.Report)
	}
}

// alertName tells alerts apart: one that claims something else is another, so
// that a dismissed call does not cover one with other arguments.
func alertName(d github.Dismissal) string {
	return d.Rule + "\x00" + d.Path + "\x00" + sarif.Claim(d.Message)
}
