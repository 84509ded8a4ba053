package entrypoint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// transcripts is every kind of run with what GitHub was asked and what was
// said: go test ./entrypoint -update writes it anew.
const transcripts = "testdata/action.txt"

// TestTranscripts runs each event with each kind of token, as GitHub gives it.
func TestTranscripts(t *testing.T) {
	changed := githubtest.File{Filename: "a.zip", Status: "added"}
	queue := map[string]any{"merge_group": map[string]any{"base_sha": baseSHA, "head_sha": mergeSHA}}
	none := githubtest.Permissions{}
	var b strings.Builder
	for _, test := range []struct {
		name, event, ref string
		payload          any
		head             string // in .git/HEAD
		token            githubtest.Permissions
		off              string // what code scanning answers
		env              map[string]string
	}{
		{name: "pull request, merge commit checked out", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Writing},
		{name: "pull request, head checked out", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: headSHA, token: githubtest.Writing},
		{name: "pull request, base checked out", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: baseSHA, token: githubtest.Writing},
		{name: "pull request of a fork", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload("mallory/models", 1), head: mergeSHA, token: githubtest.Reading},
		{name: "pull request of Dependabot", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Reading, env: map[string]string{"GITHUB_ACTOR": "dependabot[bot]"}},
		{name: "pull request, contents: read alone", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Permissions{Contents: "read"}},
		{name: "pull request, no permission at all", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: none},
		{name: "pull request, may upload but not comment", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Permissions{Contents: "read", PullRequests: "read", SecurityEvents: "write"}},
		{name: "pull request, may comment but not upload", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Permissions{Contents: "read", PullRequests: "write"}},
		{name: "pull request, code scanning is off", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Writing, off: "Code Security must be enabled for this repository to use code scanning."},
		{name: "pull request, archived repository", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, token: githubtest.Writing, off: "Repository was archived so is read-only."},
		{name: "pull request without a token", event: "pull_request", ref: "refs/pull/7/merge", payload: pullPayload(githubtest.Repository, 1), head: mergeSHA, env: map[string]string{"INPUT_TOKEN": ""}},
		{name: "pull_request_target, base checked out", event: "pull_request_target", ref: "refs/heads/main", payload: pullPayload("mallory/models", 1), head: baseSHA, token: githubtest.Writing},
		{name: "pull_request_target, head checked out", event: "pull_request_target", ref: "refs/heads/main", payload: pullPayload("mallory/models", 1), head: headSHA, token: githubtest.Writing},
		{name: "push to a branch", event: "push", ref: "refs/heads/main", payload: map[string]any{"before": baseSHA, "after": mergeSHA}, head: mergeSHA, token: githubtest.Writing},
		{name: "push of a tag", event: "push", ref: "refs/tags/v1", payload: map[string]any{"after": mergeSHA}, head: mergeSHA, token: githubtest.Writing},
		{name: "push by Dependabot", event: "push", ref: "refs/heads/dependabot/pip/x", payload: map[string]any{"after": mergeSHA}, head: mergeSHA, token: githubtest.Reading, env: map[string]string{"GITHUB_ACTOR": "dependabot[bot]"}},
		{name: "push that deletes a branch", event: "push", ref: "refs/heads/gone", payload: map[string]any{"deleted": true}, head: mergeSHA, token: githubtest.Writing},
		{name: "push to a merge queue", event: "push", ref: "refs/heads/gh-readonly-queue/main/pr-7-x", payload: map[string]any{"after": mergeSHA}, head: mergeSHA, token: githubtest.Writing},
		{name: "push, changed files alone", event: "push", ref: "refs/heads/topic", payload: map[string]any{"before": baseSHA, "after": mergeSHA}, head: mergeSHA, token: githubtest.Writing, env: map[string]string{"INPUT_SCAN-MODE": "changed"}},
		{name: "push of a new branch, changed files alone", event: "push", ref: "refs/heads/topic", payload: map[string]any{"before": strings.Repeat("0", 40), "after": mergeSHA}, head: mergeSHA, token: githubtest.Writing, env: map[string]string{"INPUT_SCAN-MODE": "changed"}},
		{name: "merge_group", event: "merge_group", ref: "refs/heads/gh-readonly-queue/main/pr-7-x", payload: queue, head: mergeSHA, token: githubtest.Writing},
		{name: "schedule", event: "schedule", ref: "refs/heads/main", payload: map[string]any{}, head: mergeSHA, token: githubtest.Writing},
		{name: "workflow_dispatch", event: "workflow_dispatch", ref: "refs/heads/topic", payload: map[string]any{}, head: mergeSHA, token: githubtest.Writing},
		{name: "workflow_run", event: "workflow_run", ref: "refs/heads/main", payload: map[string]any{}, head: mergeSHA, token: githubtest.Writing},
		{name: "workflow_run with ref and sha", event: "workflow_run", ref: "refs/heads/main", payload: map[string]any{}, head: headSHA, token: githubtest.Writing, env: map[string]string{"INPUT_REF": "refs/pull/7/head", "INPUT_SHA": headSHA}},
	} {
		s := githubtest.New(t)
		s.Permissions, s.PullHead[7] = test.token, headSHA
		s.Pulls[7] = []githubtest.File{changed}
		s.Compares[baseSHA+"..."+mergeSHA] = s.Pulls[7]
		s.CodeScanning = test.off
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		j.write(t, ".git/HEAD", []byte(test.head))
		j.event(t, test.event, test.ref, mergeSHA, test.payload)
		for k, v := range test.env {
			j.env[k] = v
		}
		r := j.run(t)
		tell(&b, test.name, s, r)
	}
	golden(t, transcripts, b.String())
}

// tell writes what GitHub was asked and what was said.
func tell(b *strings.Builder, name string, s *githubtest.Server, r result) {
	fmt.Fprintf(b, "# %s\nexit %d, verdict %s, upload %s\n", name, r.status, r.outputs["verdict"], r.outputs["upload-status"])
	if d := s.Last(); d != nil {
		fmt.Fprintf(b, "alerts of %s at %s\n", d.Ref, d.Commit[:4])
	}
	for line := range strings.Lines(s.Transcript()) {
		b.WriteString("  " + strings.ReplaceAll(line, "/repos/"+githubtest.Repository, ""))
	}
	for _, kind := range []string{"notice", "warning", "error"} {
		for _, c := range r.log.Annotations(kind) {
			if c.Properties["title"] == "modelaudit" {
				fmt.Fprintf(b, "  %s: %s\n", kind, strings.ReplaceAll(c.Data, s.URL, "https://github.example"))
			}
		}
	}
	b.WriteString("\n")
}

// golden compares text with a file, or writes it with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	if updating() {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != text {
		t.Errorf("%s differs (%v); go test ./entrypoint -update writes what is new:\n%s", name, err, text)
	}
}

// GitHub Enterprise Server serves its API below a path, and data residency on
// a host of its own.
func TestHosts(t *testing.T) {
	for _, test := range []struct {
		name, prefix, api string
	}{
		{"GitHub Enterprise Server", "/api/v3", "127.0.0.1"},
		{"data residency", "", "localhost"},
	} {
		s := githubtest.New(t)
		s.Prefix = test.prefix
		bad := escaping(t)
		oid := shaOf(bad)
		s.Objects[oid] = bad
		j := newJob(t, s, map[string][]byte{"a.pt": pointerTo(bad)})
		j.env["GITHUB_API_URL"] = strings.Replace(s.APIURL(), "127.0.0.1", test.api, 1)
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.pt", Status: "added"})
		j.run(t).want(t, 1, map[string]string{"upload-status": "uploaded"})
		for _, r := range s.Requests {
			switch {
			case strings.HasPrefix(r.Path, test.prefix+"/repos/"):
				if !strings.HasPrefix(r.Host, test.api) || r.Authorization == "" {
					t.Errorf("%s: %s %s at %s", test.name, r.Method, r.Path, r.Host)
				}
			case strings.HasSuffix(r.Path, ".git/info/lfs/objects/batch"), strings.HasPrefix(r.Path, "/lfs-storage/"):
				if !strings.HasPrefix(r.Host, "127.0.0.1") {
					t.Errorf("%s: %s %s at %s", test.name, r.Method, r.Path, r.Host)
				}
			default:
				t.Errorf("%s: %s %s, which is none of its addresses", test.name, r.Method, r.Path)
			}
		}
		if len(s.Comments[7]) != 1 || s.Last() == nil {
			t.Errorf("%s: not delivered:\n%s", test.name, s.Transcript())
		}
	}
}
