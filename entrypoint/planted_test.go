package entrypoint_test

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/github/githubtest"
	"github.com/modelaudit/modelaudit/internal/plantedtest"
)

// TestPlanted: what is planted is found, and its twin is silent.
func TestPlanted(t *testing.T) {
	rows := plantedtest.All()
	if len(rows) < 60 {
		t.Errorf("got %d rows, want 60", len(rows))
	}
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			got := detectortest.Scan(catalog.Detectors(), row.File, row.Data)
			if !slices.ContainsFunc(detectortest.RuleIDs(got), func(id string) bool { return slices.Contains(row.Rules, id) }) {
				t.Errorf("got %s %v (%s), want one of %v", got.Status, detectortest.RuleIDs(got), got.Reason, row.Rules)
			}
			if n := secrets(got); len(row.Hidden) > 0 && n != 1 {
				t.Errorf("got %d findings of secrets, want 1: %+v", n, got.Findings)
			}
			twin := detectortest.Scan(catalog.Detectors(), row.File, row.Twin)
			if len(twin.Findings) > 0 || twin.Unread() {
				t.Errorf("twin: got %s %+v (%s), want nothing", twin.Status, twin.Findings, twin.Reason)
			}
		})
	}
}

func secrets(f audit.File) (n int) {
	for _, found := range f.Findings {
		if strings.HasPrefix(found.Rule.ID, "secret-") {
			n++
		}
	}
	return n
}

// TestNoOutputShowsWhatIsPlanted: no command or format repeats a part of a
// credential, wherever it stands.
func TestNoOutputShowsWhatIsPlanted(t *testing.T) {
	dir, empty := t.TempDir(), t.TempDir()
	var hidden []string
	files := make(map[string][]byte)
	for i, row := range append(plantedtest.Secrets(), plantedtest.Shown()...) {
		name := fmt.Sprintf("%03d/%s", i, row.File)
		files[name] = row.Data
		put(t, filepath.Join(dir, filepath.FromSlash(name)), row.Data)
		hidden = append(hidden, row.Hidden...)
	}
	for _, args := range [][]string{
		{"scan", dir}, {"scan", "--verbose", dir}, {"scan", "--quiet", dir}, {"scan", "--format", "json", dir}, {"scan", "--format", "sarif", dir},
		{"scan", "--format", "markdown", dir}, {"scan", "--format", "junit", dir}, {"scan", "--format", "cyclonedx", dir}, {"diff", empty, dir}, {"diff", "--format", "json", dir, empty},
		{"diff", "--format", "markdown", empty, dir}, {"baseline", dir},
	} {
		status, out := command(args...)
		if status == 2 || len(out) < 100 {
			t.Errorf("%v: got the status %d and %s", args, status, out)
		}
		shows(t, strings.Join(args[:len(args)-1], " "), out, hidden)
	}
	for name := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		for _, args := range [][]string{{"inspect", file}, {"inspect", "--disassemble", file}} {
			_, out := command(args...)
			shows(t, args[0]+" "+path.Base(name), out, hidden)
		}
	}
	s := githubtest.New(t)
	j := newJob(t, s, files)
	j.event(t, "push", "refs/heads/main", mergeSHA, map[string]any{"before": baseSHA, "after": mergeSHA})
	r := j.run(t)
	if !strings.Contains(r.raw, "credential") {
		t.Errorf("the log tells of no credential: %s", r.raw)
	}
	shows(t, "log", r.raw, hidden)
	shows(t, "summary", r.summary, hidden)
	shows(t, "requests", s.Transcript(), hidden)
}

// shows fails where an output has twelve characters in a row of what is hidden.
func shows(t *testing.T, what, out string, hidden []string) {
	t.Helper()
	const part = 12
	for _, h := range hidden {
		for i := 0; i+part <= len(h); i += 4 {
			if strings.Contains(out, h[i:i+part]) {
				at := strings.Index(out, h[i:i+part])
				t.Errorf("%s shows %q: …%s…", what, h[i:i+part], out[max(0, at-200):min(len(out), at+200)])
				return
			}
		}
	}
}
