package github_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/github"
)

// A witness notes what the mock of GitHub's published description objects to.
type witness struct {
	violations []string
	seen       map[string]bool
}

func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	w.seen[req.Method+" "+strings.Trim(req.URL.Path, "0123456789")] = true
	var found []struct {
		Severity string   `json:"severity"`
		Message  string   `json:"message"`
		Location []string `json:"location"`
	}
	if header := res.Header.Get("Sl-Violations"); header != "" {
		if err := json.Unmarshal([]byte(header), &found); err != nil {
			return nil, err
		}
	}
	for _, v := range found {
		if len(v.Location) > 0 && v.Location[0] == "request" {
			w.violations = append(w.violations, req.Method+" "+req.URL.Path+": "+v.Message)
		}
	}
	if res.StatusCode == http.StatusNotFound && res.Header.Get("Content-Type") == "application/problem+json" {
		w.violations = append(w.violations, req.Method+" "+req.URL.Path+": not in the description")
	}
	return res, nil
}

// TestContract sends every request of the client (paths of files without a
// slash, which the mock does not match) to a mock that is made from
// GitHub's published description: scripts/github-contract.sh starts it.
func TestContract(t *testing.T) {
	address := os.Getenv("GITHUB_CONTRACT_URL")
	if address == "" {
		t.Skip("GITHUB_CONTRACT_URL names no mock; scripts/github-contract.sh starts one")
	}
	w := &witness{seen: make(map[string]bool)}
	c, err := github.New(github.Config{
		APIURL: address, ServerURL: address, Repository: "octo/models", Token: "ghp_x",
		Net: github.Net{Transport: w, Sleep: (&patience{}).net().Sleep, Timeout: 10 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	to := github.Destination{Ref: "refs/pull/7/merge", SHA: testSHA}
	for name, call := range map[string]func() error{
		"changed files": func() error { _, err := c.PullFiles(ctx, &github.Pull{Number: 7}); return err },
		"commit":        func() error { _, err := c.Commit(ctx, "release/1.x"); return err },
		"head":          func() error { _, err := c.Head(ctx, 7); return err },
		"compare": func() error {
			_, err := c.Compare(ctx, github.Range{Base: baseSHA, Head: headSHA})
			return err
		},
		"content": func() error { _, err := c.Content(ctx, "a model.pt", baseSHA); return err },
		"upload": func() error {
			_, err := c.Deliver(ctx, github.Upload{SARIF: document("[]"), To: to, Started: time.Now()})
			return err
		},
		"processing":     func() error { _, err := c.Await(ctx, "47177e22-5596-11eb-80a1-c1e54ef945c6"); return err },
		"comments":       func() error { _, err := c.Comments(ctx, 7, "<!-- x -->"); return err },
		"comment":        func() error { _, err := c.Put(ctx, 7, nil, "hello"); return err },
		"edit a comment": func() error { _, err := c.Put(ctx, 7, []github.Comment{{ID: 1}, {ID: 2}}, "hello"); return err },
		"file comments":  func() error { _, err := c.FileComments(ctx, 7, "<!-- x"); return err },
		"file comment": func() error {
			return c.WriteFileComment(ctx, 7, headSHA, github.FileComment{Path: "a.pt", Body: "hello"})
		},
		"edit a file comment":   func() error { return c.EditFileComment(ctx, github.FileComment{ID: 1, Body: "hello"}) },
		"delete a file comment": func() error { return c.DeleteFileComment(ctx, github.FileComment{ID: 1}) },
		"dismissals":            func() error { _, err := c.Dismissals(ctx, "refs/pull/7/merge"); return err },
	} {
		var trouble *github.Trouble
		if err := call(); errors.As(err, &trouble) && trouble.Status == 0 {
			t.Errorf("%s: the mock did not answer: %v", name, err)
		}
	}
	for _, v := range w.violations {
		t.Error(v)
	}
	if len(w.seen) < 14 {
		t.Errorf("only %d kinds of requests were sent: %v", len(w.seen), w.seen)
	}
}

// TestContractObjects shows that the mock would object.
func TestContractObjects(t *testing.T) {
	address := os.Getenv("GITHUB_CONTRACT_URL")
	if address == "" {
		t.Skip("GITHUB_CONTRACT_URL names no mock")
	}
	w := &witness{seen: make(map[string]bool)}
	body := strings.NewReader(`{"commit_sha":"123","ref":"main","sarif":"x","nonsense":1}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/repos/octo/models/code-scanning/sarifs", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(w.violations) < 2 {
		t.Errorf("the mock objects to %v alone", w.violations)
	}
}
