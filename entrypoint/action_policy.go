package entrypoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// settings lays the inputs over the policy file over the defaults.
func (a *action) settings(ctx context.Context) (settings.Settings, error) {
	s := settings.Default()
	name, data, err := a.policyFile(ctx)
	if err != nil {
		return s, err
	}
	if data != nil {
		if err := s.ReadFile(name, data); err != nil {
			return s, usageError{err}
		}
	}
	if err := a.in.settings.apply(&s); err != nil {
		return s, usageError{err}
	}
	if len(a.in.paths) > 0 {
		s.Filter.Include = a.in.paths
	}
	s.Filter.Exclude = append(s.Filter.Exclude, a.in.ignore...)
	s.Policy.Now, s.Policy.Known = a.started, known
	s.Baseline = cmp.Or(a.in.baseline, s.Baseline)
	if s.Baseline != "" {
		return s, a.baseline(ctx, &s)
	}
	return s, nil
}

// policyFile returns the policy that governs this run, nil if there is none.
func (a *action) policyFile(ctx context.Context) (string, []byte, error) {
	name := a.policyName()
	data, err := a.trusted(ctx, name)
	switch {
	case err == nil:
		return name, data, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", nil, err
	// Nobody asked for a policy, or it was said already why there is none.
	case a.in.config == "", errors.Is(err, errNoPolicy):
	case a.trustedCommit() == "" && !a.proposed():
		return "", nil, usageError{fmt.Errorf("input config: %q is not in the workspace", name)}
	default:
		a.note(workflow.Notice, "The policy file %s is not on the base branch yet: the defaults hold until it is.", name)
	}
	return "", nil, nil
}

// checkNewPolicy warns if a pull request brings a policy file that would fail
// every run after its merge. It is only read, it does not count yet.
func (a *action) checkNewPolicy() {
	name := a.policyName()
	changed := slices.ContainsFunc(a.set.Files, func(f github.ChangedFile) bool { return f.Path == name && f.Status != "removed" })
	if a.trustedCommit() == "" || !changed {
		return
	}
	data, err := a.local(name)
	if err == nil {
		scratch := settings.Default()
		err = scratch.ReadFile(name, data)
	}
	if err != nil {
		a.note(workflow.Warning, "The policy file that this pull request brings is not valid, and would fail every check after the merge: %s.", finding.Quote(err.Error()))
	}
}

// baseline reads the file of known findings from where the policy comes from: a
// change must not bring the baseline that excuses it.
func (a *action) baseline(ctx context.Context, s *settings.Settings) error {
	data, err := a.trusted(ctx, s.Baseline)
	switch {
	case errors.Is(err, errNoPolicy): // it was said already why there is none
		return nil
	case errors.Is(err, fs.ErrNotExist) && a.trustedCommit() != "":
		a.note(workflow.Notice, "The baseline %s is not on the base branch yet: nothing is known until it is.", s.Baseline)
		return nil
	case err != nil:
		return usageError{fmt.Errorf("baseline %s: %w", s.Baseline, err)}
	}
	if s.Policy.Baseline, err = policy.ReadBaseline(s.Baseline, data); err != nil {
		return usageError{err}
	}
	return nil
}

// proposed reports whether the event is about a change that nobody agreed on yet.
func (a *action) proposed() bool { return a.event.Pull != nil || a.event.Name == "merge_group" }

// trustedCommit is where the policy of a proposed change is read from: what is
// proposed must not be able to switch its own scanner off. It is "" if the
// workspace itself is what was agreed on.
func (a *action) trustedCommit() string {
	switch {
	case a.event.Pull != nil:
		return a.event.Pull.Base.SHA
	case a.event.Queue != nil:
		return a.event.Queue.Base
	default:
		return ""
	}
}

// errNoPolicy wraps fs.ErrNotExist: a policy that cannot be learned is none.
var errNoPolicy = fmt.Errorf("not to be had: %w", fs.ErrNotExist)

// trusted reads a file of the policy from where it is to be trusted.
func (a *action) trusted(ctx context.Context, name string) ([]byte, error) {
	commit := a.trustedCommit()
	switch {
	case commit == "" && a.proposed():
		a.note(workflow.Warning, "The event does not say what the change is based on, so its policy cannot be read from there: the defaults hold.")
		return nil, errNoPolicy
	case commit == "":
		return a.local(name)
	case a.client == nil:
		a.note(workflow.Warning, "There is no token to read the policy of the base branch with: the defaults hold.")
		return nil, errNoPolicy
	}
	data, err := a.client.Content(ctx, filepath.ToSlash(filepath.Clean(name)), commit)
	switch {
	case github.Gone(err):
		return nil, fs.ErrNotExist
	case err != nil:
		a.note(workflow.Warning, "The policy file %s of the base branch could not be read, so the defaults hold: %v.", name, err)
		return nil, errNoPolicy
	default:
		return data, nil
	}
}

// local reads a file of the workspace, through no link that leads out of it. Of a
// policy less is taken: see settings.MaxFileSize.
func (a *action) local(name string) ([]byte, error) {
	root, err := os.OpenRoot(a.workspace)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// A fifo would block the run, and a device never end.
	info, err := root.Stat(name)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxBaseline) {
		err = fmt.Errorf("%s: not a file of at most %d bytes", name, maxBaseline)
	}
	if err != nil {
		return nil, err
	}
	return root.ReadFile(name)
}
