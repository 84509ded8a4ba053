package github

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"

	gh "github.com/google/go-github/v60/github"
)

// MaxComment is how long a comment may be, in bytes; GitHub's own limit is
// 65536 characters.
const MaxComment = 60_000

// deliveryID is what an upload's ID may look like: it becomes part of a path.
var deliveryID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]+$`) })

// A Comment is one that this Action wrote on a pull request.
type Comment struct {
	ID   int64
	Body string
	URL  string // of its page
}

// Comments returns our comments on a pull request, oldest first: those whose
// first line is the marker and whose author we are.
func (c *Client) Comments(ctx context.Context, number int, marker string) ([]Comment, error) {
	me := c.login(ctx)
	var out []Comment
	opts := gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: perPage}}
	for {
		page, resp, err := c.api.Issues.ListComments(ctx, c.owner, c.name, number, &opts)
		if err != nil {
			return nil, trouble(err)
		}
		for _, m := range page {
			if marked(m.GetBody(), marker) && ours(m.User, me) {
				out = append(out, Comment{m.GetID(), m.GetBody(), m.GetHTMLURL()})
			}
		}
		if resp.NextPage <= opts.Page {
			return out, nil
		}
		opts.Page = resp.NextPage
	}
}

// marked reports whether the marker is the whole first line.
func marked(body, marker string) bool {
	first, _, _ := strings.Cut(body, "\n")
	return strings.TrimRight(first, "\r") == marker
}

// ours reports whether a comment's author can be this token. An installation's
// token, which the job's own token is, cannot ask for its name: then any bot
// may be, and GitHub refuses the edit if it is not.
func ours(author *gh.User, me string) bool {
	switch {
	case author == nil:
		return true
	case me != "":
		return strings.EqualFold(author.GetLogin(), me)
	default:
		return author.GetType() == "Bot" || strings.HasSuffix(author.GetLogin(), "[bot]")
	}
}

// login returns who a personal token belongs to, or "".
func (c *Client) login(ctx context.Context) string {
	if !strings.HasPrefix(c.token, "ghp_") && !strings.HasPrefix(c.token, "github_pat_") {
		return ""
	}
	user, _, err := c.api.Users.Get(ctx, "")
	if err != nil {
		return ""
	}
	return user.GetLogin()
}

// Put makes body our one comment: it edits the oldest of the given ones,
// removes the others, and writes a new one if there is none that it may edit.
// It returns the comment's page.
func (c *Client) Put(ctx context.Context, number int, old []Comment, body string) (string, error) {
	for i, m := range old {
		if m.Body == body {
			c.remove(ctx, old[i+1:])
			return m.URL, nil
		}
		edited, _, err := c.api.Issues.EditComment(ctx, c.owner, c.name, m.ID, &gh.IssueComment{Body: &body})
		if err == nil {
			c.remove(ctx, old[i+1:])
			return edited.GetHTMLURL(), nil
		}
		if !notOurs(trouble(err)) {
			return "", trouble(err)
		}
	}
	made, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.name, number, &gh.IssueComment{Body: &body})
	if err != nil {
		return "", trouble(err)
	}
	return made.GetHTMLURL(), nil
}

// notOurs reports whether an edit was refused because the comment is somebody
// else's, or gone.
func notOurs(err error) bool {
	var t *Trouble
	return errors.As(err, &t) && (t.Kind == NoPermission || t.Kind == Missing)
}

// remove deletes duplicates that two runs at once may leave. One that stays
// does no harm: the next run tries again.
func (c *Client) remove(ctx context.Context, extra []Comment) {
	for _, m := range extra {
		if _, err := c.api.Issues.DeleteComment(ctx, c.owner, c.name, m.ID); err != nil {
			return
		}
	}
}
