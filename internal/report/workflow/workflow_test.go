package workflow_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/rule"
)

func annotation(level workflow.Level, file, title, message string) workflow.Annotation {
	return workflow.Annotation{Level: level, File: file, Title: title, Message: message}
}

func TestFence(t *testing.T) {
	var b strings.Builder
	err := workflow.Fence(&b, "token", func() error {
		b.WriteString("::error::x\n")
		return errors.New("broken pipe")
	})
	if got, want := b.String(), "::stop-commands::token\n::error::x\n::token::\n"; got != want || err == nil {
		t.Errorf("got %q, %v, want %q and an error", got, err, want)
	}
}

// failing is a log of which the write of that number fails.
type failing struct {
	left int
	b    strings.Builder
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left == 0 {
		return 0, errors.New("broken pipe")
	}
	return f.b.Write(p)
}

// TestFenceThatFails: without a fence nothing is printed, and whatever was not
// printed is an error.
func TestFenceThatFails(t *testing.T) {
	for n, want := range map[int]string{1: "", 2: "::stop-commands::token\n::token::\n", 3: "::stop-commands::token\n::error::x\n"} {
		log := &failing{left: n}
		err := workflow.Fence(log, "token", func() error {
			_, err := io.WriteString(log, "::error::x\n")
			return err
		})
		if got := log.b.String(); got != want || err == nil {
			t.Errorf("write %d fails: got %q, %v, want %q and an error", n, got, err, want)
		}
	}
	if err := workflow.Print(&failing{left: 1}, []workflow.Annotation{annotation("error", "", "", "x")}); err == nil {
		t.Error("an annotation that was not printed is no error")
	}
}

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		name string
		in   workflow.Annotation
		want string
	}{
		{"of a file", annotation("error", "a.pkl", "Title", "Message"), "::error file=a.pkl,line=1,title=Title::Message\n"},
		{"of a line", workflow.Annotation{Level: "error", File: "a.yml", Line: 7, Title: "Title", Message: "Message"}, "::error file=a.yml,line=7,title=Title::Message\n"},
		{"of the run", annotation("notice", "", "", "100%"), "::notice ::100%25\n"},
		{
			"hostile",
			annotation("warning", "a,b:c%\n::error::x\r.pkl", "T,\n", "a\n::stop-commands::x\r##[error]\x1b[2J\u202e%0A"),
			`::warning file=a%2Cb%3Ac%25\n%3A%3Aerror%3A%3Ax\r.pkl,line=1,title=T%2C\n::a\n::stop-commands::x\r#\x23[error]\x1b[2J\u202e%250A` + "\n",
		},
		{"long", workflow.Annotation{Level: "error", Message: strings.Repeat("é", 5000)}, "::error ::" + strings.Repeat("é", 4096) + "\n"},
	} {
		var b strings.Builder
		if err := workflow.Print(&b, []workflow.Annotation{c.in}); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, b.String(), c.want)
		}
	}
}

func TestNoMoreThanTheRunnerKeeps(t *testing.T) {
	var all []workflow.Annotation
	for i := range 12 {
		all = append(all, workflow.Annotation{Level: workflow.Error, Message: fmt.Sprint(i)})
	}
	for i := range 10 {
		all = append(all, workflow.Annotation{Level: workflow.Warning, Message: fmt.Sprint(i)})
	}
	var b strings.Builder
	if err := workflow.Print(&b, all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 20 || lines[8] != "::error ::8" || !strings.HasPrefix(lines[9], "::error title=And more::3 more annotations") {
		t.Errorf("got %d lines:\n%s", len(lines), b.String())
	}
	if lines[19] != "::warning ::9" {
		t.Errorf("the last warning: got %q", lines[19])
	}
}

func TestAnnotate(t *testing.T) {
	of := func(r *rule.Rule, path string, inside ...string) finding.Finding {
		return finding.Finding{Rule: r, Message: r.ID + ".", Location: finding.Location{Path: path, Inside: inside}}
	}
	report := audit.Report{Files: []audit.File{
		{Path: "bad.pkl", Status: audit.Findings, Findings: []finding.Finding{
			of(&rule.Rule{ID: "runs", Title: "Runs", Severity: rule.Critical}, "bad.pkl", "a", "b\n"),
			of(&rule.Rule{ID: "may", Title: "May", Severity: rule.Medium}, "bad.pkl"),
			of(&rule.Rule{ID: "look", Title: "Look", Severity: rule.Low}, "bad.pkl"),
		}},
		{Path: "lfs.pt", Status: audit.NotScanned, Reason: "a pointer"},
	}}
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.WarnIncomplete}.Judge(report)
	o.Warnings = []string{"policy:1: no"}
	want := []workflow.Annotation{
		annotation("error", "bad.pkl", "Runs", `runs. Inside: a › b\n [runs]`),
		annotation("warning", "bad.pkl", "May", "may. [may]"),
		annotation("notice", "bad.pkl", "Look", "look. [look]"),
		annotation("warning", "lfs.pt", "Not scanned", "Not scanned: a pointer."),
		annotation("warning", "", "Policy", "policy:1: no"),
	}
	if diff := cmp.Diff(want, workflow.Annotate(o)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What was not read is an error where it makes the check fail, and nothing beside it is.
	report.Files = []audit.File{report.Files[1], {Path: "cut.pkl", Status: audit.Incomplete, Reason: "cut", Findings: []finding.Finding{
		of(&rule.Rule{ID: "gap", Title: "Gap", Severity: rule.Medium, Unread: true}, "cut.pkl"),
		of(&rule.Rule{ID: "may", Title: "May", Severity: rule.Medium}, "cut.pkl"),
	}}}
	for policed, level := range map[policy.OnIncomplete]workflow.Level{policy.FailIncomplete: workflow.Error, policy.WarnIncomplete: workflow.Warning} {
		o = policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policed}.Judge(report)
		want = []workflow.Annotation{
			annotation(level, "cut.pkl", "Gap", "gap. [gap]"),
			annotation("warning", "cut.pkl", "May", "may. [may]"),
			annotation(level, "lfs.pt", "Not scanned", "Not scanned: a pointer."),
		}
		if diff := cmp.Diff(want, workflow.Annotate(o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", policed, diff)
		}
	}
}
