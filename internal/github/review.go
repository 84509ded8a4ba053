package github

import (
	"context"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// A FileComment stands at a file of a pull request, which may be binary.
type FileComment struct {
	ID   int64  // 0 for one that is to be written
	Node string // GraphQL's name for it
	Path string
	Body string // its first line is the marker
}

// FileComments returns our comments at files of a pull request: those whose
// first line starts with the marker and whose author we are.
func (c *Client) FileComments(ctx context.Context, number int, marker string) ([]FileComment, error) {
	me := c.login(ctx)
	var out []FileComment
	opts := gh.PullRequestListCommentsOptions{ListOptions: gh.ListOptions{PerPage: perPage}}
	for {
		page, resp, err := c.api.PullRequests.ListComments(ctx, c.owner, c.name, number, &opts)
		if err != nil {
			return nil, trouble(err)
		}
		for _, m := range page {
			if strings.HasPrefix(m.GetBody(), marker) && ours(m.User, me) {
				out = append(out, FileComment{ID: m.GetID(), Node: m.GetNodeID(), Path: m.GetPath(), Body: m.GetBody()})
			}
		}
		if resp.NextPage <= opts.Page {
			return out, nil
		}
		opts.Page = resp.NextPage
	}
}

// betweenComments is the pause that keeps GitHub's secondary limit on content
// away.
const betweenComments = time.Second

// WriteFileComment writes a comment at a file as it is in the head commit of a
// pull request.
func (c *Client) WriteFileComment(ctx context.Context, number int, head string, m FileComment) error {
	if err := c.net.Sleep(ctx, betweenComments); err != nil {
		return trouble(err)
	}
	_, _, err := c.api.PullRequests.CreateComment(ctx, c.owner, c.name, number, &gh.PullRequestComment{
		Body: &m.Body, Path: &m.Path, CommitID: &head, SubjectType: gh.String("file"),
	})
	return trouble(err)
}

// EditFileComment replaces the text of a comment.
func (c *Client) EditFileComment(ctx context.Context, m FileComment) error {
	_, _, err := c.api.PullRequests.EditComment(ctx, c.owner, c.name, m.ID, &gh.PullRequestComment{Body: &m.Body})
	return trouble(err)
}

// DeleteFileComment removes a comment.
func (c *Client) DeleteFileComment(ctx context.Context, m FileComment) error {
	_, err := c.api.PullRequests.DeleteComment(ctx, c.owner, c.name, m.ID)
	return trouble(err)
}
