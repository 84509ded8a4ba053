package entrypoint_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// badInput is what becomes of events, checkouts and answers that are not what
// they should be.
const badInput = "testdata/action-bad-input.txt"

// without is the event of a pull request that lacks a field: "pull_request.head.sha".
func without(t *testing.T, field string) any {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal([]byte(encoded(t, pullPayload(githubtest.Repository, 1))), &event); err != nil {
		t.Fatal(err)
	}
	at, keys := event, strings.Split(field, ".")
	for _, k := range keys[:len(keys)-1] {
		at = at[k].(map[string]any)
	}
	if _, has := at[keys[len(keys)-1]]; !has {
		t.Fatalf("no %s to leave out", field)
	}
	delete(at, keys[len(keys)-1])
	return event
}

// TestBadInput: each ends in a report that is true. The workspace has a.zip, which
// is dangerous, and a policy that would accept it; none of these runs may pass.
func TestBadInput(t *testing.T) {
	elsewhere := strings.Repeat("9", 40)
	at := func(sha string) string {
		return "https://api.github.example/repos/octo/models/contents/a.zip?ref=" + sha
	}
	mine := githubtest.User{Login: "github-actions[bot]", Type: "Bot"}
	marked := func(id int64) *githubtest.Comment {
		return &githubtest.Comment{ID: id, Body: "<!-- modelaudit:v1 key=default -->\nold", User: mine}
	}
	var b strings.Builder
	for _, test := range []struct {
		name   string
		event  any // of a pull request; nil for a sound one
		as     string
		raw    string // the event file
		change func(t *testing.T, j *job, s *githubtest.Server)
	}{
		{name: "the event file is no JSON", raw: `{"pull_request": {"number": 7`},
		{name: "the event file is empty", raw: "{}"},
		{name: "the event file is not there", change: func(t *testing.T, j *job, s *githubtest.Server) { j.env["GITHUB_EVENT_PATH"] = "/none/event.json" }},
		{name: "the event has no number", event: without(t, "pull_request.number")},
		{name: "the event has no head commit", event: without(t, "pull_request.head.sha")},
		{name: "the event has no base commit", event: without(t, "pull_request.base.sha")},
		{name: "the event has no base", event: without(t, "pull_request.base")},
		{name: "the event has no head repository", event: without(t, "pull_request.head.repo")},
		{name: "the event does not count files", event: without(t, "pull_request.changed_files")},
		{name: "a merge queue that says nothing", as: "merge_group", event: map[string]any{}},
		{name: "a merge queue without a base", as: "merge_group", event: map[string]any{"merge_group": map[string]any{"head_sha": mergeSHA}}},
		{name: "a forced push before the list", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Pulls[7][0] = githubtest.File{Filename: "other.md", Status: "added", Patch: "+x", ContentsURL: at(elsewhere)}
			s.PullHead[7] = elsewhere
		}},
		{name: "a forced push after the list", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Pulls[7][0].ContentsURL = at(headSHA)
			s.PullHead[7] = elsewhere
		}},
		{name: "a forced push before the comments at files", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Trouble = func(r *http.Request) *githubtest.Trouble {
				if strings.HasSuffix(r.URL.Path, "/pulls/7/comments") {
					s.PullHead[7] = elsewhere
				}
				return nil
			}
		}},
		{name: "two runs at once left two comments", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Comments[7] = []*githubtest.Comment{marked(1), marked(2)}
		}},
		{name: "the comment is deleted while it is edited", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Comments[7] = []*githubtest.Comment{marked(1)}
			s.Trouble = func(r *http.Request) *githubtest.Trouble {
				if r.Method == http.MethodPatch {
					s.Comments[7] = nil
				}
				return nil
			}
		}},
		{name: "the conversation is locked", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Trouble = func(r *http.Request) *githubtest.Trouble {
				if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/comments") {
					return &githubtest.Trouble{Status: 403, Message: "Unable to create comment because issue is locked."}
				}
				return nil
			}
		}},
		{name: "a sparse checkout", change: func(t *testing.T, j *job, s *githubtest.Server) { remove(t, j.workspace+"/a.zip") }},
		{name: "another commit is checked out", change: func(t *testing.T, j *job, s *githubtest.Server) { j.write(t, ".git/HEAD", []byte(elsewhere)) }},
		{name: "what is checked out is not known", change: func(t *testing.T, j *job, s *githubtest.Server) {
			j.write(t, ".git/HEAD", []byte("ref: refs/heads/none\n"))
		}},
		{name: "names that lead out of the workspace", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Pulls[7] = []githubtest.File{{Filename: "../../etc/hostname", Status: "added"}, {Filename: "/etc/hostname", Status: "added"}, {Filename: "a/../../b", Status: "added"}}
			j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, pullPayload(githubtest.Repository, 3))
		}},
		{name: "more files than are listed", change: func(t *testing.T, j *job, s *githubtest.Server) {
			j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, pullPayload(githubtest.Repository, 5000))
		}},
		{name: "the same file twice in the list", change: func(t *testing.T, j *job, s *githubtest.Server) {
			s.Pulls[7] = append(s.Pulls[7], s.Pulls[7][0])
			j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, pullPayload(githubtest.Repository, 2))
		}},
		{name: "a status that nobody knows", change: func(t *testing.T, j *job, s *githubtest.Server) { s.Pulls[7][0].Status = "teleported" }},
	} {
		s := githubtest.New(t)
		j := newJob(t, s, map[string][]byte{
			"a.zip": escaping(t), ".github/modelaudit.yml": []byte("fail-on: none\non-incomplete: warn\n"), ".git/HEAD": []byte(mergeSHA),
		})
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added", SHA: elsewhere})
		if test.event != nil {
			j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, test.event)
		}
		if test.as != "" {
			j.env["GITHUB_EVENT_NAME"] = test.as
		}
		if test.raw != "" {
			put(t, j.env["GITHUB_EVENT_PATH"], []byte(test.raw))
		}
		if test.change != nil {
			test.change(t, j, s)
		}
		r := j.run(t)
		if r.status == 0 {
			t.Errorf("%s: it passed; log:\n%s", test.name, r.raw)
		}
		if n := len(s.Comments[7]); n > 1 {
			t.Errorf("%s: %d comments", test.name, n)
		}
		tell(&b, test.name, s, r)
	}
	golden(t, badInput, b.String())
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// A shallow clone lacks the base, which GitHub has.
func TestShallowClone(t *testing.T) {
	git := withGitLFS(t)
	s := githubtest.New(t)
	author := t.TempDir()
	git(author, "init", "-q", "-b", "main")
	put(t, author+"/a.zip", archiveOf(t, "../../old"))
	git(author, "add", ".")
	git(author, "commit", "-q", "-m", "base")
	base := git(author, "rev-parse", "HEAD")
	put(t, author+"/a.zip", archiveOf(t, "../../old", "../../new"))
	git(author, "commit", "-q", "-a", "-m", "head")
	head := git(author, "rev-parse", "HEAD")
	for _, depth := range []string{"1", "2"} {
		j := newJob(t, s, nil)
		git(j.workspace, "clone", "-q", "--depth", depth, "file://"+author, ".")
		s.Contents[base+":a.zip"] = archiveOf(t, "../../old")
		s.Pulls[7], s.PullHead[7] = []githubtest.File{{Filename: "a.zip", Status: "modified"}}, head
		payload := strings.NewReplacer(headSHA, head, baseSHA, base).Replace(encoded(t, pullPayload(githubtest.Repository, 1)))
		j.event(t, "pull_request", "refs/pull/7/merge", head, rawJSON(payload))
		before := s.Count("GET", "/contents/a.zip?ref="+base)
		j.run(t).want(t, 1, map[string]string{"new-findings": "1", "high": "2"})
		if asked := s.Count("GET", "/contents/a.zip?ref="+base) - before; asked != map[string]int{"1": 1, "2": 0}[depth] {
			t.Errorf("depth %s: the base was asked of GitHub %d times", depth, asked)
		}
	}
}
