package report_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// junit is what a reader of the document sees.
type junit struct {
	Suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// read writes an outcome and reads it again.
func read(t *testing.T, o policy.Outcome) junit {
	t.Helper()
	var b strings.Builder
	if err := report.JUnit(&b, o); err != nil {
		t.Fatal(err)
	}
	if err := report.JUnit(brokenPipe{}, o); err == nil {
		t.Error("nobody says that the document was not written")
	}
	if !strings.HasPrefix(b.String(), xml.Header+"<testsuites>\n  <testsuite ") || !strings.HasSuffix(b.String(), "</testsuites>\n") {
		t.Errorf("got %s", b.String())
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Errorf("got control characters in %q", b.String())
	}
	var got junit
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	return got
}

func TestJUnit(t *testing.T) {
	got := read(t, outcome()).Suite
	if got.Tests != 5 || got.Failures != 1 || got.Errors != 2 || got.Skipped != 0 || len(got.Cases) != got.Tests {
		t.Errorf("got %d tests, %d failures, %d errors, %d skipped, %d cases; want 5, 1, 2, 0 and 5",
			got.Tests, got.Failures, got.Errors, got.Skipped, len(got.Cases))
	}
	for _, c := range got.Cases {
		fails, gap := c.Class == "g.pkl", c.Class == "c.pkl" || c.Class == "d.pt"
		if (c.Failure != nil) != fails || (c.Error != nil) != gap {
			t.Errorf("%s, %s: got a failure: %v, an error: %v, want %v and %v", c.Class, c.Name, c.Failure != nil, c.Error != nil, fails, gap)
		}
		if c.Class == `b\xff.pkl` && !strings.HasPrefix(c.Name, `is-odd in m\xff › n (`) {
			t.Errorf("got the name %q, want where in the file it is", c.Name)
		}
		if fails && (c.Failure.Message != "It runs-code." || !strings.Contains(c.Failure.Text, "step 1")) {
			t.Errorf("got the failure %+v, want the message and its evidence", c.Failure)
		}
	}
}

// TestJUnitTellsApart: findings that only their number tells apart are two tests.
func TestJUnitTellsApart(t *testing.T) {
	both := []finding.Finding{found(executes, "a.pkl", 1, "n"), found(executes, "a.pkl", 2, "n")}
	finding.Number(both)
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{{Path: "a.pkl", Status: audit.Findings, Findings: both}}})
	if got := read(t, o).Suite.Cases; len(got) != 2 || got[0].Name == got[1].Name {
		t.Errorf("got %+v, want two cases with names of their own", got)
	}
}

// TestJUnitLenient: what the policy lets pass is told, and fails nothing.
func TestJUnitLenient(t *testing.T) {
	hostile := found(executes, "a\x1b]]>\u202e.pkl", 1, "<m\x00>")
	hostile.Message = "It says \x1b[2J ]]> \u202e."
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.Critical + 1}, OnIncomplete: policy.WarnIncomplete}.Judge(audit.Report{Files: []audit.File{
		{Path: hostile.Location.Path, Status: audit.Findings, Findings: []finding.Finding{hostile}},
		{Path: "d.pt", Status: audit.NotScanned, Reason: "a pointer"},
	}})
	if got := read(t, o).Suite; got.Failures != 0 || got.Errors != 0 || got.Skipped != 1 || got.Tests != 2 {
		t.Errorf("got %+v, want one test that passes and one that is skipped", got)
	}
}
