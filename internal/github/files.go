package github

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// A ChangedFile is one entry of a list of changes.
type ChangedFile struct {
	Path     string // slash-separated, from the root of the repository
	Previous string // the old path of a renamed or copied file
	Status   string // added, removed, modified, renamed, copied, changed, unchanged
	Blob     string // git's name for the content, "" if the list does not say
	Text     bool   // the list shows its lines: git takes it for text
}

// A ChangeList is what GitHub says was changed.
type ChangeList struct {
	Files   []ChangedFile
	Partial string // why files may be missing from the list; "" if it is whole
}

// Limits of GitHub's lists.
const (
	perPage         = 100
	maxPullFiles    = 3000
	maxCompareFiles = 300
)

// Head returns the commit that a pull request's branch is at now.
func (c *Client) Head(ctx context.Context, number int) (string, error) {
	pull, _, err := c.api.PullRequests.Get(ctx, c.owner, c.name, number)
	if err != nil {
		return "", trouble(err)
	}
	return pull.GetHead().GetSHA(), nil
}

// PullFiles lists what a pull request changes relative to its merge base.
func (c *Client) PullFiles(ctx context.Context, p *Pull) (ChangeList, error) {
	var out ChangeList
	opts := gh.ListOptions{PerPage: perPage}
	for {
		page, resp, err := c.api.PullRequests.ListFiles(ctx, c.owner, c.name, p.Number, &opts)
		if err != nil {
			return out, trouble(err)
		}
		for _, f := range page {
			// GitHub lists what the pull request is now, which may be more than
			// the event is about.
			if head := listedAt(f); head != "" && p.Head.SHA != "" && head != p.Head.SHA {
				out.Partial = "the pull request got new commits while this run was on its way"
			}
			out.Files = append(out.Files, changed(f))
		}
		// A page that does not lead on, as where there is no Link header, ends
		// the list.
		if resp.NextPage <= opts.Page || len(out.Files) >= maxPullFiles {
			break
		}
		opts.Page = resp.NextPage
	}
	switch n := len(out.Files); {
	// Exactly as many as the limit may be all of them.
	case n >= maxPullFiles && p.ChangedFiles != n:
		out.Partial = fmt.Sprintf("GitHub lists no more than %d changed files", maxPullFiles)
	case p.ChangedFiles > 0 && n != p.ChangedFiles && out.Partial == "":
		out.Partial = fmt.Sprintf("GitHub counts %d changed files but lists %d", p.ChangedFiles, n)
	}
	return out, nil
}

// Compare lists what lies between two commits, from their merge base.
func (c *Client) Compare(ctx context.Context, r Range) (ChangeList, error) {
	if !commitID().MatchString(r.Base) || !commitID().MatchString(r.Head) {
		return ChangeList{}, fmt.Errorf("commits %q and %q cannot be compared", r.Base, r.Head)
	}
	diff, _, err := c.api.Repositories.CompareCommits(ctx, c.owner, c.name, r.Base, r.Head, &gh.ListOptions{PerPage: perPage})
	if err != nil {
		return ChangeList{}, trouble(err)
	}
	var out ChangeList
	for _, f := range diff.Files {
		out.Files = append(out.Files, changed(f))
	}
	if len(out.Files) >= maxCompareFiles {
		out.Partial = fmt.Sprintf("GitHub lists no more than %d files of a comparison", maxCompareFiles)
	}
	return out, nil
}

// changed converts an entry. Only what looks like an object name is taken for
// one: it is compared with content.
func changed(f *gh.CommitFile) ChangedFile {
	out := ChangedFile{
		Path: f.GetFilename(), Previous: f.GetPreviousFilename(),
		Status: f.GetStatus(), Text: f.GetPatch() != "",
	}
	if commitID().MatchString(f.GetSHA()) {
		out.Blob = f.GetSHA()
	}
	return out
}

// listedAt returns the commit that an entry of a list was taken from: its
// contents address ends in ?ref=COMMIT.
func listedAt(f *gh.CommitFile) string {
	u, err := url.Parse(f.GetContentsURL())
	if err != nil {
		return ""
	}
	ref := u.Query().Get("ref")
	if !commitID().MatchString(ref) {
		return ""
	}
	return strings.ToLower(ref)
}
