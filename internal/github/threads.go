package github

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// What only GraphQL can do. scripts/github-contract.sh holds each file of the
// directory against GitHub's published schema.
var (
	//go:embed graphql/threads.graphql
	threadsQuery string
	//go:embed graphql/resolve.graphql
	resolveQuery string
	//go:embed graphql/unresolve.graphql
	unresolveQuery string
)

// A Thread is a conversation at a file of a pull request.
type Thread struct {
	Resolved  bool
	id        string
	mayChange bool // as far as GitHub says beforehand
}

// maxThreadPages bounds how many pages of conversations are read.
const maxThreadPages = 20

// Threads returns the conversations of a pull request by the Node of the comment
// that each starts with.
func (c *Client) Threads(ctx context.Context, number int) (map[string]Thread, error) {
	out := make(map[string]Thread)
	var after *string
	for range maxThreadPages {
		var page threadPage
		err := c.graphql(ctx, threadsQuery, map[string]any{"owner": c.owner, "name": c.name, "number": number, "after": after}, &page)
		if err != nil {
			return nil, err
		}
		all := page.Repository.PullRequest.ReviewThreads
		for _, n := range all.Nodes {
			t := Thread{Resolved: n.IsResolved, id: n.ID, mayChange: n.ViewerCanResolve}
			if n.IsResolved {
				t.mayChange = n.ViewerCanUnresolve
			}
			for _, first := range n.Comments.Nodes {
				out[first.ID] = t
			}
		}
		if !all.PageInfo.HasNextPage {
			break
		}
		after = &all.PageInfo.EndCursor
	}
	return out, nil
}

// threadPage is the answer to threadsQuery.
type threadPage struct {
	Repository struct {
		PullRequest struct {
			ReviewThreads struct {
				Nodes []struct {
					ID                 string
					IsResolved         bool
					ViewerCanResolve   bool
					ViewerCanUnresolve bool
					Comments           struct{ Nodes []struct{ ID string } }
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
	}
}

// Settle closes a conversation, or opens it again. GitHub lets nobody do so
// whose token may not write to the repository's contents: then the error is
// Trouble of kind NoPermission.
func (c *Client) Settle(ctx context.Context, t Thread, resolved bool) error {
	query := resolveQuery
	switch {
	case t.Resolved == resolved:
		return nil
	case !t.mayChange:
		return &Trouble{Kind: NoPermission, Message: "the token may not resolve conversations"}
	case !resolved:
		query = unresolveQuery
	}
	return c.graphql(ctx, query, map[string]any{"thread": t.id}, nil)
}

// graphql sends a query that does no harm when it arrives twice, and decodes its
// data into out, where out is not nil.
func (c *Client) graphql(ctx context.Context, query string, variables map[string]any, out any) error {
	answer := struct {
		Data   any `json:"data"`
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"errors"`
	}{Data: out}
	body := map[string]any{"query": query, "variables": variables}
	if err := c.call(mayRepeat(ctx), http.MethodPost, c.graphqlURL, body, &answer); err != nil {
		return trouble(err)
	}
	if len(answer.Errors) == 0 {
		return nil
	}
	first := answer.Errors[0]
	t := &Trouble{Kind: Rejected, Status: http.StatusOK, Message: finding.Quote(first.Message)}
	switch first.Type {
	case "FORBIDDEN", "INSUFFICIENT_SCOPES":
		t.Kind = NoPermission
	case "NOT_FOUND":
		t.Kind = Missing
	case "RATE_LIMITED":
		t.Kind = RateLimited
	}
	return t
}

// graphqlAddress is GITHUB_GRAPHQL_URL, or what belongs to the address of the
// REST API. It has to be on the same host, since it is sent the token.
func graphqlAddress(given string, api *url.URL) (string, error) {
	if given == "" {
		out := *api
		out.Path = strings.TrimSuffix(api.Path, "v3/") + "graphql"
		return out.String(), nil
	}
	u, err := hostURL("GITHUB_GRAPHQL_URL", given)
	if err != nil {
		return "", err
	}
	if u.Scheme != api.Scheme || !strings.EqualFold(u.Host, api.Host) {
		return "", fmt.Errorf("GITHUB_GRAPHQL_URL is not on the host of GITHUB_API_URL")
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}
