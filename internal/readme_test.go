package internal_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

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

// policyShown is a policy file in Markdown, or a part of one; a workflow is
// indented.
var policyShown = regexp.MustCompile("(?s)```yaml\n([a-z].*?)```")

// TestPoliciesShown: what is shown as a policy file is one, and its rules are
// there.
func TestPoliciesShown(t *testing.T) {
	t.Chdir(root)
	rules := "\n" + run(t, []string{"rules"})
	for _, name := range []string{"README.md", "RULES.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		shown := policyShown.FindAllSubmatch(text, -1)
		if len(shown) == 0 {
			t.Errorf("%s shows no policy", name)
		}
		for _, m := range shown {
			s := settings.Default()
			if err := s.ReadFile(name, m[1]); err != nil {
				t.Errorf("%v:\n%s", err, m[1])
			}
			for _, a := range s.Policy.Accepted {
				if !strings.Contains(rules, "\n"+a.Rule+" ") {
					t.Errorf("%s shows how to accept %s, which no rule is called", name, a.Rule)
				}
			}
		}
	}
}

// invocation is a command of ours in a text, up to its end or a remark.
var invocation = regexp.MustCompile("\\bmodelaudit((?: [a-z]+)(?: +[^\\s`#)]+)*)")

// TestCommandsShown: commands that are shown have the flags that they are shown
// with, and those take the values.
func TestCommandsShown(t *testing.T) {
	t.Chdir(root)
	examples, err := filepath.Glob("examples/*")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, name := range append(examples, "README.md", "RULES.md", "CONTRIBUTING.md", "ARCHITECTURE.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	commands := []string{"scan", "diff", "plan", "merge", "action", "baseline", "inspect", "rules", "version"}
	for _, c := range commands {
		texts["modelaudit "+c+" --help"] = run(t, []string{c, "--help"})
	}
	tried := 0
	for name, text := range texts {
		for _, m := range invocation.FindAllStringSubmatch(text, -1) {
			args := strings.Fields(strings.NewReplacer("'", "", "-->", "").Replace(m[1]))
			if !slices.Contains(commands, args[0]) {
				continue // a sentence
			}
			tried++
			if out := run(t, append(args, "--help")); !strings.Contains(out, "Usage:") {
				t.Errorf("%s shows modelaudit%s, which is refused", name, m[1])
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d commands are shown", tried)
	}
}

// TestExamplesSetInputs: the steps of the examples set inputs that the Action has.
func TestExamplesSetInputs(t *testing.T) {
	t.Chdir(root)
	var action struct{ Inputs map[string]any }
	decodeYAML(t, "action.yml", &action)
	examples, err := filepath.Glob("examples/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	set := 0
	for _, name := range examples {
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]any
				}
			}
		}
		decodeYAML(t, name, &workflow)
		for _, job := range workflow.Jobs {
			for _, step := range job.Steps {
				if !strings.HasPrefix(step.Uses, "modelaudit/modelaudit@") {
					continue
				}
				for input := range step.With {
					set++
					if _, ok := action.Inputs[input]; !ok {
						t.Errorf("%s sets the input %s, which the Action does not have", name, input)
					}
				}
			}
		}
	}
	if set < 2 {
		t.Errorf("the examples set %d inputs", set)
	}
}

func decodeYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
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
