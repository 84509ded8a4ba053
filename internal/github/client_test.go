package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

const (
	headSHA = "1111111111111111111111111111111111111111"
	baseSHA = "2222222222222222222222222222222222222222"
	testSHA = "3333333333333333333333333333333333333333"
)

// patience waits for nothing and remembers how long it should have.
type patience struct{ slept []time.Duration }

func (p *patience) net() github.Net {
	return github.Net{
		Timeout: time.Minute,
		Sleep:   func(_ context.Context, d time.Duration) error { p.slept = append(p.slept, d); return nil },
	}
}

func client(t *testing.T, s *githubtest.Server) *github.Client {
	t.Helper()
	c, err := github.New(github.Config{
		APIURL: s.APIURL(), ServerURL: s.URL, Repository: githubtest.Repository,
		Token: githubtest.Token, Net: (&patience{}).net(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		config github.Config
	}{
		{"no repository", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com"}},
		{"a path in it", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com", Repository: "a/b/c"}},
		{"dots", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com", Repository: "../user"}},
		{"dots behind", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com", Repository: "user/.."}},
		{"a dot", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com", Repository: "./user"}},
		{"a dot behind", github.Config{APIURL: "https://api.github.com", ServerURL: "https://github.com", Repository: "user/."}},
		{"no address", github.Config{ServerURL: "https://github.com", Repository: "a/b"}},
		{"a scheme that is none", github.Config{APIURL: "file:///etc", ServerURL: "https://github.com", Repository: "a/b"}},
		{"a password", github.Config{APIURL: "https://u:p@api.github.com", ServerURL: "https://github.com", Repository: "a/b"}},
	} {
		if _, err := github.New(test.config); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
}

func TestPullFilesReadsEveryPage(t *testing.T) {
	for _, test := range []struct {
		name           string
		files, claimed int
		contentsURL    string
		want           int
		partial        string
	}{
		{name: "one page", files: 3, claimed: 3, want: 3},
		{name: "three pages", files: 250, claimed: 250, want: 250},
		{name: "an event without a count", files: 7, want: 7},
		{name: "as many as GitHub lists", files: 3000, claimed: 3000, want: 3000},
		{name: "more than GitHub lists", files: 3100, claimed: 3100, want: 3000, partial: "no more than 3000"},
		{name: "fewer than counted", files: 3, claimed: 5, want: 3, partial: "counts 5 changed files but lists 3"},
		{name: "new commits meanwhile", files: 1, claimed: 1, want: 1, contentsURL: "https://x/contents/a?ref=" + testSHA, partial: "new commits"},
	} {
		s := githubtest.New(t)
		for i := range test.files {
			s.Pulls[7] = append(s.Pulls[7], githubtest.File{Filename: fmt.Sprintf("f%04d.pt", i), Status: "added", ContentsURL: test.contentsURL})
		}
		if test.files == 0 {
			s.Pulls[7] = []githubtest.File{}
		}
		got, err := client(t, s).PullFiles(t.Context(), &github.Pull{Number: 7, ChangedFiles: test.claimed, Head: github.Side{SHA: headSHA}})
		if err != nil || len(got.Files) != test.want || !strings.Contains(got.Partial, test.partial) || (test.partial == "") != (got.Partial == "") {
			t.Errorf("%s: %d files, partial %q, error %v; want %d, %q", test.name, len(got.Files), got.Partial, err, test.want, test.partial)
		}
	}
}

func TestTrouble(t *testing.T) {
	hopeless := []github.Kind{github.Unreachable, github.BadToken, github.NoPermission, github.RateLimited}
	if github.Hopeless(errors.New("another one")) {
		t.Error("an error that is not GitHub's is hopeless")
	}
	for _, test := range []struct {
		name    string
		trouble githubtest.Trouble
		kind    github.Kind
		tries   int
	}{
		{"bad token", githubtest.Trouble{Status: 401, Message: "Bad credentials"}, github.BadToken, 2},
		{"no permission", githubtest.Trouble{Status: 403, Message: "Resource not accessible by integration"}, github.NoPermission, 1},
		{"old wording", githubtest.Trouble{Status: 403, Message: "Advanced Security must be enabled for this repository to use code scanning."}, github.FeatureOff, 1},
		{"new wording", githubtest.Trouble{Status: 403, Message: "Code Security must be enabled for this repository to use code scanning."}, github.FeatureOff, 1},
		{"third wording", githubtest.Trouble{Status: 403, Message: "Code Scanning is not enabled for this repository."}, github.FeatureOff, 1},
		{"archived", githubtest.Trouble{Status: 403, Message: "Repository was archived so is read-only."}, github.Archived, 1},
		{"locked", githubtest.Trouble{Status: 403, Message: "Unable to create comment because issue is locked."}, github.Locked, 1},
		{"not found", githubtest.Trouble{Status: 404, Message: "Not Found"}, github.Missing, 1},
		{"too large", githubtest.Trouble{Status: 413, Message: "Payload Too Large"}, github.TooLarge, 1},
		{"invalid", githubtest.Trouble{Status: 422, Message: "Validation Failed"}, github.Rejected, 1},
		{"429", githubtest.Trouble{Status: 429, Message: "Too Many Requests", Header: map[string]string{"Retry-After": "3"}}, github.RateLimited, 3},
		{"secondary limit", githubtest.Trouble{Status: 403, Message: "You have exceeded a secondary rate limit."}, github.RateLimited, 3},
		{"an hour to wait", githubtest.Trouble{Status: 429, Message: "Too Many Requests", Header: map[string]string{"Retry-After": "3600"}}, github.RateLimited, 1},
		{"502", githubtest.Trouble{Status: 502, Message: "Bad Gateway"}, github.Unreachable, 3},
		{"503", githubtest.Trouble{Status: 503, Message: "Service Unavailable"}, github.Unreachable, 3},
		{"hangs", githubtest.Trouble{Hang: true}, github.Unreachable, 3},
		{"cut", githubtest.Trouble{Cut: true}, github.Unreachable, 3},
	} {
		s := githubtest.New(t)
		s.Trouble = func(*http.Request) *githubtest.Trouble { return &test.trouble }
		net := (&patience{}).net()
		if test.trouble.Hang {
			net.Timeout = 100 * time.Millisecond
		}
		c, err := github.New(github.Config{APIURL: s.APIURL(), ServerURL: s.URL, Repository: githubtest.Repository, Token: githubtest.Token, Net: net})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.PullFiles(t.Context(), &github.Pull{Number: 7})
		var got *github.Trouble
		if !errors.As(err, &got) || got.Kind != test.kind {
			t.Errorf("%s: error %v, want kind %d", test.name, err, test.kind)
		}
		if want := slices.Contains(hopeless, test.kind); github.Hopeless(err) != want || github.Gone(err) != (test.kind == github.Missing) || github.IsTooLarge(err) != (test.kind == github.TooLarge) {
			t.Errorf("%s: %v is hopeless: %v, want %v", test.name, err, !want, want)
		}
		if err != nil && strings.Contains(err.Error(), githubtest.Token) {
			t.Errorf("%s: the token is in the error %v", test.name, err)
		}
		if n := strings.Count(s.Transcript(), "\n"); n < test.tries-1 || n > test.tries {
			t.Errorf("%s: %d tries, want %d", test.name, n, test.tries)
		}
	}
}

func TestRetryWaitsAsAsked(t *testing.T) {
	s := githubtest.New(t)
	s.Pulls[7] = []githubtest.File{{Filename: "a.pt", Status: "added"}}
	asked := 0
	s.Trouble = func(*http.Request) *githubtest.Trouble {
		if asked++; asked == 1 {
			return &githubtest.Trouble{Status: 429, Message: "later", Header: map[string]string{"Retry-After": "17"}}
		}
		return nil
	}
	p := &patience{}
	c, err := github.New(github.Config{APIURL: s.APIURL(), ServerURL: s.URL, Repository: githubtest.Repository, Token: githubtest.Token, Net: p.net()})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.PullFiles(t.Context(), &github.Pull{Number: 7})
	if err != nil || len(list.Files) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	if len(p.slept) != 1 || p.slept[0] != 17*time.Second {
		t.Errorf("slept %v, want 17s", p.slept)
	}
}

// An address with ".." in it would be that of something else.
func TestContentStaysInTheRepository(t *testing.T) {
	s := githubtest.New(t)
	s.Contents[testSHA+":a/b.pt"] = []byte("x")
	c := client(t, s)
	if got, err := c.Content(t.Context(), "a/b.pt", testSHA); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	asked := s.Transcript()
	for _, path := range []string{"", "..", "a/../../user", "/etc/passwd", "a//b.pt"} {
		if _, err := c.Content(t.Context(), path, testSHA); !github.Gone(err) {
			t.Errorf("%q: %v, want that it is not there", path, err)
		}
	}
	if s.Transcript() != asked {
		t.Errorf("GitHub was asked: %s", s.Transcript())
	}
}

// A comment must not be written twice because the answer to the first was lost.
func TestCommentIsNotRepeated(t *testing.T) {
	s := githubtest.New(t)
	s.Trouble = func(*http.Request) *githubtest.Trouble {
		return &githubtest.Trouble{Status: 502, Message: "Bad Gateway"}
	}
	if _, err := client(t, s).Put(t.Context(), 7, nil, "hello"); err == nil {
		t.Error("no error")
	}
	if n := s.Count("POST", "/comments"); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestRedirectKeepsTheMethod(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		s := githubtest.New(t)
		s.Trouble = func(r *http.Request) *githubtest.Trouble {
			if strings.HasPrefix(r.URL.Path, "/repos/old/name/") {
				return &githubtest.Trouble{Status: status, Message: "Moved", Header: map[string]string{
					"Location": "/repos/" + githubtest.Repository + strings.TrimPrefix(r.URL.Path, "/repos/old/name")}}
			}
			return nil
		}
		c, err := github.New(github.Config{APIURL: s.APIURL(), ServerURL: s.URL, Repository: "old/name", Token: githubtest.Token, Net: (&patience{}).net()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Put(t.Context(), 7, nil, "hello"); err != nil {
			t.Errorf("%d: %v", status, err)
		}
		if len(s.Comments[7]) != 1 || s.Comments[7][0].Body != "hello" {
			t.Errorf("%d: the comment did not arrive: %s", status, s.Transcript())
		}
	}
}

// What a stranger is sent is nothing: no token, and no document.
func TestTokenStaysHome(t *testing.T) {
	var seen []string
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.Header.Get("Authorization"))
		fmt.Fprint(w, "[]")
	}))
	defer stranger.Close()
	s := githubtest.New(t)
	s.Trouble = func(*http.Request) *githubtest.Trouble {
		return &githubtest.Trouble{Status: 307, Header: map[string]string{"Location": stranger.URL + "/x"}}
	}
	c := client(t, s)
	if _, err := c.PullFiles(t.Context(), &github.Pull{Number: 7}); err != nil {
		t.Error(err)
	}
	if _, err := c.Put(t.Context(), 7, nil, "hello"); err == nil {
		t.Error("a comment was sent to a stranger")
	}
	if len(seen) != 1 || seen[0] != "GET " {
		t.Errorf("the stranger saw %q, want one GET without a token", seen)
	}
}

// TestCompareTakesCommits: what is no commit gets into no address.
func TestCompareTakesCommits(t *testing.T) {
	s := githubtest.New(t)
	id := strings.Repeat("a", 40)
	for _, r := range []github.Range{{Base: "main", Head: id}, {Base: id, Head: "../x"}, {Base: id[1:], Head: id}, {Base: "", Head: id}} {
		if _, err := client(t, s).Compare(t.Context(), r); err == nil || s.Transcript() != "" {
			t.Errorf("%+v: got %v and asked %q", r, err, s.Transcript())
		}
	}
}

func document(results string) []byte {
	return []byte(`{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"modelaudit","rules":[]}},"automationDetails":{"id":"modelaudit/"},"results":` + results + `}]}`)
}

func TestDeliver(t *testing.T) {
	s := githubtest.New(t)
	c := client(t, s)
	to := github.Destination{Ref: "refs/pull/7/merge", SHA: testSHA}
	id, err := c.Deliver(t.Context(), github.Upload{SARIF: document("[]"), To: to, Started: time.Unix(1700000000, 5)})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Last()
	if got.Ref != to.Ref || got.Commit != to.SHA || got.Category != "modelaudit" || !bytes.Equal(got.Raw, document("[]")) {
		t.Errorf("delivered %+v", got)
	}
	state, err := c.Await(t.Context(), id)
	if err != nil || state.Status != github.ProcessingComplete {
		t.Errorf("state %v, error %v", state, err)
	}
	s.Processing = []string{"rejecting delivery as the repository has too many logical alerts"}
	state, err = c.Await(t.Context(), id)
	if err != nil || state.Status != github.ProcessingFailed || len(state.Errors) != 1 {
		t.Errorf("state %v, error %v: want GitHub's own words", state, err)
	}
}

func TestDeliverChecksBeforeItSends(t *testing.T) {
	noise := make([]byte, github.MaxUpload+1)
	rand.NewChaCha8([32]byte{}).Read(noise)
	for _, test := range []struct {
		name string
		up   github.Upload
		kind github.Kind
	}{
		{"a branch's short name", github.Upload{To: github.Destination{Ref: "main", SHA: testSHA}}, github.Rejected},
		{"more than GitHub takes", github.Upload{SARIF: noise, To: github.Destination{Ref: "refs/heads/main", SHA: testSHA}}, github.TooLarge},
		{"a short commit", github.Upload{To: github.Destination{Ref: "refs/heads/main", SHA: "3333333"}}, github.Rejected},
	} {
		s := githubtest.New(t)
		_, err := client(t, s).Deliver(t.Context(), test.up)
		var got *github.Trouble
		if !errors.As(err, &got) || got.Kind != test.kind {
			t.Errorf("%s: %v, want kind %d", test.name, err, test.kind)
		}
		if s.Transcript() != "" {
			t.Errorf("%s: GitHub was asked: %s", test.name, s.Transcript())
		}
	}
}

// go-github gives (nil, response, nil) for a 200 or 201.
func TestDeliverWithoutID(t *testing.T) {
	s := githubtest.New(t)
	s.Trouble = func(*http.Request) *githubtest.Trouble { return &githubtest.Trouble{Status: 201} }
	_, err := client(t, s).Deliver(t.Context(), github.Upload{SARIF: document("[]"), To: github.Destination{Ref: "refs/heads/main", SHA: testSHA}})
	if err == nil {
		t.Error("no error")
	}
}

func TestComments(t *testing.T) {
	const marker = "<!-- modelaudit:v1 key=modelaudit -->"
	s := githubtest.New(t)
	for i := range 130 {
		s.Comments[7] = append(s.Comments[7], &githubtest.Comment{ID: int64(i + 1), Body: "chat", User: githubtest.User{Login: "someone", Type: "User"}})
	}
	forged := &githubtest.Comment{ID: 500, Body: marker + "\nall is well", User: githubtest.User{Login: "mallory", Type: "User"}}
	quoted := &githubtest.Comment{ID: 501, Body: "> " + marker + "\nwhat is this?", User: githubtest.User{Login: "github-actions[bot]", Type: "Bot"}}
	foreign := &githubtest.Comment{ID: 502, Body: marker + "\nby another bot", User: githubtest.User{Login: "other[bot]", Type: "Bot"}}
	ours := &githubtest.Comment{ID: 503, Body: marker + "\nold", User: githubtest.User{Login: "github-actions[bot]", Type: "Bot"}}
	double := &githubtest.Comment{ID: 504, Body: marker + "\ntwice", User: githubtest.User{Login: "github-actions[bot]", Type: "Bot"}}
	s.Comments[7] = append(s.Comments[7], forged, quoted, foreign, ours, double)
	c := client(t, s)
	old, err := c.Comments(t.Context(), 7, marker)
	if err != nil || len(old) != 3 {
		t.Fatalf("found %d, %v; want the three of bots", len(old), err)
	}
	if _, err := c.Put(t.Context(), 7, old, marker+"\nnew"); err != nil {
		t.Fatal(err)
	}
	if ours.Body != marker+"\nnew" || forged.Body != marker+"\nall is well" || foreign.Body != marker+"\nby another bot" {
		t.Errorf("edited the wrong comment: %q, %q, %q", ours.Body, forged.Body, foreign.Body)
	}
	if n := len(s.Comments[7]); n != 134 {
		t.Errorf("%d comments, want the duplicate removed and none added", n)
	}
}

func TestEvents(t *testing.T) {
	pull := map[string]any{"number": 7, "pull_request": map[string]any{
		"number": 7, "changed_files": 2,
		"head": map[string]any{"sha": headSHA, "ref": "topic", "repo": map[string]any{"full_name": githubtest.Repository}},
		"base": map[string]any{"sha": baseSHA, "ref": "main", "repo": map[string]any{"full_name": githubtest.Repository}},
	}}
	merge := github.Destination{Ref: "refs/pull/7/merge", SHA: testSHA}
	for _, test := range []struct {
		name    string
		event   github.Event
		payload map[string]any
		at      github.Checkout
		want    github.Destination
		skip    string
	}{
		{name: "pull request", event: github.Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: testSHA}, payload: pull, at: github.Checkout{SHA: testSHA}, want: merge},
		{name: "no git directory", event: github.Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: testSHA}, payload: pull, want: merge},
		{name: "head checked out", event: github.Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: testSHA}, payload: pull, at: github.Checkout{SHA: headSHA}, want: github.Destination{Ref: "refs/pull/7/head", SHA: headSHA}},
		{name: "base checked out", event: github.Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: testSHA}, payload: pull, at: github.Checkout{SHA: baseSHA}, skip: github.SkippedCommit},
		{name: "target, base checked out", event: github.Event{Name: "pull_request_target", Ref: "refs/heads/main", SHA: baseSHA}, payload: pull, at: github.Checkout{SHA: baseSHA}, skip: github.SkippedCommit},
		{name: "target, unknown checkout", event: github.Event{Name: "pull_request_target", Ref: "refs/heads/main", SHA: baseSHA}, payload: pull, skip: github.SkippedCommit},
		{name: "target, head checked out", event: github.Event{Name: "pull_request_target", Ref: "refs/heads/main", SHA: baseSHA}, payload: pull, at: github.Checkout{SHA: headSHA}, want: github.Destination{Ref: "refs/pull/7/head", SHA: headSHA}},
		{name: "push", event: github.Event{Name: "push", Ref: "refs/heads/main", SHA: testSHA}, want: github.Destination{Ref: "refs/heads/main", SHA: testSHA}},
		{name: "tag", event: github.Event{Name: "push", Ref: "refs/tags/v1", SHA: testSHA}, want: github.Destination{Ref: "refs/tags/v1", SHA: testSHA}},
		{name: "schedule on another branch", event: github.Event{Name: "schedule", Ref: "refs/heads/main", SHA: testSHA}, at: github.Checkout{SHA: headSHA, Branch: "develop"}, skip: github.SkippedCommit},
		{name: "merge queue", event: github.Event{Name: "merge_group", Ref: "refs/heads/gh-readonly-queue/main/pr-7", SHA: testSHA}, skip: github.SkippedQueue},
		{name: "push to a merge queue", event: github.Event{Name: "push", Ref: "refs/heads/gh-readonly-queue/main/pr-7", SHA: testSHA}, skip: github.SkippedQueue},
		{name: "workflow_run", event: github.Event{Name: "workflow_run", Ref: "refs/heads/main", SHA: testSHA}, skip: github.SkippedEvent},
	} {
		file, err := json.Marshal(test.payload)
		if err != nil {
			t.Fatal(err)
		}
		e, err := github.ParseEvent(test.event, file)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got, skip := e.Destination(test.at)
		switch {
		case test.skip == "" && (skip != nil || got != test.want):
			t.Errorf("%s: %v, %v; want %v", test.name, got, skip, test.want)
		case test.skip != "" && (skip == nil || skip.Status != test.skip):
			t.Errorf("%s: %v, %v; want %s", test.name, got, skip, test.skip)
		}
	}
}

func TestFork(t *testing.T) {
	for _, test := range []struct {
		name, head string
		fork       bool
	}{
		{"same repository", `{"full_name":"octo/models"}`, false},
		{"another", `{"full_name":"mallory/models"}`, true},
		{"deleted", `null`, true},
	} {
		file := `{"pull_request":{"number":1,"head":{"sha":"x","repo":` + test.head + `},"base":{"repo":{"full_name":"octo/models"}}}}`
		e, err := github.ParseEvent(github.Event{Name: "pull_request"}, []byte(file))
		if err != nil || e.Pull.Fork() != test.fork {
			t.Errorf("%s: %v, %v; want %v", test.name, e, err, test.fork)
		}
	}
}
