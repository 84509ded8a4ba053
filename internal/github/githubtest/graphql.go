package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// threadsPerPage is less than what is asked for, which GitHub may do.
const threadsPerPage = 2

// graphql answers the queries on conversations. Errors come with status 200.
func (s *Server) graphql(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Query     string `json:"query"`
		Variables struct {
			Owner  string  `json:"owner"`
			Name   string  `json:"name"`
			Number int     `json:"number"`
			After  *string `json:"after"`
			Thread string  `json:"thread"`
		} `json:"variables"`
	}
	if !decode(w, r, &in) {
		return
	}
	switch {
	case strings.HasPrefix(in.Query, "query Threads(") && in.Variables.Owner+"/"+in.Variables.Name == Repository:
		// Reading conversations needs pull_requests: read. A token without it
		// is refused in GraphQL's way, not with status 403.
		if s.Permissions.PullRequests == "" {
			s.graphqlError(w, "FORBIDDEN", noPermission)
			return
		}
		s.threads(w, in.Variables.Number, in.Variables.After)
	case strings.HasPrefix(in.Query, "mutation Resolve("):
		s.settle(w, in.Variables.Thread, true)
	case strings.HasPrefix(in.Query, "mutation Unresolve("):
		s.settle(w, in.Variables.Thread, false)
	default:
		s.graphqlError(w, "NOT_FOUND", "Could not resolve to a node")
	}
}

// graphqlError refuses a query as GraphQL does: with status 200, no data, and
// an error whose type tells clients what kind it is.
func (s *Server) graphqlError(w http.ResponseWriter, kind, message string) {
	answer(w, http.StatusOK, map[string]any{"data": nil, "errors": []any{map[string]string{"type": kind, "message": message}}})
}

// threads answers one page of a pull request's conversations. The cursor is the
// index of the next one, which clients must take as opaque.
func (s *Server) threads(w http.ResponseWriter, n int, after *string) {
	all := s.reviewsOf(n)
	from := 0
	if after != nil {
		from, _ = strconv.Atoi(*after)
	}
	// Short pages make clients follow hasNextPage even in small tests.
	to := min(from+threadsPerPage, len(all))
	var nodes []any
	for _, c := range all[min(from, len(all)):to] {
		nodes = append(nodes, map[string]any{
			// Each comment starts a conversation of its own: those of the
			// Action are not answers to anybody's.
			"id": fmt.Sprintf("PRRT_%d", c.ID), "isResolved": c.Resolved, "viewerCanResolve": !c.Resolved, "viewerCanUnresolve": c.Resolved,
			"comments": map[string]any{"nodes": []any{map[string]any{"id": c.NodeID}}},
		})
	}
	threads := map[string]any{"nodes": nodes, "pageInfo": map[string]any{"hasNextPage": to < len(all), "endCursor": strconv.Itoa(to)}}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{
		"repository": map[string]any{"pullRequest": map[string]any{"reviewThreads": threads}},
	}})
}

// settle needs contents: write, whatever the thread is about. The answer to
// "may I" above does not say so; nor does GitHub's.
func (s *Server) settle(w http.ResponseWriter, thread string, resolved bool) {
	if s.Permissions.Contents != "write" || s.Permissions.PullRequests != "write" {
		s.graphqlError(w, "FORBIDDEN", noPermission)
		return
	}
	for _, c := range s.Reviews {
		if fmt.Sprintf("PRRT_%d", c.ID) == thread {
			c.Resolved = resolved
			answer(w, http.StatusOK, map[string]any{"data": map[string]any{}})
			return
		}
	}
	s.graphqlError(w, "NOT_FOUND", "Could not resolve to a node with the global id of "+strconv.Quote(thread))
}
