package entrypoint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/git"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/settings"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// diffCommand compares two versions that lie side by side. Between commits it
// is scan --base that compares.
func diffCommand(w World, status *int) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Compare what two versions of models do",
		Long: "Compare what two versions of models do: two files, or two directories by the paths in them.\n" +
			"A finding is known if it said the same and rested on the same facts before; only new ones fail.",
		Example: "  modelaudit diff model-v1.pt model-v2.pt",
		Args:    exactly(2, "path"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			*status, err = f.finish(w, func() (policy.Outcome, error) { return f.diff(cmd.Context(), w, args[0], args[1]) })
			return err
		},
	}
	f.registerAll(cmd.Flags())
	return cmd
}

// diff scans both versions and judges the new one.
func (f *scanFlags) diff(ctx context.Context, w World, was, is string) (policy.Outcome, error) {
	s, err := f.settings()
	if err != nil {
		return policy.Outcome{}, err
	}
	if err := alike(was, is); err != nil {
		return policy.Outcome{}, usageError{err}
	}
	before, err := f.version(ctx, w, s, was)
	if err != nil {
		return policy.Outcome{}, err
	}
	after, err := f.version(ctx, w, s, is)
	if err != nil {
		return policy.Outcome{}, err
	}
	s.Policy.Partial, s.Policy.NewOnly = true, true
	s.Policy.Compared = compare.Of(finding.Quote(was), paired(before, after, was, is))
	return s.Policy.Judge(after), nil
}

// alike returns an error unless both are files or both are directories.
func alike(a, b string) error {
	first, err := os.Stat(a)
	if err != nil {
		return err
	}
	second, err := os.Stat(b)
	if err == nil && first.IsDir() != second.IsDir() {
		err = errors.New("a file cannot be compared with a directory")
	}
	return err
}

// version scans one of the two versions with the settings of both.
func (f *scanFlags) version(ctx context.Context, w World, s settings.Settings, root string) (audit.Report, error) {
	files, err := listed([]string{root}, s.Filter)
	if err != nil {
		return audit.Report{}, err
	}
	done, end := w.progress(func() int { return len(files) }, !f.noProgress && !f.quiet)
	defer end()
	return scanner(s).All(ctx, files, done), nil
}

// paired compares files that have the same place below their roots.
func paired(before, after audit.Report, was, is string) []compare.Delta {
	oldPlace, newPlace := relativeTo(was), relativeTo(is)
	old := make(map[string]*audit.File)
	for i := range before.Files {
		old[oldPlace(before.Files[i].Path)] = &before.Files[i]
	}
	var out []compare.Delta
	for i := range after.Files {
		f := &after.Files[i]
		at := newPlace(f.Path)
		if earlier := old[at]; f.Status != audit.NotAModel || earlier != nil && earlier.Status != audit.NotAModel {
			out = append(out, compare.File(f.Path, earlier, f))
		}
		delete(old, at)
	}
	for i := range before.Files {
		if f := &before.Files[i]; old[oldPlace(f.Path)] != nil && f.Status != audit.NotAModel {
			out = append(out, compare.File(f.Path, f, nil))
		}
	}
	return out
}

// since scans what differs from a commit of the repository that the paths lie
// in, and compares it with what was there.
func (f *scanFlags) since(ctx context.Context, w World, paths []string) (policy.Outcome, error) {
	s, err := f.settings()
	if err != nil {
		return policy.Outcome{}, err
	}
	clone, err := git.Open(paths[0])
	if err != nil {
		return policy.Outcome{}, usageError{fmt.Errorf("--base: %w", err)}
	}
	// Elsewhere a file can have the name of one of the repository's, and would be
	// taken for it.
	for _, path := range paths {
		if !within(clone.Root, path) {
			return policy.Outcome{}, usageError{fmt.Errorf("--base: %s is not in the repository %s", finding.Quote(path), finding.Quote(clone.Root))}
		}
	}
	commit, err := clone.Commit(f.base)
	if err != nil {
		return policy.Outcome{}, usageError{fmt.Errorf("--base: %w", err)}
	}
	files, err := listed(paths, s.Filter)
	if err != nil {
		return policy.Outcome{}, err
	}
	name := relativeTo(clone.Root)
	changed, err := change.ChangedSince(clone, commit, files, func(f walk.File) string { return name(f.Path) }, belowAny(name, paths))
	if err != nil {
		return policy.Outcome{}, err
	}
	done, end := w.progress(func() int { return len(changed.Files) }, !f.noProgress && !f.quiet)
	result := scanner(s).All(ctx, changed.Files, done)
	end()
	c := comparer{ctx: ctx, base: &change.Base{Commit: commit, Clone: clone}, scan: s}
	s.Policy.Partial, s.Policy.NewOnly = true, true
	s.Policy.Compared = c.all(fmt.Sprintf("%s (%.12s)", finding.Quote(f.base), commit), &result, changed.Removed, name)
	return s.Policy.Judge(result), nil
}

// belowAny reports of paths from the root of a repository whether they lie below
// any of those that the caller named.
func belowAny(name func(string) string, roots []string) func(string) bool {
	var prefixes []string
	for _, r := range roots {
		prefixes = append(prefixes, name(r))
	}
	return func(path string) bool {
		for _, p := range prefixes {
			if p == "." || path == p || strings.HasPrefix(path, p+"/") {
				return true
			}
		}
		return false
	}
}

// all compares every file of a scan, and what is gone, with the base.
func (c *comparer) all(against string, result *audit.Report, removed []string, name func(string) string) *compare.Comparison {
	var out []compare.Delta
	for i := range result.Files {
		if f := &result.Files[i]; f.Status != audit.NotAModel {
			out = append(out, compare.File(f.Path, c.earlier(name(f.Path), f.Path), f))
		}
	}
	for _, path := range removed {
		if before := c.earlier(path, path); before != nil && before.Status != audit.NotAModel {
			out = append(out, compare.File(path, before, nil))
		}
	}
	return compare.Of(against, out)
}
