package githubtest

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// A Comment is one of a pull request's conversation.
type Comment struct {
	ID      int64  `json:"id"`
	Body    string `json:"body"`
	HTMLURL string `json:"html_url"`
	User    User   `json:"user"`
}

// A User wrote something.
type User struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// route answers one request; the server is locked.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, s.Prefix+"/repos/"+Repository+"/")
	if !ok && s.lfs(w, r) {
		return
	}
	// GitHub takes both schemes for a token.
	if got := r.Header.Get("Authorization"); got != "Bearer "+s.Accepts && got != "token "+s.Accepts {
		refuse(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	// On GitHub Enterprise Server the REST API is below /api/v3 and GraphQL at
	// /api/graphql.
	if r.URL.Path == strings.TrimSuffix(s.Prefix, "/v3")+"/graphql" && r.Method == http.MethodPost {
		s.graphql(w, r)
		return
	}
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	parts := strings.Split(path, "/")
	switch {
	case match(r, parts, "GET pulls N files"):
		s.pullFiles(w, r, number(parts[1]))
	case match(r, parts, "GET pulls N"):
		s.pull(w, number(parts[1]))
	case match(r, parts, "GET compare *"):
		s.compare(w, parts[1])
	// A ref is a segment of the path whose slashes are escaped, and a path in
	// contents has slashes of its own: neither has a fixed number of parts.
	case len(parts) > 1 && r.Method == "GET" && parts[0] == "commits":
		s.commit(w, r, strings.Join(parts[1:], "/"))
	case len(parts) > 1 && r.Method == "GET" && parts[0] == "contents":
		s.contents(w, r, strings.Join(parts[1:], "/"))
	case match(r, parts, "GET issues N comments"):
		if allowed(w, s.Permissions.PullRequests, "read") {
			answer(w, http.StatusOK, page(w, r, s.URL, s.Comments[number(parts[1])]))
		}
	case match(r, parts, "POST issues N comments"):
		s.comment(w, r, number(parts[1]))
	case match(r, parts, "PATCH issues comments N"), match(r, parts, "DELETE issues comments N"):
		s.edit(w, r, int64(number(parts[2])))
	case match(r, parts, "POST code-scanning sarifs"):
		s.upload(w, r)
	case match(r, parts, "GET code-scanning sarifs *"):
		s.processing(w, parts[2])
	case match(r, parts, "GET code-scanning alerts"):
		s.alerts(w, r)
	case match(r, parts, "GET pulls N comments"), match(r, parts, "POST pulls N comments"):
		s.reviewComments(w, r, number(parts[1]))
	case match(r, parts, "PATCH pulls comments N"), match(r, parts, "DELETE pulls comments N"):
		s.editReview(w, r, int64(number(parts[2])))
	default:
		refuse(w, http.StatusNotFound, "Not Found")
	}
}

// match compares a request with a pattern: N is a number, * anything.
func match(r *http.Request, parts []string, pattern string) bool {
	want := strings.Fields(pattern)
	if r.Method != want[0] || len(parts) != len(want)-1 {
		return false
	}
	for i, p := range want[1:] {
		if p != "*" && p != parts[i] && (p != "N" || number(parts[i]) == 0) {
			return false
		}
	}
	return true
}

// number is a positive number of a path, and 0 for anything else, which names
// nothing on GitHub.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// maxListed is how many files of a pull request GitHub lists.
const maxListed = 3000

// pullFiles lists the files of a pull request, a page at a time. Beyond
// maxListed GitHub is silent: nothing in the answer says that files are
// missing.
func (s *Server) pullFiles(w http.ResponseWriter, r *http.Request, n int) {
	if !allowed(w, s.Permissions.PullRequests, "read") {
		return
	}
	files, ok := s.Pulls[n]
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	answer(w, http.StatusOK, page(w, r, s.URL, files[:min(len(files), maxListed)]))
}

// pull answers what the Action asks of a pull request: its head commit.
func (s *Server) pull(w http.ResponseWriter, n int) {
	switch head, ok := s.PullHead[n]; {
	case !ok:
		refuse(w, http.StatusNotFound, "Not Found")
	case allowed(w, s.Permissions.PullRequests, "read"):
		answer(w, http.StatusOK, map[string]any{"number": n, "head": map[string]string{"sha": head}})
	}
}

// compare answers what changed between two commits. The merge base is taken to
// be the base itself.
func (s *Server) compare(w http.ResponseWriter, spec string) {
	files, ok := s.Compares[spec]
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	base, _, _ := strings.Cut(spec, "...")
	answer(w, http.StatusOK, map[string]any{
		"status": "ahead", "merge_base_commit": map[string]string{"sha": base},
		// GitHub lists at most 300 files of a comparison, without a word about
		// the others.
		"files": files[:min(len(files), 300)],
	})
}

// commit resolves a ref. With the media type "sha" the answer is the object
// name alone, which needs no decoding.
func (s *Server) commit(w http.ResponseWriter, r *http.Request, ref string) {
	sha, ok := s.Refs[ref]
	switch {
	case !ok:
		refuse(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+ref)
	case r.Header.Get("Accept") != "application/vnd.github.sha":
		answer(w, http.StatusOK, map[string]string{"sha": sha})
	case allowed(w, s.Permissions.Contents, "read"):
		io.WriteString(w, sha)
	}
}

// contents answers a file at a commit. What is not asked for raw is wrapped in
// JSON, which is without the content of a large file.
func (s *Server) contents(w http.ResponseWriter, r *http.Request, path string) {
	if !allowed(w, s.Permissions.Contents, "read") {
		return
	}
	p, ok := s.Contents[r.URL.Query().Get("ref")+":"+path]
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	if strings.Contains(r.Header.Get("Accept"), ".raw") {
		w.Write(p)
		return
	}
	wrapped := map[string]any{"type": "file", "encoding": "none", "path": path, "size": len(p), "content": ""}
	if len(p) <= 1<<20 {
		wrapped["encoding"], wrapped["content"] = "base64", base64.StdEncoding.EncodeToString(p)
	}
	answer(w, http.StatusOK, wrapped)
}

// body reads the text of a comment and refuses what GitHub refuses.
func (s *Server) body(w http.ResponseWriter, r *http.Request) (string, bool) {
	var in struct {
		Body *string `json:"body"`
	}
	if !decode(w, r, &in) {
		return "", false
	}
	if in.Body == nil || strings.TrimSpace(*in.Body) == "" || len([]rune(*in.Body)) > s.MaxBody {
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed: body is blank or too long (maximum is 65536 characters)")
		return "", false
	}
	return *in.Body, true
}

// comment makes a comment in a pull request's conversation, which to the API is
// an issue's.
func (s *Server) comment(w http.ResponseWriter, r *http.Request, n int) {
	if !allowed(w, s.Permissions.PullRequests, "write") {
		return
	}
	text, ok := s.body(w, r)
	if !ok {
		return
	}
	id := s.id()
	c := &Comment{
		ID: id, Body: text, User: User{s.Login, "Bot"},
		HTMLURL: s.URL + "/" + Repository + "/pull/" + strconv.Itoa(n) + "#issuecomment-" + strconv.FormatInt(id, 10),
	}
	s.Comments[n] = append(s.Comments[n], c)
	answer(w, http.StatusCreated, c)
}

// edit changes or deletes a comment of the token's own, wherever it stands.
// Another's is refused even where the token may write.
func (s *Server) edit(w http.ResponseWriter, r *http.Request, id int64) {
	if !allowed(w, s.Permissions.PullRequests, "write") {
		return
	}
	for n, list := range s.Comments {
		for i, c := range list {
			if c.ID != id {
				continue
			}
			if c.User.Login != s.Login {
				refuse(w, http.StatusForbidden, noPermission)
				return
			}
			if r.Method == http.MethodDelete {
				s.Comments[n] = append(list[:i:i], list[i+1:]...)
				w.WriteHeader(http.StatusNoContent)
				return
			}
			if text, ok := s.body(w, r); ok {
				c.Body = text
				answer(w, http.StatusOK, c)
			}
			return
		}
	}
	refuse(w, http.StatusNotFound, "Not Found")
}
