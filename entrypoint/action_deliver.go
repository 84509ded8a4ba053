package entrypoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
)

// The permissions that a job is told to grant.
const (
	uploadPermission  = "security-events: write"
	commentPermission = "pull-requests: write"
)

// report delivers the outcome in every way there is. Each stands alone: what
// fails is noted, and the next is tried.
func (a *action) report(ctx context.Context) {
	sarif := a.writeFiles()
	a.upload(ctx, sarif)
	if !a.superseded(ctx) {
		a.comment(ctx)
		a.commentFiles(ctx)
	}
	a.explainDenied()
	a.writeSummary()
	a.printLog()
	a.writeOutputs(a.outputs())
}

// superseded reports whether the pull request has other commits by now: what is
// said of it then belongs to their run, which may have been faster.
func (a *action) superseded(ctx context.Context) bool {
	p := a.event.Pull
	if p == nil || p.Head.SHA == "" || a.client == nil || a.in.shard.Of > 1 || a.in.comment == "never" && !a.in.fileComments {
		return false
	}
	head, err := a.client.Head(ctx, p.Number)
	if err != nil || head == "" || strings.EqualFold(head, p.Head.SHA) {
		return false
	}
	a.note(workflow.Notice, "The pull request has other commits by now (%.12s): its comments are left to their run. This one scanned what was there at %.12s.", head, p.Head.SHA)
	return true
}

// comment keeps one comment on the pull request up to date.
func (a *action) comment(ctx context.Context) {
	if a.event.Pull == nil || a.in.comment == "never" || a.client == nil || a.in.shard.Of > 1 {
		return
	}
	n := a.event.Pull.Number
	old, err := a.client.Comments(ctx, n, a.marker())
	if err == nil {
		if a.quiet() && len(old) == 0 && a.in.comment != "always" {
			return
		}
		err = a.putComment(ctx, n, old)
	}
	a.commentTrouble(err, workflow.Warning, "The pull request was not commented on: %v.")
}

// commentSizes is how many bytes a comment may have, and how many after GitHub
// refused a longer one.
var commentSizes = [...]int{github.MaxComment, github.MaxComment / 4, github.MaxComment / 12}

// putComment writes the comment, and a shorter one if GitHub finds it too long:
// it counts what it makes of the text, which cannot be known here.
func (a *action) putComment(ctx context.Context, n int, old []github.Comment) (err error) {
	for i, limit := range commentSizes {
		a.delivered.commentURL, err = a.client.Put(ctx, n, old, a.commentBody(len(old) > 0, limit))
		if err == nil && i > 0 {
			a.note(workflow.Notice, "GitHub did not take the comment at its full length: what it leaves out is in the job summary and in %s.", a.in.jsonFile)
		}
		if !github.IsTooLarge(err) {
			break
		}
	}
	return err
}

// commentTrouble notes in a sentence why there is no comment. A permission that
// lacks is explained once for all that it denies: see explainDenied.
func (a *action) commentTrouble(err error, level workflow.Level, sentence string) {
	var t *github.Trouble
	switch {
	case err == nil:
	case errors.As(err, &t) && t.Kind == github.NoPermission:
		a.delivered.denied = append(a.delivered.denied, commentPermission)
	default:
		a.note(level, sentence, err)
	}
}

// marker is the first line of our comments; it tells several uses of the
// Action on one pull request apart.
func (a *action) marker() string {
	return fmt.Sprintf("<!-- modelaudit:v1 key=%s -->", cmp.Or(a.in.category, "default"))
}

// quiet reports whether there is nothing to tell.
func (a *action) quiet() bool {
	return len(a.outcome.Report.Findings()) == 0 && len(a.outcome.Report.Unread()) == 0
}

// explainDenied says once what the token may not do and what to change.
func (a *action) explainDenied() {
	if len(a.delivered.denied) == 0 {
		return
	}
	if why := a.event.ReadOnly(); why != "" {
		a.note(workflow.Notice, "GitHub gives %s a read-only token, so results are not in code scanning or in a comment. "+
			"They are in the job summary and in %s; the check itself works as always.", why, a.in.sarifFile)
		return
	}
	yaml := append([]string{"contents: read"}, a.delivered.denied...)
	if !slices.Contains(a.delivered.denied, commentPermission) && a.event.Pull != nil {
		yaml = append(yaml, commentPermission)
	}
	if !slices.Contains(a.delivered.denied, uploadPermission) && a.in.upload != "never" {
		yaml = append(yaml, uploadPermission)
	}
	slices.Sort(yaml)
	yaml = slices.Compact(yaml)
	a.note(workflow.Warning, "The token may not deliver every report. Add to the job in the workflow: permissions: {%s}", strings.Join(yaml, ", "))
}
