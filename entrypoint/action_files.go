package entrypoint

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// maxFileComments is at how many files a pull request is commented on; the
// summary comment has them all.
const maxFileComments = 10

// commentFiles keeps a comment at each of the worst files up to date: a binary
// file has no lines that alerts could stand at.
func (a *action) commentFiles(ctx context.Context) {
	if a.event.Pull == nil || !a.in.fileComments || a.client == nil || a.in.shard.Of > 1 || slices.Contains(a.delivered.denied, commentPermission) {
		return
	}
	old, err := a.client.FileComments(ctx, a.event.Pull.Number, a.filePrefix())
	if err == nil {
		err = a.updateFiles(ctx, old)
	}
	a.commentTrouble(err, workflow.Notice, "Files of the pull request were not all commented on: %v.")
}

// updateFiles writes what is new, replaces what changed, and marks what is
// fixed.
func (a *action) updateFiles(ctx context.Context, old []github.FileComment) error {
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	written := make(map[string]bool)
	threads := conversations{action: a}
	for _, m := range old {
		if github.Hopeless(first) {
			return first
		}
		if written[firstLine(m.Body)] {
			keep(a.client.DeleteFileComment(ctx, m))
			continue
		}
		written[firstLine(m.Body)] = true
		switch err := a.updateFile(ctx, m, &threads); {
		case github.Gone(err): // deleted meanwhile: written anew below
			delete(written, firstLine(m.Body))
		default:
			keep(err)
		}
	}
	for _, f := range a.worstFiles() {
		if written[a.fileMarker(f.Path)] {
			continue
		}
		keep(a.client.WriteFileComment(ctx, a.event.Pull.Number, a.event.Pull.Head.SHA, github.FileComment{Path: f.Path, Body: a.findingsAt(f)}))
		if first != nil {
			break
		}
	}
	return first
}

// worstFiles are the changed files whose new findings are worth a comment,
// worst first.
func (a *action) worstFiles() []*audit.File {
	listed := make(map[string]bool)
	for _, f := range a.set.Files {
		listed[f.Path] = f.Status != "removed"
	}
	var out []*audit.File
	grave := make(map[string]rule.Severity)
	for i := range a.outcome.Report.Files {
		f := &a.outcome.Report.Files[i]
		for _, found := range f.Findings {
			if listed[f.Path] && a.outcome.Policy.Compared.State(&found) == compare.New {
				grave[f.Path] = max(grave[f.Path], found.Rule.Severity)
			}
		}
		if grave[f.Path] >= rule.Medium {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y *audit.File) int { return int(grave[y.Path]) - int(grave[x.Path]) })
	return out[:min(len(out), maxFileComments)]
}

// updateFile makes a comment say what is to be said at its file now. It is left
// alone where that is not known, because the file was not read.
func (a *action) updateFile(ctx context.Context, m github.FileComment, threads *conversations) error {
	f, why := a.stateOf(m.Path)
	var body string
	switch {
	case f != nil:
		body = a.findingsAt(f)
		if review.IsSettled(m.Body) {
			threads.settle(ctx, m, false)
		}
	case why == "" || review.IsSettled(m.Body):
		return nil
	default:
		body = review.Settled(a.fileMarker(m.Path), why, threads.settle(ctx, m, true))
	}
	if body == m.Body {
		return nil
	}
	return a.client.EditFileComment(ctx, github.FileComment{ID: m.ID, Body: body})
}

// stateOf returns the file if it has findings, or says why there are none any
// more; neither, if it was not read.
func (a *action) stateOf(path string) (f *audit.File, settled string) {
	ours := func(s policy.Suppressed) bool { return s.Finding.Location.Path == path }
	for i := range a.outcome.Report.Files {
		switch f := &a.outcome.Report.Files[i]; {
		case f.Path != path:
		case len(f.Findings) > 0:
			return f, ""
		case f.Unread():
			return nil, ""
		case slices.ContainsFunc(a.outcome.Suppressed, ours):
			return nil, "what ModelAudit finds in this file is accepted by the policy"
		default:
			return nil, "ModelAudit finds nothing in this file any more"
		}
	}
	for _, f := range a.set.Files {
		if f.Path == path && f.Status != "removed" {
			return nil, "" // left out by the inputs or the policy
		}
	}
	if a.set.Whole != "" {
		return nil, ""
	}
	return nil, "the pull request does not bring this file any more"
}

// findingsAt is the text of a comment at one file, the worst new finding first.
func (a *action) findingsAt(f *audit.File) string {
	sorted := *f
	sorted.Findings = slices.SortedStableFunc(slices.Values(f.Findings), a.outcome.Policy.Compared.Order)
	return review.File(&a.outcome, &sorted, a.fileMarker(f.Path))
}

// filePrefix starts the first line of our comments at files; fileMarker is all
// of it. A hash stands for the path, which could end the comment in HTML.
func (a *action) filePrefix() string {
	return fmt.Sprintf("<!-- modelaudit:file:v1 key=%s ", cmp.Or(a.in.category, "default"))
}

// fileMarker is the first line of the comment at a path, by which a later run
// finds it again.
func (a *action) fileMarker(path string) string {
	return a.filePrefix() + fmt.Sprintf("id=%x -->", sha256.Sum256([]byte(path)))
}

// firstLine returns the first line of a comment, in which GitHub may have put
// CR LF.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(line, "\r")
}
