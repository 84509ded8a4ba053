package entrypoint_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// demoFiles are what is written of a pull request that adds the demo folder:
// scripts/screenshot.sh shows them as GitHub does.
const demoFiles = "testdata/demo-pull-request"

// TestDemoPullRequest keeps what reviewers see of the demo: the comment, the
// summary and the annotations.
func TestDemoPullRequest(t *testing.T) {
	root := filepath.Join("..", "testdata", "demo")
	files := make(map[string][]byte)
	var changed []githubtest.File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		p, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		rel = "models/" + filepath.ToSlash(rel)
		files[rel] = p
		changed = append(changed, githubtest.File{Filename: rel, Status: "added"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := githubtest.New(t)
	j := newJob(t, s, files)
	j.pull(t, githubtest.Repository, changed...)
	r := j.run(t)
	if len(s.Comments[7]) != 1 {
		t.Fatalf("%d comments", len(s.Comments[7]))
	}
	var annotations strings.Builder
	for _, kind := range []string{"error", "warning", "notice"} {
		for _, a := range r.log.Annotations(kind) {
			fmt.Fprintf(&annotations, "- **%s** `%s` %s<br>`%s`\n", kind, a.Properties["file"], a.Properties["title"], a.Data)
		}
	}
	neutral := strings.NewReplacer(s.URL, "https://github.example")
	for name, text := range map[string]string{"comment.md": s.Comments[7][0].Body, "summary.md": r.summary, "annotations.md": annotations.String()} {
		golden(t, filepath.Join(demoFiles, name), neutral.Replace(text))
	}
}
