package github

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// File returns the content of a file at a commit. A file that is not there is
// Trouble of kind Missing.
func (c *Client) File(ctx context.Context, path, commit string) ([]byte, error) {
	file, _, _, err := c.api.Repositories.GetContents(ctx, c.owner, c.name, path, &gh.RepositoryContentGetOptions{Ref: commit})
	if err != nil {
		return nil, trouble(err)
	}
	if file == nil {
		return nil, &Trouble{Kind: Rejected, Message: "a directory where a file was expected"}
	}
	text, err := file.GetContent()
	return []byte(text), err
}

// Commit returns the commit that a branch, a tag or an abbreviation names.
func (c *Client) Commit(ctx context.Context, ref string) (string, error) {
	// go-github leaves slashes in the name as they are; GitHub describes one segment.
	req, err := c.api.NewRequest(http.MethodGet, c.path("commits/%s", url.PathEscape(ref)), nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "application/vnd.github.sha")
	var b bytes.Buffer
	if _, err := c.api.Do(ctx, req, &b); err != nil {
		return "", trouble(err)
	}
	sha := b.String()
	if !commitID().MatchString(sha) {
		return "", &Trouble{Kind: Rejected, Message: "GitHub answered with something else than a commit"}
	}
	return sha, nil
}

// Content returns a file of a commit whatever its size, up to the 100 MB that
// GitHub serves.
func (c *Client) Content(ctx context.Context, path, commit string) ([]byte, error) {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return c.raw(ctx, "contents/"+strings.Join(parts, "/")+"?ref="+url.QueryEscape(commit))
}

// raw returns a file's bytes instead of the JSON around them, which ends at 1
// MB.
func (c *Client) raw(ctx context.Context, path string) ([]byte, error) {
	req, err := c.api.NewRequest(http.MethodGet, c.path("")+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/vnd.github.raw")
	var b bytes.Buffer
	if _, err := c.api.Do(ctx, req, &b); err != nil {
		return nil, trouble(err)
	}
	return b.Bytes(), nil
}
