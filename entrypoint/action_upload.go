package entrypoint

import (
	"context"
	"errors"
	"strings"

	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/sarif"
)

// upload sends the SARIF report to code scanning.
func (a *action) upload(ctx context.Context, doc []byte) {
	a.delivered.uploadStatus = github.SkippedNever
	if a.in.upload == "never" || a.event.Deleted || len(doc) == 0 {
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
	id, err := a.deliver(ctx, doc, to)
	if err != nil {
		a.delivered.uploadStatus = a.uploadTrouble(err)
		return
	}
	a.delivered.sarifID, a.delivered.uploadStatus = id, github.Uploaded
	if a.in.wait {
		a.await(ctx, id)
	}
}

// smaller is what is left out of a report, step by step, until GitHub takes it.
var smaller = [...]struct {
	most int // results
	says string
}{
	{sarif.MaxResults, "without the places of the evidence"},
	{1000, "with no more than the 1000 worst findings, without the places of their evidence"},
	{100, "with no more than the 100 worst findings, without the places of their evidence"},
}

// deliver uploads a report, or as much of it as GitHub takes.
func (a *action) deliver(ctx context.Context, doc []byte, to github.Destination) (string, error) {
	id, err := a.client.Deliver(ctx, github.Upload{SARIF: doc, To: to, Started: a.started})
	for _, step := range smaller {
		if !github.IsTooLarge(err) {
			break
		}
		opts := a.sarifOptions()
		// What is left out here is in the file, and the note says so.
		opts.Brief, opts.Most = true, step.most
		less, wrong := a.sarif(opts)
		if wrong != nil {
			return "", wrong
		}
		id, err = a.client.Deliver(ctx, github.Upload{SARIF: less, To: to, Started: a.started})
		if err == nil {
			a.note(workflow.Warning, "The report was too large for code scanning, which got it %s. The whole is in %s.", step.says, a.in.sarifFile)
		}
	}
	return id, err
}

// destination is where the results belong: what the inputs say, or the event.
func (a *action) destination() (github.Destination, *github.Skip) {
	if a.in.ref != "" {
		return github.Destination{Ref: a.in.ref, SHA: a.in.sha}, nil
	}
	to, skip := a.event.Destination(a.at)
	if skip != nil && skip.Status == github.SkippedQueue && a.in.upload == "always" {
		// Alerts of a merge queue's passing branch stay after it is gone: only
		// somebody who insists gets them.
		return github.Destination{Ref: a.event.Ref, SHA: a.event.SHA}, nil
	}
	return to, skip
}

// uploadTrouble notes why an upload was refused and returns its status.
func (a *action) uploadTrouble(err error) string {
	// Who asked for an upload at all costs reads an error, others a warning.
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
	// GitHub answers 404 also to a token that may not know that the repository
	// is there.
	case github.Missing:
		a.note(level, failed+"GitHub says %q. The token may lack %q, or the commit may be gone.", t.Message, uploadPermission)
		return github.UploadFailed
	default:
		a.note(level, failed+"%s.", sentence(t))
		return github.UploadFailed
	}
}

// sentence is what GitHub said, without the full stop that our own sentence
// brings.
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
