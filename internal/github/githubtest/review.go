package githubtest

import (
	"fmt"
	"net/http"
)

// A ReviewComment stands at a file of a pull request.
type ReviewComment struct {
	ID          int64  `json:"id"`
	NodeID      string `json:"node_id"`
	Resolved    bool   `json:"-"` // the conversation that it starts
	Pull        int    `json:"-"`
	Body        string `json:"body"`
	Path        string `json:"path"`
	CommitID    string `json:"commit_id"`
	SubjectType string `json:"subject_type"`
	HTMLURL     string `json:"html_url"`
	User        User   `json:"user"`
}

// reviewComments lists the comments of a review or makes one. It takes only
// comments at a whole file: the Action judges files that have no lines.
func (s *Server) reviewComments(w http.ResponseWriter, r *http.Request, n int) {
	if r.Method == http.MethodGet {
		if allowed(w, s.Permissions.PullRequests, "read") {
			answer(w, http.StatusOK, page(w, r, s.URL, s.reviewsOf(n)))
		}
		return
	}
	if !allowed(w, s.Permissions.PullRequests, "write") {
		return
	}
	var in struct {
		Body        string `json:"body"`
		Path        string `json:"path"`
		CommitID    string `json:"commit_id"`
		SubjectType string `json:"subject_type"`
	}
	if !decode(w, r, &in) {
		return
	}
	switch {
	case in.SubjectType != "file":
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed: line is required unless subject_type is file")
	// GitHub takes other commits of the pull request too; that a comment names
	// the head is what the tests are to see.
	case s.PullHead[n] != in.CommitID:
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed: commit_id is not part of the pull request")
	case !s.changes(n, in.Path):
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed: path is not a valid path")
	default:
		id := s.id()
		c := &ReviewComment{
			ID: id, NodeID: fmt.Sprintf("PRRC_%d", id), Pull: n, Body: in.Body, Path: in.Path, CommitID: in.CommitID,
			SubjectType: "file", User: User{s.Login, "Bot"},
		}
		s.Reviews = append(s.Reviews, c)
		answer(w, http.StatusCreated, c)
	}
}

// reviewsOf returns the review comments of a pull request, oldest first.
func (s *Server) reviewsOf(n int) []*ReviewComment {
	var out []*ReviewComment
	for _, c := range s.Reviews {
		if c.Pull == n {
			out = append(out, c)
		}
	}
	return out
}

// changes reports whether a pull request changes the path: GitHub takes no
// review comment anywhere else.
func (s *Server) changes(n int, path string) bool {
	for _, f := range s.Pulls[n] {
		if f.Filename == path {
			return true
		}
	}
	return false
}

// editReview changes or deletes a review comment of the token's own. Another's
// is refused even where the token may write.
func (s *Server) editReview(w http.ResponseWriter, r *http.Request, id int64) {
	if !allowed(w, s.Permissions.PullRequests, "write") {
		return
	}
	for i, c := range s.Reviews {
		switch {
		case c.ID != id:
		case c.User.Login != s.Login:
			refuse(w, http.StatusForbidden, noPermission)
			return
		case r.Method == http.MethodDelete:
			// A slice of full capacity makes append copy: lists that tests hold
			// stay as they were.
			s.Reviews = append(s.Reviews[:i:i], s.Reviews[i+1:]...)
			w.WriteHeader(http.StatusNoContent)
			return
		default:
			if text, ok := s.body(w, r); ok {
				c.Body = text
				answer(w, http.StatusOK, c)
			}
			return
		}
	}
	refuse(w, http.StatusNotFound, "Not Found")
}
