package internal_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/entrypoint"
	"github.com/modelaudit/modelaudit/internal/settings"
)

var update = flag.Bool("update", false, "write the output shown in README.md anew")

// shown is a command and its output in README.md.
var shown = regexp.MustCompile("(?s)(<!-- output of: modelaudit (.*?) -->\n```text\n).*?(```\n<!-- end -->)")

// TestReadmeShowsOutput runs the commands whose output README.md shows.
func TestReadmeShowsOutput(t *testing.T) {
	t.Chdir(root)
	text := readme(t)
	if !shown.MatchString(text) {
		t.Fatal("README.md shows no output")
	}
	want := shown.ReplaceAllStringFunc(text, func(block string) string {
		m := shown.FindStringSubmatch(block)
		return m[1] + run(t, strings.Fields(m[2])) + m[3]
	})
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != want {
		t.Errorf("README.md shows other output than the program's: go test ./internal -update\n%s", want[:min(2000, len(want))])
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func run(t *testing.T, args []string) string {
	t.Helper()
	var out, diagnostics bytes.Buffer
	entrypoint.Run(context.Background(), entrypoint.World{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &diagnostics, Getenv: func(string) string { return "" },
	})
	return out.String()
}

// TestReadmePolicy: the policy file in README.md is one.
func TestReadmePolicy(t *testing.T) {
	t.Chdir(root)
	_, rest, _ := strings.Cut(readme(t), "## Policy")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	policy, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md shows no policy")
	}
	s := settings.Default()
	if err := s.ReadFile("README.md", []byte(policy)); err != nil {
		t.Error(err)
	}
}

// TestReadmeLinks: the files that README.md names are there.
func TestReadmeLinks(t *testing.T) {
	t.Chdir(root)
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}
