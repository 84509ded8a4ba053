package entrypoint

import (
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
	a.comment(ctx)
	a.commentFiles(ctx)
	a.explainDenied()
	a.writeSummary()
	a.printLog()
	a.writeOutputs(a.outputs())
}

// upload sends the SARIF report to code scanning.
func (a *action) upload(ctx context.Context, sarif []byte) {
	a.delivered.uploadStatus = github.SkippedNever
	if a.in.upload == "never" || a.event.Deleted || len(sarif) == 0 {
		return
	}
	if a.in.shard.Of > 1 {
		a.delivered.uploadStatus = github.SkippedShard
		return
	}
	if a.client == nil {
		a.delivered.uploadStatus = github.SkippedPermission
		a.note(workflow.Notice, "Results were not uploaded to code scanning: there is no token.")
		return
	}
	to, skip := a.destination()
	if skip != nil {
		a.delivered.uploadStatus = skip.Status
		a.note(workflow.Notice, "Results were not uploaded to code scanning: %s.", skip.Why)
		return
	}
	id, err := a.client.Deliver(ctx, github.Upload{SARIF: sarif, To: to, Started: a.started})
	if err != nil {
		a.delivered.uploadStatus = a.uploadTrouble(err)
		return
	}
	a.delivered.sarifID, a.delivered.uploadStatus = id, github.Uploaded
	if a.in.wait {
		a.await(ctx, id)
	}
}

// destination is where the results belong: what the inputs say, or the event.
func (a *action) destination() (github.Destination, *github.Skip) {
	if a.in.ref != "" {
		return github.Destination{Ref: a.in.ref, SHA: a.in.sha}, nil
	}
	to, skip := a.event.Destination(a.at)
	if skip != nil && skip.Status == github.SkippedQueue && a.in.upload == "always" {
		return github.Destination{Ref: a.event.Ref, SHA: a.event.SHA}, nil
	}
	return to, skip
}

// uploadTrouble notes why an upload was refused and returns its status.
func (a *action) uploadTrouble(err error) string {
	const failed = "Results were not uploaded to code scanning: "
	level := workflow.Warning
	if a.in.upload == "always" {
		level = workflow.Error
	}
	var t *github.Trouble
	if !errors.As(err, &t) {
		a.note(level, failed+"%v.", err)
		return github.UploadFailed
	}
	switch t.Kind {
	case github.NoPermission:
		a.delivered.denied = append(a.delivered.denied, uploadPermission)
		if a.event.ReadOnly() != "" {
			return github.SkippedReadOnly
		}
		return github.SkippedPermission
	case github.FeatureOff:
		a.note(workflow.Notice, failed+"%s. It can be enabled at %s.", sentence(t), a.client.Web("settings/security_analysis"))
		return github.SkippedDisabled
	case github.Archived:
		a.note(workflow.Notice, failed+"%s.", sentence(t))
		return github.SkippedDisabled
	case github.Missing:
		a.note(level, failed+"GitHub says %q. The token may lack %q, or the commit may be gone.", t.Message, uploadPermission)
		return github.UploadFailed
	default:
		a.note(level, failed+"%s.", sentence(t))
		return github.UploadFailed
	}
}

func sentence(t *github.Trouble) string { return strings.TrimRight(t.Message, ". ") }

// await shows what GitHub says about an upload after reading it.
func (a *action) await(ctx context.Context, id string) {
	state, err := a.client.Await(ctx, id)
	switch {
	case err != nil:
		a.note(workflow.Notice, "Results were uploaded; whether GitHub could read them is not known: %v.", err)
	case state.Status == github.ProcessingFailed:
		a.delivered.uploadStatus = github.UploadFailed
		a.note(workflow.Warning, "GitHub could not process the uploaded results: %s", strings.Join(state.Errors, "; "))
	case state.Status == github.ProcessingPending:
		a.note(workflow.Notice, "Results were uploaded; GitHub is still processing them.")
	}
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
		a.delivered.commentURL, err = a.client.Put(ctx, n, old, a.commentBody(len(old) > 0))
	}
	a.commentTrouble(err)
}

func (a *action) commentTrouble(err error) {
	var t *github.Trouble
	switch {
	case err == nil:
	case errors.As(err, &t) && t.Kind == github.NoPermission:
		a.delivered.denied = append(a.delivered.denied, commentPermission)
	default:
		a.note(workflow.Warning, "The pull request was not commented on: %v.", err)
	}
}

// marker is the first line of our comments; it tells several uses of the
// Action on one pull request apart.
func (a *action) marker() string {
	return fmt.Sprintf("<!-- modelaudit:v1 key=%s -->", orDefault(a.in.category, "default"))
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
