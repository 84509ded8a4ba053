package entrypoint_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// A scan that was divided and merged says what the whole scan says.
func TestShards(t *testing.T) {
	dir, reports := t.TempDir(), t.TempDir()
	for i := range 20 {
		put(t, filepath.Join(dir, fmt.Sprintf("%02d.zip", i)), archiveOf(t, strings.Repeat("../", i%3)+"x"))
	}
	status, out := command("plan", "--shard-size", "500", "--max-shards", "4", dir)
	var p struct{ Shard []string }
	if err := json.Unmarshal([]byte(out[strings.LastIndex(out, "{"):]), &p); status != 0 || err != nil || len(p.Shard) != 4 {
		t.Fatalf("plan: exit %d, %v:\n%s", status, err, out)
	}
	whole := filepath.Join(reports, "whole.sarif")
	args := []string{"merge", "--output", filepath.Join(reports, "merged.sarif")}
	command("scan", "--format", "sarif", "--output", whole, dir)
	for i, s := range p.Shard {
		name := filepath.Join(reports, fmt.Sprintf("%d.sarif", i))
		if status, out := command("scan", "--shard", s, "--format", "sarif", "--output", name, dir); status != 1 {
			t.Errorf("shard %s: exit %d:\n%s", s, status, out)
		}
		args = append(args, name)
	}
	if status, out := command(args...); status != 0 {
		t.Fatalf("merge: exit %d:\n%s", status, out)
	}
	if a, b := uris(t, whole), uris(t, args[2]); a != b || a == "" {
		t.Errorf("merged %q\n whole %q", b, a)
	}
	for _, bad := range [][]string{
		{"merge", filepath.Join(dir, "00.zip")}, {"merge", filepath.Join(dir, "none")}, {"scan", "--shard", "4/4", dir},
		{"plan", "--max-shards", "0", dir}, {"plan", "--shard-size", "0", dir}, {"scan", "--shard", "0/2", "--base", "HEAD", dir},
	} {
		if status, out := command(bad...); status != 2 {
			t.Errorf("%v: exit %d:\n%s", bad, status, out)
		}
	}
}

// uris lists where the results of a SARIF file are.
func uris(t *testing.T, name string) string {
	t.Helper()
	p, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc githubtest.Log
	if err := json.Unmarshal(p, &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range *doc.Runs[0].Results {
		out = append(out, filepath.Base(r.Locations[0].Physical.Artifact.URI))
	}
	return strings.Join(out, " ")
}

func TestShardOfTheAction(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{"a.zip": escaping(t), "b.zip": escaping(t)})
	j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{})
	j.env["INPUT_SHARD"] = "1/2"
	j.run(t).want(t, 1, map[string]string{"findings": "1", "upload-status": "skipped-shard"})
}

// A pointer weighs what it stands for, so that one machine does not get all that
// is large.
func TestShardsWeighPointers(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		put(t, filepath.Join(dir, fmt.Sprintf("large-%d.pt", i)), fmt.Appendf(nil,
			"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize %d\n", i, int64(5)<<30))
	}
	for i := range 40 {
		put(t, filepath.Join(dir, fmt.Sprintf("small-%02d.zip", i)), archiveOf(t, "x"))
	}
	status, out := command("plan", "--shard-size", "5GiB", dir)
	if status != 0 || strings.Count(out, "5.0 GiB") != 4 || !strings.Contains(out, `"0/5"`) {
		t.Errorf("exit %d, want five shards of which four have a large file:\n%s", status, out)
	}
}
