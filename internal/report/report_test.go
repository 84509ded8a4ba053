package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	executes = &rule.Rule{ID: "runs-code", Title: "Runs code", Severity: rule.Critical, Precision: rule.Certain}
	odd      = &rule.Rule{ID: "is-odd", Title: "Odd", Severity: rule.Low, Precision: rule.Possible}
	gap      = &rule.Rule{ID: "scan-incomplete", Title: "Gap", Severity: rule.Medium, Precision: rule.Certain, Unread: true}
)

func found(r *rule.Rule, path string, steps int, inside ...string) finding.Finding {
	f := finding.Finding{Rule: r, Key: "k", Message: "It " + r.ID + ".", Location: finding.Location{Path: path, Inside: inside, Offset: 7, Length: 2}}
	for i := range steps {
		f.Evidence = append(f.Evidence, finding.Step{Offset: int64(i), Text: fmt.Sprintf("step %d", i)})
	}
	return f
}

// outcome has a file of every status.
func outcome() policy.Outcome {
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.FailIncomplete}.Judge(audit.Report{Files: []audit.File{
		{Path: "a.pkl", Status: audit.Clean, Formats: []string{"pickle"}, Size: 3},
		{Path: "b\xff.pkl", Status: audit.Findings, Formats: []string{"zip", "pickle"}, Findings: []finding.Finding{found(odd, "b\xff.pkl", 20, "m\xff", "n")}},
		{Path: "c.pkl", Status: audit.Incomplete, Binary: true, Formats: []string{"pickle"}, Reason: "cut", Findings: []finding.Finding{found(gap, "c.pkl", 1)}},
		{Path: "d.pt", Status: audit.NotScanned, Reason: "a pointer"},
		{Path: "e.bin", Status: audit.NotAModel, Binary: true, Reason: "unknown"},
		{Path: "f.txt", Status: audit.NotAModel, Reason: "unknown"},
		{Path: "g.pkl", Status: audit.Findings, Formats: []string{"pickle"}, Findings: []finding.Finding{found(executes, "g.pkl", 2)}},
	}})
	o.Suppressed = []policy.Suppressed{{
		Finding: found(odd, "h.pkl", 0), By: policy.ByAcceptance, Reason: "fine\x1b", Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
	}}
	o.Warnings = []string{"policy:1: odd"}
	return o
}

// keys lists the paths of all keys of a document.
func keys(prefix string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			into[prefix+"."+k] = true
			keys(prefix+"."+k, e, into)
		}
	case []any:
		for _, e := range v {
			keys(prefix+"[]", e, into)
		}
	}
}

// TestJSONContract holds the document to the keys that others rely on.
func TestJSONContract(t *testing.T) {
	var b strings.Builder
	o := outcome()
	o.Report.Files[0].Unsearched = 5
	o.Warnings = []string{"<lambda> & more"} // which nobody has to read escaped
	o.Policy.Compared = compare.Of("base", []compare.Delta{{Path: "a.pkl", Fixed: []finding.Finding{found(odd, "a.pkl", 1, "m")}}})
	if err := report.JSON(&b, "1.2.3", o); err != nil {
		t.Fatal(err)
	}
	if !utf8.ValidString(b.String()) {
		t.Error("not UTF-8")
	}
	if !strings.Contains(b.String(), "<lambda> & more") {
		t.Errorf("no <lambda> in %s", b.String())
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(b.String()), &doc); err != nil {
		t.Fatal(err)
	}
	set := make(map[string]bool)
	keys("", doc, set)
	var got []string
	for k := range set {
		got = append(got, k)
	}
	slices.Sort(got)
	item := func(list string) []string {
		var out []string
		for _, k := range []string{"evidence", "fingerprint", "inside", "length", "message", "offset", "path", "precision", "rule", "severity"} {
			out = append(out, list+"[]."+k)
		}
		return out
	}
	want := slices.Concat([]string{
		".files", ".files[].formats", ".files[].path", ".files[].path_bytes", ".files[].reason", ".files[].size", ".files[].status", ".files[].unsearched",
		".findings", ".findings[].evidence[].offset", ".findings[].evidence[].text", ".findings[].state",
		".fixed", ".fixed[].evidence[].offset", ".fixed[].evidence[].text",
		".schema_version", ".summary", ".summary.files", ".summary.findings", ".summary.findings.critical",
		".summary.findings.high", ".summary.findings.info", ".summary.findings.low", ".summary.findings.medium",
		".summary.incomplete", ".summary.suppressed", ".summary.unrecognised", ".summary.verdict",
		".suppressed", ".suppressed[].by", ".suppressed[].reason", ".suppressed[].until",
		".tool", ".tool.name", ".tool.version", ".warnings",
	}, item(".findings"), item(".fixed"), item(".suppressed"))
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	summary := doc["summary"].(map[string]any)
	if summary["verdict"] != "fail" || summary["incomplete"] != 2.0 || summary["unrecognised"] != 1.0 || summary["suppressed"] != 1.0 {
		t.Errorf("summary: got %v", summary)
	}
	counts := map[string]any{"critical": 1.0, "high": 0.0, "medium": 1.0, "low": 1.0, "info": 0.0}
	if diff := cmp.Diff(counts, summary["findings"]); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if err := report.JSON(brokenPipe{}, "1.2.3", o); err == nil {
		t.Error("nobody says that the document was not written")
	}
}

// TestJSONIsNeverNull: a reader may range over every list.
func TestJSONIsNeverNull(t *testing.T) {
	var b strings.Builder
	if err := report.JSON(&b, "", policy.Policy{}.Judge(audit.Report{})); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Errorf("got %s", b.String())
	}
}

func TestText(t *testing.T) {
	const usual = `g.pkl
  critical  It runs-code. [runs-code]
      0x00000000  step 0
      0x00000001  step 1

b\xff.pkl
  low       It is-odd. [is-odd]
      in m\xff › n
      0x00000000  step 0
      0x00000001  step 1
      0x00000002  step 2
      0x00000003  step 3
      0x00000004  step 4
      0x00000005  step 5
      0x00000006  step 6
      0x00000007  step 7
      0x00000008  step 8
      0x00000009  step 9
      0x0000000a  step 10
      0x0000000b  step 11
      and 8 more steps (--verbose shows all)

Not read, and so not checked
  c.pkl: It scan-incomplete. [scan-incomplete]
  d.pt: a pointer

Suppressed
  low       h.pkl [is-odd]: accepted: fine\x1b (until 2030-12-31)

1 file of no known format, not text, not checked (--verbose lists them)

About the policy
  policy:1: odd

How to fix it: modelaudit rules runs-code, and so on for each name in brackets
Failed: 1 critical, 1 medium, 1 low in 3 of 7 files (4 of a known format); 1 not fully read; 1 not scanned; 1 binary and of no known format; 1 suppressed.
`
	var b strings.Builder
	if err := report.Text(&b, outcome(), report.Usual, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(usual, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.Reset()
	if err := report.Text(&b, outcome(), report.Wordy, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"step 19\n", "not checked\n  e.bin\n\n", "Clean\n  a.pkl (pickle)\n\nAbout"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if err := report.Text(brokenPipe{}, outcome(), report.Brief, true); err == nil {
		t.Error("nobody says that the text was not written")
	}
}

// TestTextOfAChange: what a change fixes and what was there before it is told, and
// what was not searched, in few words where few are wanted.
func TestTextOfAChange(t *testing.T) {
	const brief = `g.pkl
  critical  It runs-code. [runs-code] (there before)

6 B of weights in 2 files not searched for hidden files (--carve=all searches what can be unpacked)

Failed: 1 critical in 1 of 2 files; compared with the base: 0 new, 1 there before, 1 fixed.
`
	const usual = `g.pkl
  critical  It runs-code. [runs-code] (there before)
      in m
      0x00000000  step 0

Fixed
  low       a.pkl: It is-odd. [is-odd]

6 B of weights in 2 files not searched for hidden files (--carve=all searches what can be unpacked)

How to fix it: modelaudit rules runs-code
Failed: 1 critical in 1 of 2 files; compared with the base: 0 new, 1 there before, 1 fixed.
`
	before := audit.File{Path: "a.pkl", Findings: []finding.Finding{found(odd, "a.pkl", 1)}}
	files := []audit.File{
		{Path: "a.pkl", Status: audit.Clean, Formats: []string{"pickle"}, Unsearched: 5},
		{Path: "g.pkl", Status: audit.Findings, Formats: []string{"pickle"}, Findings: []finding.Finding{found(executes, "g.pkl", 1, "m")}, Unsearched: 1},
	}
	p := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, Compared: compare.Of("the base", []compare.Delta{
		compare.File("a.pkl", &before, &files[0]), compare.File("g.pkl", &files[1], &files[1]),
	})}
	for detail, want := range map[report.Detail]string{report.Brief: brief, report.Usual: usual} {
		var b strings.Builder
		if err := report.Text(&b, p.Judge(audit.Report{Files: files}), detail, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("detail %d (-want +got):\n%s", detail, diff)
		}
	}
}

// TestDismissed: a report in which nothing fails says of what is grave why.
func TestDismissed(t *testing.T) {
	p := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, Dismissed: func(f *finding.Finding) string {
		if f.Rule == executes {
			return "won't fix"
		}
		return ""
	}}
	o := p.Judge(audit.Report{Files: []audit.File{{
		Path: "g.pkl", Status: audit.Findings, Findings: []finding.Finding{found(executes, "g.pkl", 0), found(odd, "g.pkl", 0)},
	}}})
	var text, document strings.Builder
	if err := errors.Join(report.Text(&text, o, report.Brief, false), report.JSON(&document, "1", o)); err != nil {
		t.Fatal(err)
	}
	const inText, inJSON = "[runs-code] (dismissed: won't fix)\n", `"dismissed": "won't fix"`
	if strings.Count(text.String(), "dismissed") != 1 || !strings.Contains(text.String(), inText) {
		t.Errorf("no %q, or more, in\n%s", inText, &text)
	}
	if strings.Count(document.String(), "dismissed") != 1 || !strings.Contains(document.String(), inJSON) {
		t.Errorf("no %q, or more, in\n%s", inJSON, &document)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestClosing(t *testing.T) {
	file := func(s audit.Status, findings ...finding.Finding) audit.Report {
		return audit.Report{Files: []audit.File{{Path: "a", Status: s, Formats: []string{"pickle"}, Findings: findings}}}
	}
	for _, c := range []struct {
		name   string
		report audit.Report
		want   string
	}{
		{"nothing", audit.Report{}, "Passed: there is no file to scan."},
		{"clean", file(audit.Clean), "Passed: nothing found in 1 file."},
		{"one", file(audit.Findings, found(odd, "a", 0)), "Passed: 1 low in 1 file."},
		{"fails", file(audit.Findings, found(executes, "a", 0), found(odd, "a", 0)), "Failed: 1 critical, 1 low in 1 file."},
		{"open", file(audit.NotScanned), "Incomplete: nothing found in 1 file; 1 not scanned."},
		{"unrecognised", audit.Report{Files: []audit.File{{Path: "a", Status: audit.NotAModel}}}, "Passed: nothing found in 1 file (none of a known format)."},
	} {
		o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.FailIncomplete}.Judge(c.report)
		if got := report.Closing(&o); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
