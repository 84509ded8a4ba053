package entrypoint_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// A pull request with a dangerous model, and then the same one fixed.
func TestPullRequest(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"models/a.zip": escaping(t), "old.zip": escaping(t), "README.md": []byte("# hi\n")})
	j.pull(t, githubtest.Repository,
		githubtest.File{Filename: "models/a.zip", Status: "added"},
		githubtest.File{Filename: "README.md", Status: "modified", Changes: 1, Patch: "@@ -0,0 +1 @@\n+# hi"},
		githubtest.File{Filename: "gone.pt", Status: "removed"})

	r := j.run(t)
	r.want(t, 1, map[string]string{"verdict": "fail", "high": "1", "scanned": "1", "upload-status": "uploaded",
		"sarif-file": "modelaudit.sarif", "json-file": "modelaudit.json"})
	j.reports(t, "fail")
	d := s.Last()
	if d == nil || d.Ref != "refs/pull/7/merge" || d.Commit != mergeSHA || d.Category != "modelaudit" || len(*d.SARIF.Runs[0].Results) == 0 {
		t.Fatalf("uploaded %+v", d)
	}
	if uri := (*d.SARIF.Runs[0].Results)[0].Locations[0].Physical.Artifact.URI; uri != "models/a.zip" {
		t.Errorf("the alert is at %q", uri)
	}
	if len(s.Comments[7]) != 1 {
		t.Fatalf("%d comments: %s", len(s.Comments[7]), s.Transcript())
	}
	first := s.Comments[7][0]
	for _, part := range []string{"<!-- modelaudit:v1 key=default -->\n", "⛔", "models/a.zip", "accept:", "How to fix it"} {
		if !strings.Contains(first.Body, part) {
			t.Errorf("the comment lacks %q:\n%s", part, first.Body)
		}
	}
	if r.outputs["comment-url"] != first.HTMLURL {
		t.Errorf("comment-url %q", r.outputs["comment-url"])
	}
	if n := len(r.log.Annotations("error")); n == 0 {
		t.Errorf("no annotation:\n%s", r.raw)
	}
	if !strings.Contains(r.summary, "models/a.zip") || strings.Contains(r.summary+first.Body, "old.zip") {
		t.Errorf("summary:\n%s", r.summary)
	}

	j.write(t, "models/a.zip", harmless())
	r = j.run(t)
	r.want(t, 0, map[string]string{"verdict": "pass", "findings": "0", "upload-status": "uploaded"})
	j.reports(t, "pass")
	if results := *s.Last().SARIF.Runs[0].Results; len(s.Deliveries) != 2 || len(results) != 0 {
		t.Errorf("%d deliveries, the last with %d results", len(s.Deliveries), len(results))
	}
	if len(s.Comments[7]) != 1 || !strings.Contains(first.Body, "✅") || !strings.Contains(first.Body, "resolved") {
		t.Errorf("%d comments, the first: %s", len(s.Comments[7]), first.Body)
	}
}

func TestCleanPullRequestIsQuiet(t *testing.T) {
	for mode, want := range map[string]int{"on-findings": 0, "always": 1, "never": 0} {
		s := githubtest.New(t)
		j := newJob(t, s, map[string][]byte{"a.safetensors": harmless()})
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.safetensors", Status: "added"})
		j.env["INPUT_COMMENT"] = mode
		j.run(t).want(t, 0, map[string]string{"verdict": "pass", "scanned": "1"})
		if len(s.Comments[7]) != want {
			t.Errorf("%s: %d comments, want %d", mode, len(s.Comments[7]), want)
		}
	}
}

// The run of a fork cannot write; the check works all the same.
func TestFork(t *testing.T) {
	s := githubtest.New(t)
	s.Permissions = githubtest.Reading
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
	j.pull(t, "mallory/models", githubtest.File{Filename: "a.zip", Status: "added"})
	r := j.run(t)
	r.want(t, 1, map[string]string{"verdict": "fail", "upload-status": "skipped-fork", "comment-url": ""})
	j.reports(t, "fail")
	if n := strings.Count(r.raw, "read-only token"); n != 1 {
		t.Errorf("said %d times:\n%s", n, r.raw)
	}
	if !strings.Contains(r.summary, "a.zip") || !strings.Contains(r.summary, "read-only token") {
		t.Errorf("summary:\n%s", r.summary)
	}
}

// A token without permissions: said once, with what to add.
func TestMissingPermissions(t *testing.T) {
	s := githubtest.New(t)
	s.Permissions = githubtest.Reading
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
	r := j.run(t)
	r.want(t, 1, map[string]string{"upload-status": "skipped-permission"})
	const yaml = "permissions: {contents: read, pull-requests: write, security-events: write}"
	if n := strings.Count(r.raw, yaml); n != 1 {
		t.Errorf("the log has the permissions %d times:\n%s", n, r.raw)
	}
}

func TestPush(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t), "deep/b.safetensors": harmless()})
	j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{"before": baseSHA, "after": mergeSHA})
	j.run(t).want(t, 1, map[string]string{"verdict": "fail", "scanned": "2", "upload-status": "uploaded"})
	if d := s.Last(); d == nil || d.Ref != "refs/heads/main" || d.Commit != mergeSHA {
		t.Errorf("uploaded %+v", d)
	}
	if s.Count("GET", "/files?per_page=100") > 0 || len(s.Comments) > 0 {
		t.Errorf("asked what a push has no use for:\n%s", s.Transcript())
	}
}

func TestOtherEvents(t *testing.T) {
	for _, test := range []struct {
		event, ref string
		payload    any
		status     int
		upload     string
	}{
		{"schedule", "refs/heads/main", map[string]any{}, 1, "uploaded"},
		{"workflow_dispatch", "refs/heads/topic", map[string]any{}, 1, "uploaded"},
		{"push", "refs/tags/v1", map[string]any{"after": mergeSHA}, 1, "uploaded"},
		{"push", "refs/heads/gone", map[string]any{"deleted": true, "after": strings.Repeat("0", 40)}, 0, "skipped-never"},
		{"push", "refs/heads/gh-readonly-queue/main/pr-7-x", map[string]any{"after": mergeSHA}, 1, "skipped-merge-queue"},
		{"merge_group", "refs/heads/gh-readonly-queue/main/pr-7-x", map[string]any{"merge_group": map[string]any{"base_sha": baseSHA, "head_sha": mergeSHA}}, 1, "skipped-merge-queue"},
		{"workflow_run", "refs/heads/main", map[string]any{}, 1, "skipped-event"},
		{"pull_request_target", "refs/heads/main", pullPayload(githubtest.Repository, 1), 3, "skipped-commit"},
	} {
		s := githubtest.New(t)
		s.Pulls[7] = []githubtest.File{{Filename: "a.zip", Status: "added", SHA: headSHA}}
		s.Compares[baseSHA+"..."+mergeSHA] = s.Pulls[7]
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		j.write(t, ".git/HEAD", []byte(baseSHA))
		j.event(t, test.event, test.ref, mergeSHA, test.payload)
		r := j.run(t)
		if r.status != test.status || r.outputs["upload-status"] != test.upload {
			t.Errorf("%s %s: exit %d, upload %q; want %d, %q; log:\n%s", test.event, test.ref, r.status, r.outputs["upload-status"], test.status, test.upload, r.raw)
		}
		if uploaded := len(s.Deliveries) > 0; uploaded != (test.upload == "uploaded") {
			t.Errorf("%s %s: uploaded %v", test.event, test.ref, uploaded)
		}
	}
}

// Whatever GitHub answers, the files are written and the verdict stands.
func TestTroubleChangesNothing(t *testing.T) {
	refusal := func(status int, message string) githubtest.Trouble {
		return githubtest.Trouble{Status: status, Message: message}
	}
	for name, trouble := range map[string]githubtest.Trouble{
		"401": refusal(401, "Bad credentials"), "403": refusal(403, "Resource not accessible by integration"),
		"403 off": refusal(403, "Code Security must be enabled for this repository to use code scanning."),
		"404":     refusal(404, "Not Found"), "413": refusal(413, "Payload Too Large"), "422": refusal(422, "Validation Failed"),
		"429": {Status: 429, Message: "Too Many Requests", Header: map[string]string{"Retry-After": "1"}},
		"500": refusal(500, "Server Error"), "503": refusal(503, "Service Unavailable"),
		"hang": {Hang: true}, "cut": {Cut: true},
	} {
		for _, kind := range []string{"everything", "the upload", "the comment"} {
			s := githubtest.New(t)
			s.Trouble = func(r *http.Request) *githubtest.Trouble {
				if kind == "everything" || kind == "the upload" && strings.Contains(r.URL.Path, "/sarifs") ||
					kind == "the comment" && strings.Contains(r.URL.Path, "/comments") {
					return &trouble
				}
				return nil
			}
			j := newJob(t, s, map[string][]byte{"a.zip": escaping(t), "b.safetensors": harmless()})
			j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
			if trouble.Hang {
				// What works must not be slower than what does not: all hangs.
				if kind != "everything" {
					continue
				}
				j.patience = 300 * time.Millisecond
			}
			r := j.run(t)
			if r.status != 1 || r.outputs["verdict"] != "fail" || r.outputs["upload-status"] == "" {
				t.Errorf("%s to %s: exit %d, outputs %v; log:\n%s", name, kind, r.status, r.outputs, r.raw)
			}
			j.reports(t, "fail")
			if kind == "the upload" && len(s.Comments[7]) != 1 || kind == "the comment" && len(s.Deliveries) != 1 {
				t.Errorf("%s to %s kept the other report from being delivered:\n%s\n%s", name, kind, s.Transcript(), r.raw)
			}
			if len(r.log.Annotations("notice"))+len(r.log.Annotations("warning")) == 0 {
				t.Errorf("%s to %s: not told:\n%s", name, kind, r.raw)
			}
		}
	}
}

func TestBadInputs(t *testing.T) {
	for _, test := range []struct{ name, value, allowed string }{
		{"fail-on", "severe", "critical, high, medium, low, none"},
		{"on-incomplete", "ignore", "fail, warn"},
		{"scan-mode", "some", "auto, changed, full"},
		{"upload", "yes", "auto, always, never"},
		{"comment", "sometimes", "on-findings, always, never"},
		{"annotations", "yes", "true, false"},
		{"max-file-size", "big", "64GiB"},
		{"timeout", "soon", "5m"},
		{"paths", "../up", "out of the workspace"},
		{"paths", "a[", "glob"},
		{"sarif-file", "../x.sarif", "out of the workspace"},
		{"category", "a/b", "letters"},
		{"ref", "refs/heads/x", "together"},
		{"config", "none.yml", "not in the workspace"},
		{"json-file", "/none/x.json", "no such file"},
	} {
		s := githubtest.New(t)
		j := newJob(t, s, nil)
		j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
		j.env["INPUT_"+strings.ToUpper(test.name)] = test.value
		r := j.run(t)
		errs := r.log.Annotations("error")
		if r.status != 2 || len(errs) != 1 || strings.Count(strings.TrimSpace(r.raw), "\n") != 0 {
			t.Errorf("%s: %s: exit %d, log:\n%s", test.name, test.value, r.status, r.raw)
			continue
		}
		if !strings.Contains(errs[0].Data, test.allowed) || !strings.Contains(errs[0].Data, test.name) {
			t.Errorf("%s: %s: said %q", test.name, test.value, errs[0].Data)
		}
	}
}

// A job that forgot its checkout must not pass, nor close all alerts; a glob that
// matches nothing is told.
func TestNothingToScan(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, nil)
	j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
	r := j.run(t)
	r.want(t, 2, map[string]string{"verdict": "error"})
	if len(s.Deliveries) > 0 || !strings.Contains(r.raw, "actions/checkout has to come before this step") {
		t.Errorf("%d uploads; log:\n%s", len(s.Deliveries), r.raw)
	}
	j.write(t, "models/a.safetensors", harmless())
	j.env["INPUT_PATHS"] = "model/**"
	r = j.run(t)
	r.want(t, 0, map[string]string{"verdict": "pass", "scanned": "0"})
	if w := r.log.Annotations("warning"); len(w) != 1 || !strings.Contains(w[0].Data, "matches the input paths") {
		t.Errorf("warnings: %v", w)
	}
}

// Entries of a policy that match nothing are out of date where the inputs leave
// nothing out.
func TestEntriesOutOfDate(t *testing.T) {
	const told = "nothing found matches this acceptance any more"
	for _, test := range []struct {
		name, input, value string
		want               bool
	}{
		{"everything", "INPUT_PATHS", "", true},
		{"paths", "INPUT_PATHS", "a/**", false},
		{"paths-ignore", "INPUT_PATHS-IGNORE", "b/**", false},
	} {
		j := newJob(t, githubtest.New(t), map[string][]byte{
			"a/x.safetensors": harmless(), "b/x.safetensors": harmless(),
			".github/modelaudit.yml": []byte("accept: [{rule: archive-path-escapes, path: b/**, reason: known}]\n"),
		})
		j.env[test.input] = test.value
		j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
		r := j.run(t)
		r.want(t, 0, nil)
		if got := strings.Contains(r.summary, told); got != test.want {
			t.Errorf("%s: told %v, want %v:\n%s", test.name, got, test.want, r.summary)
		}
	}
}

// The policy of the base counts, not the one that the pull request brings.
func TestPolicyComesFromTheBase(t *testing.T) {
	lenient := []byte("fail-on: none\n")
	for _, test := range []struct {
		name, head, base string
		want             int
	}{
		{"in the head alone", string(lenient), "", 1},
		{"in the base", "", string(lenient), 0},
	} {
		s := githubtest.New(t)
		j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
		if test.head != "" {
			j.write(t, ".github/modelaudit.yml", []byte(test.head))
		}
		if test.base != "" {
			s.Contents[baseSHA+":.github/modelaudit.yml"] = []byte(test.base)
		}
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
		j.run(t).want(t, test.want, nil)
	}
}

// A baseline of a large repository is larger than what GitHub wraps in JSON, and
// than a policy may be.
func TestLargeBaseline(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t)})
	t.Chdir(j.workspace)
	if status, out := command("baseline", "--output", "known.json", "."); status != 0 {
		t.Fatalf("exit status %d: %s", status, out)
	}
	known, err := os.ReadFile("known.json")
	if err != nil {
		t.Fatal(err)
	}
	known = append(known, bytes.Repeat([]byte("\n"), 2<<20)...)
	j.env["INPUT_BASELINE"] = "known.json"

	s.Contents[baseSHA+":known.json"] = known
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.zip", Status: "added"})
	j.run(t).want(t, 0, map[string]string{"verdict": "pass"})

	j.write(t, "known.json", known)
	j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
	j.run(t).want(t, 0, map[string]string{"verdict": "pass"})
}

// Names that would command the runner, break the comment or leave the list.
func TestHostileNames(t *testing.T) {
	names := []string{
		"a\r::stop-commands::x\r.zip", "b\n::error::forged.zip", "c##[error]d.zip", "](javascript:x).zip", "@org/team.zip",
		"\u202egnp.zip", "|x|<h1>.zip", "::warning::e.zip", strings.Repeat("n", 200) + ".zip", "`code`.zip", "#1 :tada:.zip", "%0A::x.zip",
	}
	s := githubtest.New(t)
	files := map[string][]byte{}
	var changed []githubtest.File
	for _, n := range names {
		files[n] = escaping(t)
		changed = append(changed, githubtest.File{Filename: n, Status: "added"})
	}
	j := newJob(t, s, files)
	j.pull(t, githubtest.Repository, changed...)
	r := j.run(t)
	r.want(t, 1, map[string]string{"high": fmt.Sprint(len(names)), "upload-status": "uploaded"})
	for _, c := range r.log.Commands {
		if c.Old || strings.Contains(c.Data, "forged") && c.Name != "error" {
			t.Errorf("obeyed %+v", c)
		}
	}
	if n := len(r.log.Annotations("error")); n != 10 {
		t.Errorf("%d annotations", n)
	}
	body := s.Comments[7][0].Body
	for _, bad := range []string{"<h1>", "@org", "](javascript", ":tada:", "\u202e", "\r"} {
		if strings.Contains(body+r.summary, bad) {
			t.Errorf("the comment or the summary holds %q", bad)
		}
	}
}

func TestManyFindingsFitTheComment(t *testing.T) {
	s := githubtest.New(t)
	files := map[string][]byte{}
	var changed []githubtest.File
	for i := range 300 {
		n := fmt.Sprintf("models/%s%03d.zip", strings.Repeat("x", 150), i)
		files[n] = escaping(t)
		changed = append(changed, githubtest.File{Filename: n, Status: "added"})
	}
	j := newJob(t, s, files)
	j.pull(t, githubtest.Repository, changed...)
	j.run(t).want(t, 1, map[string]string{"high": "300"})
	if len(s.Comments[7]) != 1 || len(s.Comments[7][0].Body) > github.MaxComment || !strings.Contains(s.Comments[7][0].Body, "more") {
		t.Errorf("comment: %s", s.Transcript())
	}
}

// A list that is not whole is no ground to skip a file.
func TestIncompleteListMeansEverything(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"unlisted.zip": escaping(t)})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.md", Status: "added", Patch: "+x"})
	j.event(t, "pull_request", "refs/pull/7/merge", mergeSHA, pullPayload(githubtest.Repository, 2))
	r := j.run(t)
	r.want(t, 1, map[string]string{"verdict": "fail"})
	if !strings.Contains(r.raw, "counts 2 changed files but lists 1") {
		t.Errorf("log:\n%s", r.raw)
	}
}

func TestChangedButNotThere(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, nil)
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "sparse.pt", Status: "added"})
	r := j.run(t)
	r.want(t, 3, map[string]string{"verdict": "incomplete", "unscanned": "1"})
	if !strings.Contains(r.summary, "sparse checkout") {
		t.Errorf("summary:\n%s", r.summary)
	}
}
