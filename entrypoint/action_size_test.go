package entrypoint_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// What is too large for GitHub is sent shorter, worst first, and it is said.
func TestTooLargeForGitHub(t *testing.T) {
	const many = 150
	for _, test := range []struct {
		name          string
		sarif, body   int // what GitHub takes; 0 for its usual limits
		always413     bool
		upload, warns string
		results       int
		comments      int
	}{
		{name: "all fits", upload: "uploaded", results: many + 1, comments: 1},
		{name: "the evidence does not fit", sarif: 12_000, upload: "uploaded", results: many + 1, comments: 1, warns: "without the places of the evidence"},
		{name: "not all findings fit", sarif: 7_500, upload: "uploaded", results: 100, comments: 1, warns: "no more than the 100 worst findings"},
		{name: "nothing fits", sarif: 10, upload: "failed", comments: 1, warns: "Payload Too Large"},
		{name: "the comment does not fit", body: 16_000, upload: "uploaded", results: many + 1, comments: 1, warns: "at its full length"},
		{name: "no comment fits", body: 10, upload: "uploaded", results: many + 1, warns: "not commented on"},
		{name: "413 to everything", always413: true, upload: "failed", warns: "Payload Too Large"},
	} {
		s := githubtest.New(t)
		if test.sarif > 0 {
			s.MaxSARIF = test.sarif
		}
		if test.body > 0 {
			s.MaxBody = test.body
		}
		if test.always413 {
			s.Trouble = func(r *http.Request) *githubtest.Trouble {
				if r.Method != http.MethodGet {
					return &githubtest.Trouble{Status: 413, Message: "Payload Too Large"}
				}
				return nil
			}
		}
		files := map[string][]byte{"worst.pkl": []byte("cposix\nsystem\n(S'echo poc'\ntR.")}
		changed := []githubtest.File{{Filename: "worst.pkl", Status: "added"}}
		for i := range many {
			n := shaOf([]byte{byte(i)}) + ".zip" // names that no one can compress
			files[n] = escaping(t)
			changed = append(changed, githubtest.File{Filename: n, Status: "added"})
		}
		j := newJob(t, s, files)
		j.env["INPUT_FILE-COMMENTS"] = "false"
		j.pull(t, githubtest.Repository, changed...)
		r := j.run(t)
		r.want(t, 1, map[string]string{"upload-status": test.upload, "critical": "1", "high": fmt.Sprint(many)})
		if d := s.Last(); d != nil {
			results := *d.SARIF.Runs[0].Results
			if len(results) != test.results || results[0].RuleID != "pickle-executes-code" {
				t.Errorf("%s: %d results, the first %s; want %d, the worst first", test.name, len(results), results[0].RuleID, test.results)
			}
			if said := strings.Contains(string(d.Raw), "did not take a larger one"); said != (test.results < many) {
				t.Errorf("%s: what was left out is told in the report: %v", test.name, said)
			}
		} else if test.results > 0 {
			t.Errorf("%s: nothing was uploaded:\n%s", test.name, r.raw)
		}
		if n := len(s.Comments[7]); n != test.comments {
			t.Errorf("%s: %d comments, want %d:\n%s", test.name, n, test.comments, s.Transcript())
		} else if n == 1 && !strings.Contains(s.Comments[7][0].Body, "worst.pkl") {
			t.Errorf("%s: the comment lacks the worst", test.name)
		}
		var notes []string
		for _, kind := range []string{"notice", "warning"} {
			for _, a := range r.log.Annotations(kind) {
				notes = append(notes, a.Data)
			}
		}
		if all := strings.Join(notes, "\n"); !strings.Contains(all, test.warns) || test.warns == "" && all != "" {
			t.Errorf("%s: told %q, want %q", test.name, all, test.warns)
		}
		whole, err := os.ReadFile(filepath.Join(j.workspace, "modelaudit.sarif"))
		if err != nil || strings.Count(string(whole), `"ruleId": "archive-path-escapes"`) != many {
			t.Errorf("%s: the report in the workspace is not whole: %v", test.name, err)
		}
	}
}
