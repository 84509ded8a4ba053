package compare_test

import (
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var runs = &rule.Rule{ID: "runs", Severity: rule.Critical}

// file makes a file with one finding for each key=message@offset.
func file(path string, findings ...[3]string) *audit.File {
	f := &audit.File{Path: path}
	for _, v := range findings {
		var at int64
		fmt.Sscan(v[2], &at)
		f.Findings = append(f.Findings, finding.Finding{
			Rule: runs, Key: v[0], Message: v[1], Location: finding.Location{Path: path, Offset: at},
			Evidence: []finding.Step{{Offset: at, Text: "REDUCE " + v[0]}},
		})
	}
	finding.Number(f.Findings)
	return f
}

func TestFile(t *testing.T) {
	one, two := [3]string{"os.system", "runs echo", "5"}, [3]string{"os.system", "runs curl", "9"}
	moved := [3]string{"os.system", "runs echo", "500"}
	for _, test := range []struct {
		name               string
		before, after      *audit.File
		fresh, known, gone int
	}{
		{"added", nil, file("a", one), 1, 0, 0},
		{"removed", file("a", one), nil, 0, 0, 1},
		{"the same", file("a", one), file("a", one), 0, 1, 0},
		{"moved inside the file", file("a", one), file("a", moved), 0, 1, 0},
		{"renamed", file("old", one), file("a", one), 0, 1, 0},
		{"other arguments", file("a", one), file("a", two), 1, 0, 1},
		{"once more", file("a", one), file("a", one, moved), 1, 1, 0},
		{"once less", file("a", one, moved), file("a", one), 0, 1, 1},
		{"clean", file("a"), file("a"), 0, 0, 0},
	} {
		d := compare.File("a", test.before, test.after)
		if len(d.New) != test.fresh || len(d.Known) != test.known || len(d.Fixed) != test.gone {
			t.Errorf("%s: %d new, %d known, %d fixed; want %d, %d, %d", test.name, len(d.New), len(d.Known), len(d.Fixed), test.fresh, test.known, test.gone)
		}
		c := compare.Of("base", []compare.Delta{d, d})
		for state, want := range map[compare.State]int{compare.New: test.fresh, compare.Known: test.known, compare.Fixed: test.gone} {
			if got := c.Count()[state]; got != 2*want {
				t.Errorf("%s, twice: %d in state %s, want %d", test.name, got, state, 2*want)
			}
		}
		for _, f := range findingsOf(test.after) {
			if got := c.State(&f); (got == compare.Known) != (test.known > 0) && len(findingsOf(test.after)) == 1 {
				t.Errorf("%s: state %s", test.name, got)
			}
		}
	}
	var none *compare.Comparison
	if got := none.Count(); len(got) != 0 {
		t.Errorf("without a comparison: got %v", got)
	}
	if f := file("a", one).Findings[0]; none.State(&f) != compare.New {
		t.Error("without a comparison a finding is not new")
	}
}

// TestTellsApart: a finding that says one thing else was not there before, and what
// is fixed is told worst first.
func TestTellsApart(t *testing.T) {
	milder := &rule.Rule{ID: "toy-milder", Severity: rule.Low}
	base := func(change func(*finding.Finding)) *audit.File {
		f := file("a", [3]string{"key", "says", "5"})
		f.Findings[0].Location.Inside = []string{"in", "side"}
		change(&f.Findings[0])
		return f
	}
	was := base(func(*finding.Finding) {})
	for name, is := range map[string]*audit.File{
		"rule":     base(func(f *finding.Finding) { f.Rule = milder }),
		"key":      base(func(f *finding.Finding) { f.Key = "other" }),
		"message":  base(func(f *finding.Finding) { f.Message = "says more" }),
		"nesting":  base(func(f *finding.Finding) { f.Location.Inside = []string{"in"} }),
		"evidence": base(func(f *finding.Finding) { f.Evidence[0].Text = "REDUCE other" }),
		"what is in": base(func(f *finding.Finding) {
			f.Location.Inside, f.Evidence = f.Location.Inside[:1], append([]finding.Step{{Text: "side"}}, f.Evidence...)
		}),
	} {
		if d := compare.File("a", was, is); len(d.New) != 1 || len(d.Known) != 0 || len(d.Fixed) != 1 {
			t.Errorf("another %s: got %d new, %d known, %d fixed, want 1, 0, 1", name, len(d.New), len(d.Known), len(d.Fixed))
		}
	}
	two := base(func(f *finding.Finding) { f.Rule = milder })
	two.Findings = append(two.Findings, was.Findings...)
	if d := compare.File("a", two, nil); len(d.Fixed) != 2 || d.Fixed[0].Rule == milder {
		t.Errorf("fixed: got %+v, want the worst first", d.Fixed)
	}
	if c := compare.Of("base", []compare.Delta{{Path: "b"}, {Path: "a"}}); c.Files[0].Path != "a" {
		t.Errorf("got %+v, want them by path", c.Files)
	}
}

func findingsOf(f *audit.File) []finding.Finding {
	if f == nil {
		return nil
	}
	return f.Findings
}
