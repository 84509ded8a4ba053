package scan_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// lister is a detector of files whose lines are what they do: "loads NAME", or the
// severity of a finding. What follows "inside" is a file inside.
var lister = &detector.Detector{
	Name:  "lister",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("list\n") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("lister")
		r := p.Reader()
		for r.Left() > 0 && r.Step() {
			line := strings.TrimSpace(string(r.Line(100)))
			severity, ok := rule.ParseSeverity(line)
			name, loads := strings.CutPrefix(line, "loads ")
			switch {
			case ok:
				p.Report(finding.Finding{Rule: &rule.Rule{ID: "rule-" + line, Severity: severity}, Message: "It is " + line + "."})
			case loads:
				p.Loads(name)
			case line == "incomplete":
				p.Incomplete(hostile.Faultf(hostile.Unsupported, r.Offset(), "encrypted"))
			case line == "inside":
				return p.Part("inner", r.Offset(), r.Left())
			}
		}
		return r.Err()
	},
}

// TestLoads: a file that loads a dangerous one beside it is as dangerous.
func TestLoads(t *testing.T) {
	const told = "loads-dangerous-file"
	for _, c := range []struct {
		name, file, beside string // what the file and the one beside it hold, as lines
		status             audit.Status
		want               []string // rules at the file
		message            string   // of the first
	}{
		{name: "a harmless one", file: "loads d/beside", beside: "medium", status: audit.Clean},
		{name: "a dangerous one", file: "loads d/beside", beside: "low high", status: audit.Findings, want: []string{told},
			message: `Loading this file loads beside beside it, which is dangerous: see rule-high there.`},
		{name: "the worst and first is named", file: `loads d\beside`, beside: "high critical critical", status: audit.Findings, want: []string{told},
			message: `Loading this file loads beside beside it, which is dangerous: see rule-critical there.`},
		{name: "twice", file: "loads d/beside;loads d/../d/beside", beside: "high", status: audit.Findings, want: []string{told}},
		{name: "two of one name", file: "loads d/beside;loads e/beside", beside: "high", status: audit.Findings, want: []string{told, told}},
		{name: "itself", file: "loads file;high", status: audit.Findings, want: []string{"rule-high"}},
		{name: "worst first", file: "low;critical;loads d/beside", beside: "high", status: audit.Findings, want: []string{"rule-critical", told, "rule-low"}},
		{name: "and was not read", file: "incomplete;loads d/beside", beside: "high", status: audit.Incomplete, want: []string{told, "scan-incomplete"}},
		{name: "more of what is not read than is listed", file: strings.Repeat("medium;", 2001), beside: "low", status: audit.Incomplete, want: append(slices.Repeat([]string{"rule-medium"}, 2000), "scan-incomplete")},
		{name: "one inside says so", file: "inside;list;loads d/beside", beside: "high", status: audit.Clean},
		{name: "behind too many", file: strings.Repeat("loads d/%;", 1024) + "loads d/beside", beside: "high", status: audit.Clean},
		{name: "the last of as many as are noted", file: strings.Repeat("loads d/%;", 1023) + "loads d/beside", beside: "high", status: audit.Findings, want: []string{told}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := listed(t, c.file, c.beside)
			s := scan.Scanner{Detectors: []*detector.Detector{lister}, Limits: hostile.DefaultLimits(), Now: time.Now}
			got := s.All(context.Background(), files, nil).Files[2]
			var ids []string
			prints := make(map[string]bool)
			for _, f := range got.Findings {
				ids = append(ids, f.Rule.ID)
				prints[f.Fingerprint()] = true
			}
			if !slices.Equal(ids, c.want) || got.Status != c.status {
				t.Fatalf("got %q, %s, want %q, %s", ids, got.Status, c.want, c.status)
			}
			if len(prints) != len(ids) {
				t.Errorf("%d findings have %d fingerprints", len(ids), len(prints))
			}
			if c.message != "" && got.Findings[0].Message != c.message {
				t.Errorf("got %q, want %q", got.Findings[0].Message, c.message)
			}
		})
	}
}

// listed walks a directory with a file and two others, d/beside and e/beside, of the lines
// given. Each % in a line is another number.
func listed(t *testing.T, file, beside string) []walk.File {
	t.Helper()
	dir := t.TempDir()
	for i := 0; strings.Contains(file, "%"); i++ {
		file = strings.Replace(file, "%", fmt.Sprint(i), 1)
	}
	write(t, filepath.Join(dir, "file"), "list\n"+strings.ReplaceAll(file, ";", "\n")+"\n")
	for _, name := range []string{"d/beside", "e/beside"} {
		write(t, filepath.Join(dir, name), "list\n"+strings.ReplaceAll(beside, " ", "\n")+"\n")
	}
	files, err := walk.Files([]string{dir}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
