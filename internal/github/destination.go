package github

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// A Destination is the commit and the ref that results belong to.
type Destination struct{ Ref, SHA string }

// What the upload API accepts; anything else is a 400.
var (
	uploadRef = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^refs/(heads|tags|pull)/.+$`) })
	commitID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$`) })
)

// check returns an error that names what the upload API would refuse.
func (d Destination) check() error {
	if !uploadRef().MatchString(d.Ref) {
		return fmt.Errorf("ref %q does not start with refs/heads/, refs/tags/ or refs/pull/", d.Ref)
	}
	if !commitID().MatchString(d.SHA) {
		return fmt.Errorf("commit %q is not 40 or 64 hexadecimal digits", d.SHA)
	}
	return nil
}

// A Checkout is what the workspace holds; its zero value is "unknown".
type Checkout struct {
	SHA string // the commit; "" if unknown
	// Branch is the remote's branch that is checked out by name, "" if none or unknown.
	Branch string
}

// A Skip is a reason why results are not uploaded.
type Skip struct {
	Status string // for the output upload-status
	Why    string
}

// The statuses of the output upload-status.
const (
	Uploaded          = "uploaded"
	UploadFailed      = "failed"
	SkippedNever      = "skipped-never"       // the input says so
	SkippedReadOnly   = "skipped-fork"        // the token of a fork or Dependabot cannot write
	SkippedPermission = "skipped-permission"  // the token lacks security-events: write
	SkippedDisabled   = "skipped-disabled"    // code scanning is off, or the repository is archived
	SkippedQueue      = "skipped-merge-queue" // the ref will be gone
	SkippedCommit     = "skipped-commit"      // the workspace is not what the event is about
	SkippedShard      = "skipped-shard"       // the results are merged with others first
	SkippedEvent      = "skipped-event"       // the event does not say what its results belong to
)

// queuePrefix is where merge queues keep branches that are deleted after the
// run: results sent there race with the deletion.
const queuePrefix = "refs/heads/gh-readonly-queue/"

// Destination decides where the results of a scan of this checkout belong.
func (e *Event) Destination(at Checkout) (Destination, *Skip) {
	switch {
	case e.Name == "merge_group" || strings.HasPrefix(e.Ref, queuePrefix):
		return Destination{}, &Skip{SkippedQueue, "a merge queue's branch is deleted after the run, and its alerts with it"}
	case e.Name == "workflow_run":
		return Destination{}, &Skip{SkippedEvent, "a workflow_run event stands on the default branch, whatever was scanned: " +
			"set the inputs ref and sha to what the results belong to"}
	case e.Pull != nil:
		return e.Pull.destination(e, at)
	case at.Branch != "" && strings.HasPrefix(e.Ref, "refs/heads/") && e.Ref != "refs/heads/"+at.Branch:
		return Destination{}, &Skip{SkippedCommit, fmt.Sprintf(
			"branch %q is checked out, but the event is about %q: set the inputs ref and sha to what the results belong to", at.Branch, e.Ref)}
	default:
		return Destination{e.Ref, e.SHA}, nil
	}
}

// destination: GITHUB_REF and GITHUB_SHA are the merge commit on pull_request,
// and the base branch on pull_request_target.
func (p *Pull) destination(e *Event, at Checkout) (Destination, *Skip) {
	switch {
	case p.Contains(e, at) && at.SHA == p.Head.SHA:
		return Destination{fmt.Sprintf("refs/pull/%d/head", p.Number), p.Head.SHA}, nil
	case p.Contains(e, at):
		return Destination{e.Ref, e.SHA}, nil
	default:
		return Destination{}, &Skip{SkippedCommit, fmt.Sprintf(
			"the workspace holds commit %s, which is neither the head of pull request #%d nor its merge commit", cmp.Or(at.SHA, "unknown"), p.Number)}
	}
}

// Contains reports whether the checkout is the pull request: its head, or, on
// pull_request, the merge commit. An unknown checkout is taken for what the
// event checks out by default.
func (p *Pull) Contains(e *Event, at Checkout) bool {
	if at.SHA != "" && strings.EqualFold(at.SHA, p.Head.SHA) {
		return true
	}
	return e.Name == "pull_request" && (at.SHA == "" || strings.EqualFold(at.SHA, e.SHA))
}
