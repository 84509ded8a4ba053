package entrypoint

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/runner/runnertest"
)

func saying(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestReplaceIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report")
	if err := os.WriteFile(name, []byte("an older and longer report"), 0o640); err != nil {
		t.Fatal(err)
	}
	failing := func(w io.Writer) error {
		io.WriteString(w, "half")
		return errors.New("no more")
	}
	if err := replace(name, failing); err == nil {
		t.Error("a failing writer is no error")
	}
	check(t, name, "an older and longer report")
	if err := replace(name, saying("new")); err != nil {
		t.Error(err)
	}
	check(t, name, "new")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v, want that of the file that was there", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// full is a disk that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestUnwritten: a report that nobody can read is no report, in any format, and no
// exit status says that all is well.
func TestUnwritten(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "m.pkl")
	if err := os.WriteFile(model, []byte("\x80\x02}."), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"scan M", "scan --quiet M", "scan --verbose M", "scan --format json M", "scan --format sarif M", "scan --format junit M", "scan --format cyclonedx M", "scan --format markdown M",
		"baseline M", "diff M M", "diff --format json M M", "inspect M", "rules", "rules pickle-executes-code", "plan M",
	} {
		w := World{Args: strings.Fields(strings.ReplaceAll(args, "M", model)), Stdout: full{}, Stderr: io.Discard, Getenv: func(string) string { return "" }}
		if got := Run(t.Context(), w); got != exitFailed {
			t.Errorf("%s: got exit status %d, want %d", args, got, exitFailed)
		}
	}
}

func TestReplaceFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "report"), filepath.Join(dir, "link")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("report", link); err != nil {
		t.Fatal(err)
	}
	if err := replace(link, saying("new")); err != nil {
		t.Error(err)
	}
	check(t, name, "new")
}

func check(t *testing.T, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
	}
}

func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ base, path, want string }{
		{dir, filepath.Join(dir, "a/b.pkl"), "a/b.pkl"},
		{dir, filepath.Join(dir, "..", filepath.Base(dir), "b.pkl"), "b.pkl"},
		{dir, "/elsewhere/b.pkl", "/elsewhere/b.pkl"},
		{".", "a.pkl", "a.pkl"},
		{"..", "a.pkl", "entrypoint/a.pkl"},
		{".", "../a.pkl", "../a.pkl"},
	} {
		if got := relativeTo(c.base)(c.path); got != c.want {
			t.Errorf("%s below %s: got %s, want %s", c.path, c.base, got, c.want)
		}
	}
	for _, c := range []struct {
		base  string
		roots []string
		want  bool
	}{
		{dir, []string{dir}, false},
		{dir, []string{"/elsewhere", filepath.Dir(dir)}, false},
		{dir, []string{filepath.Join(dir, "models")}, true},
		{".", []string{"."}, false},
		{".", []string{"a.pkl"}, true},
	} {
		if got := outside(c.base, c.roots); got != c.want {
			t.Errorf("%s, not in %v: got %v, want %v", c.base, c.roots, got, c.want)
		}
	}
	if got, want := governed(filepath.Join(dir, ".github", "modelaudit.yml")), dir; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := governed("policy/modelaudit.yml"), "policy"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTheRunnerObeysNothing prints names and strings that command runners, and
// reads the log the way a runner does, inside of a workflow and outside.
func TestTheRunnerObeysNothing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"::error::a.pkl", "a\n::stop-commands::b.pkl", "a\r::add-mask::b.pkl", "##[error]c.pkl", "a##[group]d.pkl", "\xff\u202e::warning::e.pkl",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("cposix\nsystem\n(V::error::x\n##[error]\ntR."), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		for _, actions := range []string{"true", ""} {
			var stdout, stderr strings.Builder
			w := World{
				Args: []string{"scan", "--format", format, dir}, Stdout: &stdout, Stderr: &stderr,
				Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": actions}[name] },
			}
			if status := Run(t.Context(), w); status != 1 && status != 3 {
				t.Errorf("%s: exit status %d: %s", format, status, stderr.String())
			}
			for name, stream := range map[string]string{"standard output": stdout.String(), "standard error": stderr.String()} {
				if log := runnertest.Read(stream); len(log.Commands) > 0 || log.Stopped {
					t.Errorf("%s, GITHUB_ACTIONS=%q: of %s the runner obeys %v, stopped: %v", format, actions, name, log.Commands, log.Stopped)
				}
			}
		}
	}
}
