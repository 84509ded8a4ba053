package entrypoint_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// archiveOf is a zip archive with empty members of the given names.
func archiveOf(t testing.TB, names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		if _, err := z.Create(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What a pull request is blamed for is what it brings.
func TestOnlyNewFindingsFail(t *testing.T) {
	old, other := archiveOf(t, "../../old"), archiveOf(t, "../../old", "../../other")
	for _, test := range []struct {
		name         string
		file         githubtest.File
		base, head   []byte
		baseName     string
		env          map[string]string
		status       int
		fresh, fixed string
		comment      string
	}{
		{name: "there before", file: githubtest.File{Filename: "a.zip", Status: "modified"}, base: old, head: archiveOf(t, "../../old", "harmless"), fresh: "0", fixed: "0", comment: "1 there before"},
		{name: "there before, but everything counts", file: githubtest.File{Filename: "a.zip", Status: "modified"}, base: old, head: archiveOf(t, "../../old", "harmless"), env: map[string]string{"INPUT_FAIL-ON-NEW-ONLY": "false"}, status: 1, fresh: "0", fixed: "0"},
		{name: "one more", file: githubtest.File{Filename: "a.zip", Status: "modified"}, base: old, head: other, status: 1, fresh: "1", fixed: "0", comment: "1 new, 1 there before"},
		{name: "one less", file: githubtest.File{Filename: "a.zip", Status: "modified"}, base: other, head: old, fresh: "0", fixed: "1", comment: "1 there before, 1 fixed"},
		{name: "another", file: githubtest.File{Filename: "a.zip", Status: "modified"}, base: old, head: archiveOf(t, "../../other"), status: 1, fresh: "1", fixed: "1"},
		{name: "renamed", file: githubtest.File{Filename: "b.zip", Previous: "a.zip", Status: "renamed"}, base: old, head: old, fresh: "0", fixed: "0", comment: "(was <code>a.zip</code>)"},
		{name: "the base is not to be had", file: githubtest.File{Filename: "a.zip", Status: "modified"}, head: old, status: 1, fresh: "1", fixed: "0"},
		{name: "removed", file: githubtest.File{Filename: "a.zip", Status: "removed"}, base: old, fresh: "0", fixed: "1"},
	} {
		s := githubtest.New(t)
		files := map[string][]byte{}
		if test.head != nil {
			files[test.file.Filename] = test.head
		}
		if test.base != nil {
			s.Contents[baseSHA+":a.zip"] = test.base
		}
		j := newJob(t, s, files)
		j.pull(t, githubtest.Repository, test.file)
		for k, v := range test.env {
			j.env[k] = v
		}
		r := j.run(t)
		if r.status != test.status || r.outputs["new-findings"] != test.fresh || r.outputs["fixed-findings"] != test.fixed {
			t.Errorf("%s: exit %d, %s new, %s fixed; want %d, %s, %s; log:\n%s", test.name, r.status, r.outputs["new-findings"], r.outputs["fixed-findings"], test.status, test.fresh, test.fixed, r.raw)
		}
		if test.comment != "" && (len(s.Comments[7]) == 0 || !strings.Contains(s.Comments[7][0].Body, test.comment)) {
			t.Errorf("%s: no comment with %q in\n%s", test.name, test.comment, r.summary)
		}
	}
}

// Both versions of what Git LFS keeps are compared, and nothing else is fetched.
func TestLFSIsCompared(t *testing.T) {
	old, now := archiveOf(t, "../../old"), archiveOf(t, "../../old", "harmless")
	s := githubtest.New(t)
	for _, p := range [][]byte{old, now} {
		s.Objects[fmt.Sprintf("%x", sha256.Sum256(p))] = p
	}
	s.Contents[baseSHA+":a.pt"] = pointerTo(old)
	j := newJob(t, s, map[string][]byte{"a.pt": pointerTo(now)})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: "a.pt", Status: "modified"})
	r := j.run(t)
	r.want(t, 0, map[string]string{"findings": "1", "new-findings": "0"})
	var doc struct{ Findings []struct{ State string } }
	p, err := os.ReadFile(filepath.Join(j.workspace, "modelaudit.json"))
	if err == nil {
		err = json.Unmarshal(p, &doc)
	}
	if err != nil || len(doc.Findings) != 1 || doc.Findings[0].State != "known" {
		t.Errorf("JSON report: %v, %+v", err, doc)
	}
	if n := s.Count("GET", "?signature=secret"); n != 2 {
		t.Errorf("fetched %d objects, want both versions", n)
	}
}

// A push has no base; the input base-ref gives it one.
func TestBaseRef(t *testing.T) {
	old, other := archiveOf(t, "../../old"), archiveOf(t, "../../old", "../../other")
	for _, test := range []struct {
		name, ref, mode string
		head            []byte
		status          int
		fresh, scanned  string
		warns           string
	}{
		{name: "there before", ref: "release/1.x", head: old, fresh: "0", scanned: "2"},
		{name: "one more", ref: "release/1.x", head: other, status: 1, fresh: "1", scanned: "2"},
		{name: "changed files alone", ref: "release/1.x", mode: "changed", head: other, status: 1, fresh: "1", scanned: "1"},
		{name: "none", head: old, status: 1, fresh: "1", scanned: "2"},
		{name: "not there", ref: "gone", head: old, status: 1, fresh: "1", scanned: "2", warns: "everything counts as new"},
	} {
		s := githubtest.New(t)
		s.Refs = map[string]string{"release/1.x": baseSHA}
		s.Contents[baseSHA+":a.zip"] = old
		s.Compares[baseSHA+"..."+mergeSHA] = []githubtest.File{{Filename: "a.zip", Status: "modified"}}
		j := newJob(t, s, map[string][]byte{"a.zip": test.head, "b.safetensors": harmless()})
		j.event(t, "push", "refs/heads/topic", mergeSHA, map[string]any{"before": headSHA, "after": mergeSHA})
		j.env["INPUT_BASE-REF"], j.env["INPUT_SCAN-MODE"] = test.ref, test.mode
		r := j.run(t)
		r.want(t, test.status, map[string]string{"new-findings": test.fresh, "scanned": test.scanned, "upload-status": "uploaded"})
		if !strings.Contains(r.raw, test.warns) {
			t.Errorf("%s: not told %q:\n%s", test.name, test.warns, r.raw)
		}
	}
}
