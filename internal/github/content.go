package github

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

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
// GitHub serves. A file that is not there is Trouble of kind Missing.
func (c *Client) Content(ctx context.Context, path, commit string) ([]byte, error) {
	// The address is resolved: with ".." it would be that of something else.
	if !fs.ValidPath(path) {
		return nil, &Trouble{Kind: Missing, Message: "not the path of a file in a repository"}
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	req, err := c.api.NewRequest(http.MethodGet, c.path("contents/%s?ref=%s", strings.Join(parts, "/"), url.QueryEscape(commit)), nil)
	if err != nil {
		return nil, err
	}
	// The bytes, instead of the JSON around them, which ends at 1 MB.
	req.Header.Set("Accept", "application/vnd.github.raw")
	var b bytes.Buffer
	if _, err := c.api.Do(ctx, req, &b); err != nil {
		return nil, trouble(err)
	}
	return b.Bytes(), nil
}
