package entrypoint_test

import (
	"fmt"
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
	if !strings.Contains(r.summary, "```mermaid\nflowchart") && strings.Contains(r.summary, "Inside") {
		t.Errorf("no picture in:\n%s", r.summary)
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
		{name: "of another file", change: func(a *githubtest.Alert) { a.Instance.Location.Path = "b.zip" }, status: 1},
		{name: "of another rule", change: func(a *githubtest.Alert) { a.Rule.ID = "other" }, status: 1},
		{name: "that says something else", change: func(a *githubtest.Alert) { a.Instance.Message.Text += " now" }, status: 1},
		{name: "not respected", env: map[string]string{"INPUT_RESPECT-DISMISSALS": "false"}, status: 1},
	} {
		s := githubtest.New(t)
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
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
