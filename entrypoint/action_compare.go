package entrypoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/git"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// maxEarlier is how many earlier versions of files are read; of the others
// everything counts as new.
const maxEarlier = 200

// compare scans what the models were on the base branch, and says what the
// change does to them. It returns nil where there is no base.
func (a *action) compare(ctx context.Context, s settings.Settings, result *audit.Report) *compare.Comparison {
	base := a.base(s)
	if base == nil {
		return nil
	}
	c := comparer{ctx: ctx, base: base, scan: s, limit: maxEarlier}
	var all []compare.Delta
	changed := make(map[string]github.ChangedFile)
	for _, f := range a.set.Files {
		changed[f.Path] = f
		if f.Status == "removed" && !f.Text {
			if before := c.earlier(f.Path, f.Path); before != nil && before.Status != audit.NotAModel {
				all = append(all, compare.File(f.Path, before, nil))
			}
		}
	}
	for i := range result.Files {
		f := &result.Files[i]
		was, known := changed[f.Path]
		// In a scan of everything a file that did not change and is clean has
		// nothing to compare.
		if f.Status == audit.NotAModel || !known && len(f.Findings) == 0 {
			continue
		}
		all = append(all, c.delta(f, was))
	}
	if c.unread > 0 {
		a.note(workflow.Notice, "%s could not be compared with %s: everything found there counts as new.", plain.Count(c.unread, "file"), a.baseName())
	}
	return compare.Of(fmt.Sprintf("%s at %.12s", a.baseName(), base.Commit), all)
}

// resolveBase looks up the input base-ref, where the event has no base.
func (a *action) resolveBase(ctx context.Context) {
	if a.in.baseRef == "" || a.proposed() {
		return
	}
	err := errors.New("there is no token to ask GitHub with")
	if a.client != nil {
		a.compared, err = a.client.Commit(ctx, a.in.baseRef)
	}
	if err != nil {
		a.note(workflow.Warning, "The input base-ref %q is not a commit that can be compared with, so that everything counts as new: %v.", a.in.baseRef, err)
	}
}

// baseName says what the earlier versions are of.
func (a *action) baseName() string {
	if a.compared != "" {
		return finding.Quote(a.in.baseRef)
	}
	return "the base branch"
}

// base is where the earlier versions are, or nil.
func (a *action) base(s settings.Settings) *change.Base {
	commit := cmp.Or(a.trustedCommit(), a.compared)
	if commit == "" {
		return nil
	}
	b := &change.Base{Commit: commit, Client: a.client, Store: a.store(s.Filter.MaxSize)}
	// A repository around the workspace is another one.
	if clone, err := git.Open(a.workspace); err == nil && clone.Root == a.workspace {
		b.Clone = clone
	}
	return b
}

// A comparer reads earlier versions of files.
type comparer struct {
	ctx          context.Context
	base         *change.Base
	scan         settings.Settings
	limit        int // of files that are read; 0 for none
	read, unread int
	hopeless     bool // nobody answers any more
}

// delta compares a file of the scan with what it was.
func (c *comparer) delta(f *audit.File, was github.ChangedFile) compare.Delta {
	switch was.Status {
	case "added", "copied":
		return compare.File(f.Path, nil, f)
	case "renamed":
		d := compare.File(f.Path, c.earlier(was.Previous, f.Path), f)
		d.Was = was.Previous
		return d
	default:
		return compare.File(f.Path, c.earlier(f.Path, f.Path), f)
	}
}

// earlier scans a file of the base; nil if there is none or it cannot be read.
func (c *comparer) earlier(name, reportAs string) *audit.File {
	if c.read++; c.hopeless || c.limit > 0 && c.read > c.limit {
		c.unread++
		return nil
	}
	file, closer, err := c.base.Open(c.ctx, name, reportAs)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.unread++
		}
		c.hopeless = github.Hopeless(err)
		return nil
	}
	defer closer.Close()
	out := scanner(c.scan).File(c.ctx, file)
	return &out
}
