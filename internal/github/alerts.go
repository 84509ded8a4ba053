package github

import (
	"context"

	gh "github.com/google/go-github/v60/github"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// A Dismissal is an alert of ours that somebody who may has closed by hand.
type Dismissal struct {
	Rule, Path, Message string // as they were uploaded
	Reason              string // GitHub's word and the person's comment, quoted
}

// maxAlertPages bounds how many pages of alerts are read.
const maxAlertPages = 20

// Dismissals lists the dismissed alerts of a ref, or of the default branch if
// ref is "".
func (c *Client) Dismissals(ctx context.Context, ref string) ([]Dismissal, error) {
	var out []Dismissal
	opts := gh.AlertListOptions{State: "dismissed", ToolName: ToolName, Ref: ref, ListOptions: gh.ListOptions{PerPage: perPage}}
	for range maxAlertPages {
		page, resp, err := c.api.CodeScanning.ListAlertsForRepo(ctx, c.owner, c.name, &opts)
		if err != nil {
			return nil, trouble(err)
		}
		for _, a := range page {
			at := a.MostRecentInstance
			if a.Rule == nil || at == nil || a.GetState() != "dismissed" {
				continue
			}
			out = append(out, Dismissal{
				Rule: a.Rule.GetID(), Path: at.GetLocation().GetPath(), Message: at.GetMessage().GetText(),
				Reason: dismissalReason(a),
			})
		}
		if resp.NextPage <= opts.ListOptions.Page {
			break
		}
		opts.ListOptions.Page = resp.NextPage
	}
	return out, nil
}

// dismissalReason is why an alert was dismissed, as it is shown in reports: a
// person wrote part of it.
func dismissalReason(a *gh.Alert) string {
	reason := a.GetDismissedReason()
	if comment := a.GetDismissedComment(); comment != "" {
		reason += ": " + comment
	}
	return finding.Quote(reason)
}
