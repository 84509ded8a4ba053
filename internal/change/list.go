package change

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/github"
)

// Everything is the set of an event that changes an unknown number of files.
func Everything(why string) Set { return Set{Whole: why} }

// List asks GitHub what an event changes. A list that may lack files is no
// ground to skip any: then the set is the whole workspace, and says why.
func List(ctx context.Context, c *github.Client, e *github.Event) Set {
	list, err := list(ctx, c, e)
	if err != nil {
		return Set{Whole: "GitHub did not say what was changed: " + strings.TrimRight(err.Error(), ".") + hint(err)}
	}
	if list.Partial == "" && slices.ContainsFunc(list.Files, mangled) {
		list.Partial = "a changed file has a name that is not UTF-8, which GitHub's list cannot spell"
	}
	return Set{Files: list.Files, Whole: list.Partial}
}

// mangled reports whether JSON replaced bytes of a name.
func mangled(f github.ChangedFile) bool { return strings.ContainsRune(f.Path, utf8.RuneError) }

// list asks by the event what was changed, and from what on.
func list(ctx context.Context, c *github.Client, e *github.Event) (github.ChangeList, error) {
	switch {
	case e.Pull != nil:
		return c.PullFiles(ctx, e.Pull)
	case e.Queue != nil:
		return c.Compare(ctx, *e.Queue)
	// A new branch comes from nowhere: all zeros.
	case e.Before != "" && strings.Trim(e.Before, "0") != "":
		return c.Compare(ctx, github.Range{Base: e.Before, Head: e.After})
	default:
		return github.ChangeList{Partial: "the event does not say what was there before"}, nil
	}
}

// hint names the permission that the list of a pull request's files needs.
func hint(err error) string {
	var t *github.Trouble
	if errors.As(err, &t) && t.Kind == github.NoPermission {
		return " (the job's permissions lack pull-requests: read)"
	}
	return ""
}
