// Package githubtest is a GitHub that remembers what it is sent and refuses
// what GitHub refuses. It serves the tests of everything that speaks to the API.
package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Token is the one that the server knows.
const Token = "ghs_0123456789abcdefToken"

// Repository is the one that the server has.
const Repository = "octo/models"

// Permissions are what the token may do: "", "read" or "write" each.
type Permissions struct{ Contents, PullRequests, SecurityEvents string }

// Writing is what a job is given that asks for what the Action needs.
var Writing = Permissions{Contents: "read", PullRequests: "write", SecurityEvents: "write"}

// Reading is what the run of a fork is given.
var Reading = Permissions{Contents: "read", PullRequests: "read", SecurityEvents: "read"}

// A Server is a GitHub with one repository.
type Server struct {
	*httptest.Server
	Prefix string // of API paths: "", or "/api/v3" as on GitHub Enterprise Server

	mu           sync.Mutex
	Permissions  Permissions
	Accepts      string             // the token that it knows
	Login        string             // who the token belongs to
	Pulls        map[int][]File     // what each pull request changes
	PullHead     map[int]string     // the head commit of each
	Compares     map[string][]File  // by "base...head"
	Refs         map[string]string  // the commits that branches and tags name
	Contents     map[string][]byte  // by "commit:path"
	Comments     map[int][]*Comment // of each pull request
	Deliveries   []*Delivery
	Alerts       []Alert
	Processing   []string // errors that processing of deliveries ends with
	Reviews      []*ReviewComment
	Objects      map[string][]byte // of Git LFS, by SHA-256
	Fork         string            // another repository, owner/name
	ForkObjects  map[string][]byte // of Git LFS, in the fork
	Requests     []Request         // everything that was asked, in order
	CodeScanning string            // what it answers if it is off; "" if it is on
	MaxSARIF     int               // bytes of an upload, compressed
	MaxBody      int               // characters of a comment
	LFS          http.Handler      // a Git LFS server in place of this one's; nil: none
	Trouble      func(*http.Request) *Trouble

	next int64
}

// A File is an entry of a list of changes, as the API spells it.
type File struct {
	SHA         string `json:"sha"`
	Filename    string `json:"filename"`
	Status      string `json:"status"`
	Previous    string `json:"previous_filename,omitempty"`
	Changes     int    `json:"changes"`
	Patch       string `json:"patch,omitempty"`
	ContentsURL string `json:"contents_url,omitempty"`
}

// A Request is what was asked and how it was answered.
type Request struct {
	Method, Path, Host, Authorization string
	Status                            int
	Sent                              int64 // bytes of the answer
}

// A Trouble is an answer out of the ordinary.
type Trouble struct {
	Status  int
	Message string
	Header  map[string]string
	Hang    bool // until the client goes away
	Cut     bool // the line, in the middle of the answer
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{
		Permissions: Writing, Accepts: Token, Login: "github-actions[bot]",
		Pulls: map[int][]File{}, PullHead: map[int]string{}, Compares: map[string][]File{},
		Contents: map[string][]byte{}, Comments: map[int][]*Comment{},
		Objects: map[string][]byte{}, next: 1000, MaxSARIF: 10 << 20, MaxBody: 65536,
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// APIURL is GITHUB_API_URL.
func (s *Server) APIURL() string { return s.URL + s.Prefix }

// Count returns how many requests had that method and a path that ends so.
func (s *Server) Count(method, suffix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.Requests {
		if r.Method == method && strings.HasSuffix(r.Path, suffix) {
			n++
		}
	}
	return n
}

// Transcript lists what was asked, one request a line.
func (s *Server) Transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, r := range s.Requests {
		fmt.Fprintf(&b, "%s %s %d\n", r.Method, strings.TrimPrefix(r.Path, s.Prefix), r.Status)
	}
	return b.String()
}

// ID hands out numbers for what is made.
func (s *Server) id() int64 { s.next++; return s.next }

// serve notes a request and answers it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	out := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.Requests = append(s.Requests, Request{r.Method, r.URL.RequestURI(), r.Host, r.Header.Get("Authorization"), out.status, out.sent})
	}()
	if s.Trouble != nil {
		// The server is not locked here: a request that hangs holds up no
		// other.
		if t := s.Trouble(r); t != nil {
			t.answer(out, r)
			return
		}
	}
	if s.LFS != nil && strings.Contains(r.URL.Path, ".git/info/lfs/") {
		s.LFS.ServeHTTP(out, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route(out, r)
}

// A recorder keeps what the transcript says of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	sent   int64
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.sent += int64(n)
	return n, err
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// answer gives a client the trouble it is to cope with. A status of 0 in the
// transcript says that there was no whole answer.
func (t *Trouble) answer(w *recorder, r *http.Request) {
	switch {
	case t.Hang:
		w.status = 0
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	case t.Cut:
		w.status = 0
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w.ResponseWriter, `{"id": 1, "cut`)
		// The way of net/http to drop a connection without a word in the log.
		panic(http.ErrAbortHandler)
	default:
		for k, v := range t.Header {
			w.Header().Set(k, v)
		}
		refuse(w, t.Status, t.Message)
	}
}

// refuse answers with an error as GitHub words it.
func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

// answer sends JSON. An error of Write is a client that went away, which the
// transcript shows.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// noPermission is how GitHub words the refusal of a token that lacks a
// permission.
const noPermission = "Resource not accessible by integration"

// allowed reports whether the token may do what needs the given permission, and
// refuses the request if it may not.
func allowed(w http.ResponseWriter, have, need string) bool {
	if have == "write" || have == need {
		return true
	}
	refuse(w, http.StatusForbidden, noPermission)
	return false
}

// decode reads a body strictly: GitHub's published description allows no
// further fields.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed: "+err.Error())
		return false
	}
	return true
}

// page returns one page of a list and sets the Link header, as GitHub does.
func page[T any](w http.ResponseWriter, r *http.Request, base string, all []T) []T {
	q := r.URL.Query()
	per, n := 30, 1
	if v, err := strconv.Atoi(q.Get("per_page")); err == nil {
		per = min(v, 100)
	}
	if v, err := strconv.Atoi(q.Get("page")); err == nil && v > 0 {
		n = v
	}
	start, end := min((n-1)*per, len(all)), min(n*per, len(all))
	if end < len(all) {
		q.Set("page", strconv.Itoa(n+1))
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, base, r.URL.Path, q.Encode()))
	}
	return append([]T{}, all[start:end]...)
}
