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
	for s, want := range map[string]string{"true": "true", "True": "true", "TRUE": "true", "false": "false", "False": "false", "FALSE": "false", "yes": "error", "1": "error", "tRue": "error", "": "error"} {
		got, err := runner.Bool(s)
		if (err != nil) != (want == "error") || got != (want == "true") {
			t.Errorf("%q: got %v, %v; want %s", s, got, err, want)
		}
	}
}

func TestList(t *testing.T) {
	if got, want := runner.List(" a\n\n# b\n\tc#d\r\n  #e"), []string{"a", "c#d"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSummary: the runner would drop all of one that is too long, and what other
// steps wrote stays.
func TestSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	if err := os.WriteFile(file, []byte("theirs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		size       int
		ok         bool
	}{
		{name: "as long as may be", file: file, size: runner.MaxSummary, ok: true},
		{name: "longer", file: file, size: runner.MaxSummary + 1},
		{name: "in no directory", file: filepath.Join(file, "x"), size: 1},
	} {
		if err := runner.WriteSummary(c.file, strings.Repeat("x", c.size)); (err == nil) != c.ok {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if got, _ := os.ReadFile(file); string(got) != "theirs\n"+strings.Repeat("x", runner.MaxSummary)+"\n" {
		t.Errorf("got %.20q and so on, %d bytes", got, len(got))
	}
	if err := runner.WriteOutputs(filepath.Join(file, "x"), []runner.Output{{Name: "verdict", Value: "pass"}}); err == nil {
		t.Error("outputs that were not written are no error")
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
		{"nothing, in more words", "a/..", nil, false},
		{"below a file", "a/out.sarif", func(d string) error { return os.WriteFile(filepath.Join(d, "a"), nil, 0o644) }, false},
		{"over a directory", "a", func(d string) error { return os.MkdirAll(filepath.Join(d, "a", "b"), 0o755) }, false},
		{"where the new file grows is a directory", "a", func(d string) error { return os.MkdirAll(filepath.Join(d, "a.part", "b"), 0o755) }, false},
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
		if part, err := os.Lstat(filepath.Join(dir, test.file+".part")); err == nil && !part.IsDir() {
			t.Errorf("%s: a part is left behind", test.name)
		}
		if err == nil && runner.Prepare(dir, test.file) != nil {
			t.Errorf("%s: not removed", test.name)
		}
		if _, err := os.Lstat(filepath.Join(dir, test.file)); err == nil && test.ok {
			t.Errorf("%s: still there after Prepare", test.name)
		}
	}
}

// TestPlaces: an absolute path is the workflow's author's own, and one into the
// workspace goes through no link either.
func TestPlaces(t *testing.T) {
	workspace, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(workspace, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, c := range []struct {
		name, file string
		ok         bool
	}{
		{name: "in the workspace", file: filepath.Join(workspace, "a", "out"), ok: true},
		{name: "elsewhere", file: filepath.Join(elsewhere, "out"), ok: true},
		{name: "through a link of the workspace", file: filepath.Join(workspace, "link", "out2")},
		{name: "in no directory", file: filepath.Join(elsewhere, "gone", "out")},
	} {
		err := runner.Write(workspace, c.file, []byte("new"))
		if got, _ := os.ReadFile(c.file); (err == nil) != c.ok || c.ok && string(got) != "new" {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
	full := filepath.Join(workspace, "full")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, ok := range map[string]bool{"gone": true, "gone/x": true, "full": false, "../x": false} {
		if err := runner.Prepare(workspace, file); (err == nil) != ok {
			t.Errorf("preparing %s: got %v", file, err)
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
