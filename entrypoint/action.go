package entrypoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/runner"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// An action is one run as a GitHub Action.
type action struct {
	World
	in        inputs
	workspace string
	event     *github.Event
	client    *github.Client // nil without a token
	at        github.Checkout
	started   time.Time
	notes     []workflow.Annotation

	compared  string // commit of the input base-ref; "" for none
	set       change.Set
	pointers  map[string]bool // paths that hold a Git LFS pointer
	outcome   policy.Outcome
	delivered delivery
}

// A delivery is what became of the reports.
type delivery struct {
	sarifID, uploadStatus, commentURL string
	denied                            []string // permissions that the token lacks
}

// actionCommand is the door of the container: it takes no flags, since a
// workflow speaks in inputs.
func actionCommand(w World, status *int) *cobra.Command {
	return &cobra.Command{
		Use:   "action",
		Short: "Run as a GitHub Action: inputs, event and token come from the environment",
		Args:  exactly(0, "argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			*status = runAction(cmd.Context(), w)
			return nil
		},
	}
}

// runAction returns the exit status, which the verdict alone decides once there
// is one: a report that cannot be delivered changes nothing.
func runAction(ctx context.Context, w World) int {
	a := &action{World: w, started: time.Now()}
	a.delivered.uploadStatus = github.SkippedNever
	err := a.prepare()
	if err == nil {
		err = a.audit(ctx)
	}
	if err != nil {
		return a.fail(err)
	}
	a.report(ctx)
	return a.outcome.Verdict.ExitStatus()
}

// fail says in one line why there is no verdict.
func (a *action) fail(err error) int {
	workflow.Print(a.Stdout, []workflow.Annotation{{Level: workflow.Error, Title: "modelaudit", Message: err.Error()}})
	a.writeOutputs([]runner.Output{{Name: "verdict", Value: "error"}})
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// prepare reads what the runner says: inputs, event, workspace, token.
func (a *action) prepare() (err error) {
	if a.in, err = readInputs(a.Getenv); err != nil {
		return err
	}
	if a.workspace, err = a.readWorkspace(); err != nil {
		return err
	}
	if a.event, err = a.readEvent(); err != nil {
		return usageError{err}
	}
	a.at = change.CheckedOut(a.workspace)
	if a.client, err = a.connect(); err != nil {
		return usageError{err}
	}
	for _, report := range []struct{ input, name string }{{"sarif-file", a.in.sarifFile}, {"json-file", a.in.jsonFile}} {
		if err := runner.Prepare(a.workspace, report.name); err != nil {
			return inputError(report.input, errors.New(told(err)))
		}
	}
	return nil
}

// readWorkspace returns the directory of the checkout.
func (a *action) readWorkspace() (string, error) {
	dir := a.Getenv("GITHUB_WORKSPACE")
	if dir == "" {
		return os.Getwd()
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return "", usageError{fmt.Errorf("GITHUB_WORKSPACE: %w", err)}
	}
	return dir, nil
}

// maxEvent bounds the event file; GitHub caps payloads at 25 MB.
const maxEvent = 64 << 20

// readEvent returns what started the run. Without an event file, as where the
// Action is run by hand, the environment alone says it.
func (a *action) readEvent() (*github.Event, error) {
	e := github.Event{
		Name: a.Getenv("GITHUB_EVENT_NAME"), Ref: a.Getenv("GITHUB_REF"),
		SHA: a.Getenv("GITHUB_SHA"), Actor: a.Getenv("GITHUB_ACTOR"),
	}
	name := a.Getenv("GITHUB_EVENT_PATH")
	if name == "" {
		return github.ParseEvent(e, nil)
	}
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxEvent {
		err = fmt.Errorf("%d bytes, more than %d", info.Size(), maxEvent)
	}
	if err != nil {
		return nil, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	return github.ParseEvent(e, file)
}

// connect returns the client of the API, or nil if there is no token or no
// GitHub to speak to.
func (a *action) connect() (*github.Client, error) {
	if a.in.token == "" || a.Getenv("GITHUB_REPOSITORY") == "" {
		return nil, nil
	}
	return github.New(github.Config{
		APIURL:     cmp.Or(a.Getenv("GITHUB_API_URL"), "https://api.github.com"),
		GraphQLURL: a.Getenv("GITHUB_GRAPHQL_URL"),
		ServerURL:  cmp.Or(a.Getenv("GITHUB_SERVER_URL"), "https://github.com"),
		Repository: a.Getenv("GITHUB_REPOSITORY"),
		Token:      a.in.token,
		Agent:      "modelaudit/" + version(),
		Net:        a.Net,
	})
}

// audit scans what the event is about and judges it.
func (a *action) audit(ctx context.Context) error {
	s, err := a.settings(ctx)
	if err != nil {
		return err
	}
	if a.event.Deleted {
		a.note(workflow.Notice, "The push deletes %s: there is nothing to scan.", a.event.Ref)
		a.outcome = s.Policy.Judge(a.outcome.Report)
		return nil
	}
	a.resolveBase(ctx)
	a.set = a.changes(ctx)
	// Needs the changed files, and so comes after the settings that it does not
	// influence.
	a.checkNewPolicy()
	files, err := a.candidates(ctx, s.Filter)
	if err != nil {
		return err
	}
	// An accepted finding or an entry of a baseline that matches nothing is out
	// of date only where everything was looked at.
	s.Policy.Partial = a.set.Whole == "" || a.in.shard.Of > 1 || len(a.in.paths)+len(a.in.ignore) > 0
	result := scanner(s).All(ctx, files, nil)
	s.Policy.Compared = a.compare(ctx, s, &result)
	s.Policy.NewOnly = a.in.newOnly
	a.outcome = s.Policy.Judge(result)
	a.respectDismissals(ctx)
	return nil
}

// bare reports whether a directory holds nothing. A scan of it would pass, and its
// upload would close every alert.
func bare(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// candidates lists what is scanned. Where a pull request's merge is not what is
// checked out, a changed file counts as unread unless it has the content it
// should have; a scan of everything cannot tell, and warns.
func (a *action) candidates(ctx context.Context, filter walk.Filter) ([]walk.File, error) {
	wrong := a.event.Pull != nil && !a.event.Pull.Contains(a.event, a.at)
	if wrong && a.set.Whole != "" {
		a.note(workflow.Warning, "Commit %s is checked out, which is not what the pull request would merge: what it changes was not scanned.", cmp.Or(a.at.SHA, "unknown"))
	}
	files, err := a.set.Candidates(change.Workspace{Root: a.workspace, Wrong: wrong}, filter)
	switch {
	case err != nil:
		return nil, err
	case a.set.Whole != "" && bare(a.workspace):
		return nil, usageError{errors.New("the workspace is empty: actions/checkout has to come before this step")}
	case a.set.Whole != "" && len(files) == 0 && len(a.in.paths) > 0:
		a.note(workflow.Warning, "No file in the workspace matches the input paths: nothing was scanned.")
	}
	return a.resolvePointers(ctx, a.in.shard.Share(files, change.Weight), filter.MaxSize), nil
}

// changes decides what is scanned.
func (a *action) changes(ctx context.Context) change.Set {
	byEvent := a.event.Pull != nil || a.event.Queue != nil
	switch {
	case a.in.mode == "full":
		return change.Everything("the input scan-mode says so")
	// Only what is proposed is judged by its changes; what is there is scanned
	// whole.
	case a.in.mode == "auto" && !byEvent:
		return change.Everything("the event is " + cmp.Or(a.event.Name, "unknown"))
	case a.client == nil:
		return a.fallBack("there is no token to ask GitHub what was changed")
	}
	event := *a.event
	if a.compared != "" {
		// GitHub then compares the two commits as it does for a push.
		event.Before, event.After = a.compared, a.event.SHA
	}
	set := change.List(ctx, a.client, &event)
	if set.Whole != "" {
		return a.fallBack(set.Whole)
	}
	return set
}

// fallBack scans everything where the changed files would have done, and says so.
func (a *action) fallBack(why string) change.Set {
	a.note(workflow.Notice, "Everything in the workspace was scanned, not only what was changed: %s.", why)
	return change.Everything(why)
}
