package entrypoint_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/entrypoint"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/github/githubtest"
	"github.com/modelaudit/modelaudit/internal/runner/runnertest"
)

const (
	headSHA  = "1111111111111111111111111111111111111111"
	baseSHA  = "2222222222222222222222222222222222222222"
	mergeSHA = "3333333333333333333333333333333333333333"
)

// escaping is a zip archive whose member leaves the directory it is unpacked to.
func escaping(t testing.TB) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("../../.ssh/authorized_keys")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(w, "poc")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// harmless is a safetensors file with one tensor.
func harmless() []byte {
	header := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), 0, 0, 0, 0)
}

// A job is what the runner gives a step.
type job struct {
	server    *githubtest.Server
	workspace string
	temp      string
	env       map[string]string
	patience  time.Duration // with one answer of GitHub
}

// newJob checks a commit out: one that changes the given files on pull request 7.
func newJob(t *testing.T, s *githubtest.Server, files map[string][]byte) *job {
	j := &job{server: s, workspace: t.TempDir(), temp: t.TempDir(), patience: time.Minute}
	j.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": j.workspace, "GITHUB_REPOSITORY": githubtest.Repository,
		"GITHUB_API_URL": s.APIURL(), "GITHUB_SERVER_URL": s.URL, "GITHUB_ACTOR": "octocat", "INPUT_TOKEN": githubtest.Token,
		"GITHUB_OUTPUT": filepath.Join(j.temp, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(j.temp, "summary"),
		"GITHUB_EVENT_PATH": filepath.Join(j.temp, "event.json"),
	}
	for name, content := range files {
		j.write(t, name, content)
	}
	return j
}

func (j *job) write(t *testing.T, name string, content []byte) {
	t.Helper()
	full := filepath.Join(j.workspace, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// event sets the event and its file.
func (j *job) event(t *testing.T, name, ref, sha string, payload any) {
	t.Helper()
	j.env["GITHUB_EVENT_NAME"], j.env["GITHUB_REF"], j.env["GITHUB_SHA"] = name, ref, sha
	p, err := json.Marshal(payload)
	if err == nil {
		err = os.WriteFile(j.env["GITHUB_EVENT_PATH"], p, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pull makes the event that of pull request 7, from the given repository, with
// the changed files.
func (j *job) pull(t *testing.T, from string, changed ...githubtest.File) {
	j.server.Pulls[7] = changed
	j.server.PullHead[7] = headSHA
	j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, pullPayload(from, len(changed)))
}

func pullPayload(from string, changed int) any {
	side := func(sha, ref, repository string) any {
		return map[string]any{"sha": sha, "ref": ref, "repo": map[string]any{"full_name": repository}}
	}
	return map[string]any{
		"action": "synchronize", "number": 7,
		"pull_request": map[string]any{
			"number": 7, "changed_files": changed,
			"head": side(headSHA, "topic", from), "base": side(baseSHA, "main", githubtest.Repository),
		},
		"repository": map[string]any{"full_name": githubtest.Repository, "default_branch": "main"},
	}
}

// A result is what the runner sees of a step.
type result struct {
	status  int
	log     runnertest.Log
	raw     string
	outputs map[string]string
	summary string
}

func (j *job) run(t *testing.T) result {
	t.Helper()
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		if err := os.WriteFile(j.env[name], nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	status := entrypoint.Run(context.Background(), entrypoint.World{
		Args: []string{"action"}, Stdout: &out, Stderr: &errs,
		Getenv: func(k string) string { return j.env[k] },
		Net: github.Net{
			Timeout: j.patience,
			Sleep:   func(context.Context, time.Duration) error { return nil },
		},
	})
	r := result{status: status, raw: out.String() + errs.String(), log: runnertest.Read(out.String() + errs.String())}
	var err error
	if r.outputs, err = runnertest.Outputs(j.env["GITHUB_OUTPUT"]); err != nil {
		t.Errorf("outputs: %v", err)
	}
	if r.summary, err = runnertest.Summary(j.env["GITHUB_STEP_SUMMARY"]); err != nil {
		t.Errorf("summary: %v", err)
	}
	if strings.Contains(r.raw+r.summary, githubtest.Token) {
		t.Error("the token is in the log")
	}
	if obeyed := r.log.Obeyed(); len(obeyed) > 0 || r.log.Stopped {
		t.Errorf("the runner would obey %+v, stopped %v", obeyed, r.log.Stopped)
	}
	return r
}

// want compares outputs.
func (r result) want(t *testing.T, status int, outputs map[string]string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d; log:\n%s", r.status, status, r.raw)
	}
	for k, v := range outputs {
		if r.outputs[k] != v {
			t.Errorf("output %s is %q, want %q; log:\n%s", k, r.outputs[k], v, r.raw)
		}
	}
}

// reports checks that both reports are there, and that the JSON one is what the
// summary of verdicts says.
func (j *job) reports(t *testing.T, verdict string) {
	t.Helper()
	for _, name := range []string{"modelaudit.sarif", "modelaudit.json"} {
		p, err := os.ReadFile(filepath.Join(j.workspace, name))
		if err != nil || !json.Valid(p) {
			t.Errorf("%s: %v, %d bytes", name, err, len(p))
			continue
		}
		var doc struct{ Summary struct{ Verdict string } }
		if json.Unmarshal(p, &doc); name == "modelaudit.json" && doc.Summary.Verdict != verdict {
			t.Errorf("%s: verdict %q, want %q", name, doc.Summary.Verdict, verdict)
		}
	}
}

// updating reports whether generated files are to be written anew: the flag
// belongs to the tests of the package itself.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	p, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// rawJSON is JSON that is encoded already.
type rawJSON string

// MarshalJSON returns it as it is.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }
