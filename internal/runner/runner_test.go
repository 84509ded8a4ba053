package runner_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/runner"
	"github.com/modelaudit/modelaudit/internal/runner/runnertest"
)

func TestInput(t *testing.T) {
	env := map[string]string{"INPUT_FAIL-ON": " low ", "INPUT_SARIF_FILE": "a.sarif"}
	getenv := func(k string) string { return env[k] }
	for name, want := range map[string]string{"fail-on": "low", "sarif-file": "a.sarif", "token": ""} {
		if got := runner.Input(getenv, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestBool(t *testing.T) {
	for s, want := range map[string]string{"true": "true", "FALSE": "false", "yes": "error", "1": "error", "tRue": "error", "": "error"} {
		got, err := runner.Bool(s)
		if err != nil && want != "error" || err == nil && (got != (want == "true") || want == "error") {
			t.Errorf("%q: got %v, %v; want %s", s, got, err, want)
		}
	}
}

func TestOutputsCannotBeForged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	hostile := "x\n_GitHubActionsFileCommandDelimeter_\nverdict<<E\npass\nE"
	want := map[string]string{"verdict": "fail", "list": hostile, "empty": ""}
	err := runner.WriteOutputs(file, []runner.Output{{Name: "verdict", Value: "fail"}, {Name: "list", Value: hostile}, {Name: "empty"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := runnertest.Outputs(file); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if err := runner.WriteOutputs(file, []runner.Output{{Name: "a=b\nc"}}); err == nil {
		t.Error("a name with a line end was written")
	}
}

func TestWrite(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(outside, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, file string
		prepare    func(dir string) error
		ok         bool
	}{
		{"plain", "out.sarif", nil, true},
		{"in a new directory", "a/b/out.sarif", nil, true},
		{"over a longer one", "out.sarif", func(d string) error {
			return os.WriteFile(filepath.Join(d, "out.sarif"), make([]byte, 1000), 0o644)
		}, true},
		{"over a link", "out.sarif", func(d string) error { return os.Symlink(outside, filepath.Join(d, "out.sarif")) }, true},
		{"over a link where the new file grows", "out.sarif", func(d string) error { return os.Symlink(outside, filepath.Join(d, "out.sarif.part")) }, true},
		{"through a linked directory", "a/out.sarif", func(d string) error { return os.Symlink(filepath.Dir(outside), filepath.Join(d, "a")) }, false},
		{"out of the workspace", "../out.sarif", nil, false},
		{"nothing", ".", nil, false},
	} {
		dir := t.TempDir()
		if test.prepare != nil {
			if err := test.prepare(dir); err != nil {
				t.Fatal(err)
			}
		}
		err := runner.Write(dir, test.file, []byte("new"))
		got, _ := os.ReadFile(filepath.Join(dir, test.file))
		if (err == nil) != test.ok || test.ok && string(got) != "new" {
			t.Errorf("%s: wrote %q, error %v", test.name, got, err)
		}
		if p, _ := os.ReadFile(outside); string(p) != "precious" {
			t.Fatalf("%s: a file outside was overwritten", test.name)
		}
		if err == nil && runner.Prepare(dir, test.file) != nil {
			t.Errorf("%s: not removed", test.name)
		}
		if _, err := os.Lstat(filepath.Join(dir, test.file)); err == nil && test.ok {
			t.Errorf("%s: still there after Prepare", test.name)
		}
	}
}

func TestRunnerGrammar(t *testing.T) {
	log := runnertest.Read(strings.Join([]string{
		"plain", "  ::error file=a%2Cb,line=1::bad%0Athing", "name\r::warning::two", "x##[error]three",
		"::nonsense::", "::stop-commands::tok", "::error::quoted", "::tok::", "::notice::four",
	}, "\n"))
	want := []runnertest.Command{
		{Name: "error", Properties: map[string]string{"file": "a,b", "line": "1"}, Data: "bad\nthing"},
		{Name: "warning", Properties: map[string]string{}, Data: "two"},
		{Name: "error", Properties: map[string]string{}, Data: "three", Old: true},
		{Name: "notice", Properties: map[string]string{}, Data: "four"},
	}
	if !reflect.DeepEqual(log.Commands, want) || log.Stopped {
		t.Errorf("got %+v, want %+v", log.Commands, want)
	}
}
