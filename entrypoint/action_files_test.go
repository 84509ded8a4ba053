package entrypoint_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// Comments at files are written once, kept up to date, and closed when there is
// nothing left to say.
func TestFileComments(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t), "b.zip": archiveOf(t, "../../x|<b>`.md"), "ok.safetensors": harmless()})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"},
		githubtest.File{Filename: "b.zip", Status: "added"}, githubtest.File{Filename: "ok.safetensors", Status: "added"})
	paths := func() string {
		var out []string
		for _, c := range s.Reviews {
			state := "⛔"
			if strings.Contains(c.Body, "✅") {
				state = "✅"
			}
			out = append(out, c.Path+state)
		}
		return strings.Join(out, " ")
	}
	for range 2 {
		j.run(t).want(t, 1, nil)
		if got := paths(); got != "a.zip⛔ b.zip⛔" {
			t.Fatalf("comments at %q", got)
		}
	}
	for _, bad := range []string{"<b>", "`.md", "|<"} {
		if strings.Contains(s.Reviews[1].Body, bad) {
			t.Errorf("the comment holds %q", bad)
		}
	}
	foreign := &githubtest.ReviewComment{ID: 1, Pull: 7, Path: "a.zip", Body: s.Reviews[0].Body, User: githubtest.User{Login: "mallory", Type: "User"}}
	s.Reviews = append(s.Reviews, foreign)
	j.write(t, "a.zip", harmless())
	j.run(t).want(t, 1, nil)
	if got := paths(); got != "a.zip✅ b.zip⛔ a.zip⛔" {
		t.Errorf("after one was fixed: %q", got)
	}
	j.write(t, "a.zip", escaping(t))
	j.run(t).want(t, 1, nil)
	if got := paths(); got != "a.zip⛔ b.zip⛔ a.zip⛔" {
		t.Errorf("after it came back: %q", got)
	}
	j.env["INPUT_FILE-COMMENTS"] = "false"
	before := len(s.Requests)
	j.run(t)
	for _, r := range s.Requests[before:] {
		if strings.Contains(r.Path, "/pulls/7/comments") {
			t.Errorf("asked %s %s", r.Method, r.Path)
		}
	}
}

func TestFileCommentsAreFew(t *testing.T) {
	s := githubtest.New(t)
	files := map[string][]byte{}
	var changed []githubtest.File
	for i := range 25 {
		n := fmt.Sprintf("%02d.zip", i)
		files[n] = escaping(t)
		changed = append(changed, githubtest.File{Filename: n, Status: "added"})
	}
	j := newJob(t, s, files)
	j.pull(t, githubtest.Repository, changed...)
	j.run(t).want(t, 1, nil)
	if len(s.Reviews) != 10 {
		t.Errorf("%d comments at files, want 10", len(s.Reviews))
	}
}

func TestLinkToAlerts(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
	r := j.run(t)
	want := s.URL + "/" + githubtest.Repository + "/security/code-scanning?query=is%3Aopen+tool%3Amodelaudit+pr%3A7"
	if !strings.Contains(r.summary, want) || !strings.Contains(s.Comments[7][0].Body, want) {
		t.Errorf("no link to %s in:\n%s", want, r.summary)
	}
}

// What somebody who may dismissed does not fail, if it is that very thing.
func TestDismissals(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*githubtest.Alert)
		env    map[string]string
		status int
	}{
		{name: "that very alert", status: 0},
		{name: "open", change: func(a *githubtest.Alert) { a.State = "open" }, status: 1},
		{name: "on the branch that is pushed", change: func(a *githubtest.Alert) { a.Instance.Ref = "refs/heads/release" }, status: 0},
		{name: "on another branch", change: func(a *githubtest.Alert) { a.Instance.Ref = "refs/heads/other" }, status: 1},
		{name: "of another file", change: func(a *githubtest.Alert) { a.Instance.Location.Path = "b.zip" }, status: 1},
		{name: "of another rule", change: func(a *githubtest.Alert) { a.Rule.ID = "other" }, status: 1},
		{name: "that says something else", change: func(a *githubtest.Alert) { a.Instance.Message.Text += " now" }, status: 1},
		{name: "of another place in the file", change: func(a *githubtest.Alert) {
			a.Instance.Message.Text = strings.Replace(a.Instance.Message.Text, "\n0x0", "\n0x1", 1)
		}, status: 0},
		{name: "not respected", env: map[string]string{"INPUT_RESPECT-DISMISSALS": "false"}, status: 1},
	} {
		s := githubtest.New(t)
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		j.event(t, "push", "refs/heads/release", mergeSHA, map[string]any{})
		j.run(t).want(t, 1, nil)
		result := (*s.Last().SARIF.Runs[0].Results)[0]
		var a githubtest.Alert
		a.State, a.DismissedReason, a.Rule.ID = "dismissed", "won't fix", result.RuleID
		a.Instance.Location.Path, a.Instance.Message = result.Locations[0].Physical.Artifact.URI, result.Message
		if test.change != nil {
			test.change(&a)
		}
		s.Alerts = []githubtest.Alert{a}
		for k, v := range test.env {
			j.env[k] = v
		}
		r := j.run(t)
		if r.status != test.status {
			t.Errorf("%s: exit %d, want %d; log:\n%s", test.name, r.status, test.status, r.raw)
		}
		if n := len(*s.Last().SARIF.Runs[0].Results); n == 0 {
			t.Errorf("%s: the alert is not uploaded any more, which would lose its dismissal", test.name)
		}
	}
}

// writingContents is a token that may also resolve conversations.
var writingContents = githubtest.Permissions{Contents: "write", PullRequests: "write", SecurityEvents: "write"}

// Conversations end when there is nothing left to say, and begin anew when there
// is. Where the token may not end them, the comment says so.
func TestConversations(t *testing.T) {
	const byHand = "can be resolved"
	for _, test := range []struct {
		name     string
		token    githubtest.Permissions
		prefix   string
		resolved bool
	}{
		{"may", writingContents, "", true},
		{"may, on Enterprise Server", writingContents, "/api/v3", true},
		{"may not", githubtest.Writing, "", false},
	} {
		s := githubtest.New(t)
		s.Permissions, s.Prefix = test.token, test.prefix
		files := map[string][]byte{}
		var changed []githubtest.File
		for i := range 5 { // on three pages
			n := fmt.Sprintf("%d.zip", i)
			files[n] = escaping(t)
			changed = append(changed, githubtest.File{Filename: n, Status: "added"})
		}
		j := newJob(t, s, files)
		j.env["GITHUB_API_URL"] = s.APIURL()
		j.pull(t, githubtest.Repository, changed...)
		j.run(t).want(t, 1, nil)
		if n := s.Count("POST", "/graphql"); n != 0 {
			t.Errorf("%s: %d questions about conversations, though none is to be changed", test.name, n)
		}
		at := func(path string) *githubtest.ReviewComment {
			for _, c := range s.Reviews {
				if c.Path == path {
					return c
				}
			}
			t.Fatalf("%s: no comment at %s", test.name, path)
			return nil
		}
		state := func(path string) string {
			c := at(path)
			return fmt.Sprintf("resolved %v, told %v, by hand %v", c.Resolved, strings.Contains(c.Body, "✅"), strings.Contains(c.Body, byHand))
		}
		j.write(t, "4.zip", harmless())
		j.write(t, "3.zip", harmless())
		for range 2 {
			r := j.run(t)
			if got, want := state("4.zip"), fmt.Sprintf("resolved %v, told true, by hand %v", test.resolved, !test.resolved); got != want || got != state("3.zip") {
				t.Errorf("%s: after two were fixed: %s and %s, want %s", test.name, got, state("3.zip"), want)
			}
			if strings.Contains(r.raw, "permissions: {") {
				t.Errorf("%s: asked for a permission that nobody should give:\n%s", test.name, r.raw)
			}
		}
		if got := state("0.zip"); got != "resolved false, told false, by hand false" {
			t.Errorf("%s: one that was not fixed: %s", test.name, got)
		}
		at("0.zip").Resolved = true // by a person, who is left alone
		j.write(t, "4.zip", escaping(t))
		j.run(t).want(t, 1, nil)
		if got := state("4.zip"); got != "resolved false, told false, by hand false" {
			t.Errorf("%s: after it came back: %s", test.name, got)
		}
		if !at("0.zip").Resolved {
			t.Errorf("%s: a conversation that a person resolved was opened again", test.name)
		}
	}
}

// A comment is not called resolved because its file was not looked at.
func TestConversationOfAFileThatWasNotRead(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, j *job)
		want   string // in the comment
	}{
		{"a pointer whose object is not to be had", func(t *testing.T, j *job) { j.write(t, "a.zip", pointerTo(escaping(t))) }, "finding in this file"},
		{"left out", func(t *testing.T, j *job) { j.env["INPUT_PATHS-IGNORE"] = "a.zip" }, "finding in this file"},
		{"too large", func(t *testing.T, j *job) { j.env["INPUT_MAX-FILE-SIZE"] = "10" }, "finding in this file"},
		{"accepted", func(t *testing.T, j *job) {
			j.server.Contents[baseSHA+":.github/modelaudit.yml"] = []byte("accept:\n  - path: a.zip\n    reason: ours\n    rule: archive-path-escapes\n")
		}, "accepted by the policy"},
		{"not part of the request any more", func(t *testing.T, j *job) {
			j.pull(t, githubtest.Repository, githubtest.File{Filename: "other.zip", Status: "added"})
			j.write(t, "other.zip", harmless())
		}, "does not bring this file any more"},
	} {
		s := githubtest.New(t)
		s.Permissions = writingContents
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
		j.run(t).want(t, 1, nil)
		test.change(t, j)
		r := j.run(t)
		c := s.Reviews[0]
		if settled := !strings.Contains(test.want, "finding"); !strings.Contains(c.Body, test.want) || c.Resolved != settled {
			t.Errorf("%s: resolved %v, the comment says:\n%s\nlog:\n%s", test.name, c.Resolved, c.Body, r.raw)
		}
	}
}

// A comment that is deleted between the list and the edit is written anew.
func TestCommentDeletedUnderUs(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
	j.run(t).want(t, 1, nil)
	j.write(t, "a.zip", archiveOf(t, "../../x", "../../y"))
	s.Trouble = func(r *http.Request) *githubtest.Trouble {
		if r.Method == http.MethodPatch {
			s.Comments[7], s.Reviews = nil, nil
			return &githubtest.Trouble{Status: 404, Message: "Not Found"}
		}
		return nil
	}
	r := j.run(t)
	r.want(t, 1, nil)
	if len(s.Comments[7]) != 1 || len(s.Reviews) != 1 || len(r.log.Annotations("warning"))+len(r.log.Annotations("notice")) != 0 {
		t.Errorf("%d comments and %d at files; log:\n%s", len(s.Comments[7]), len(s.Reviews), r.raw)
	}
}
