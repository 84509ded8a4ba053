package review_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// line is what a line of a picture may look like, whatever a file is called.
var line = regexp.MustCompile("^(```mermaid|```|%%\\{init: .*\\}%%|flowchart LR|  n\\d+[\\[(]\"(<b>critical</b><br>)?[A-Za-z0-9 ./_]*(([#]\\d+;|<br>)[A-Za-z0-9 ./_]*)*\"[\\])](:::(bad|mild))?|  n\\d+ --> n\\d+|  classDef (bad|mild) .*|)$")

// TestPictureOfOne: a picture is a chain for each finding, and what is the same is
// drawn once.
func TestPictureOfOne(t *testing.T) {
	found := func(s rule.Severity, message string, inside ...string) finding.Finding {
		return finding.Finding{Rule: &rule.Rule{ID: "r", Severity: s}, Message: message, Location: finding.Location{Path: "a b.zip", Inside: inside}}
	}
	word := strings.Repeat("x", 40)
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{{Path: "a b.zip", Findings: []finding.Finding{
		found(rule.High, word+"y "+word+"-", "m_09/azAZ"), found(rule.Medium, strings.Repeat("z ", 70), "m_09/azAZ"),
		found(rule.Low, strings.Repeat("z ", 70)+"z", "m_09/azAZ", "n"), found(rule.Info, "context", "c"), found(rule.Critical, "not deeper"),
	}}}})
	const want = `flowchart LR
  n0["a b.zip"]
  n1("m_09/azAZ")
  n0 --> n1
  n2["<b>high</b><br>WORD<br>y WORD#45;"]:::bad
  n1 --> n2
  n3["<b>medium</b><br>LONGz "]:::mild
  n1 --> n3
  n4("n")
  n1 --> n4
  n5["<b>low</b><br>LONGz#8230;"]:::mild
  n4 --> n5
  classDef`
	got := review.Picture(&o)
	if want := strings.NewReplacer("WORD", word, "LONG", strings.Repeat("z ", 69)).Replace(want); !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPicture(t *testing.T) {
	bad := &rule.Rule{ID: "bad", Title: "Bad", Severity: rule.Critical}
	var f audit.File
	for _, name := range []string{"a\"]; click n0 \"javascript:x\"", "%%{init: {}}%%", "x\n  n9 --> n0", "```", "end", "<img src=x>", "#quot;"} {
		f.Findings = append(f.Findings, finding.Finding{
			Rule: bad, Key: name, Message: "Runs " + name,
			Location: finding.Location{Path: "m/" + name, Inside: []string{name, "data.pkl"}},
		})
	}
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{f}})
	picture := review.Picture(&o)
	for l := range strings.Lines(picture) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("line %q is not one of ours", l)
		}
	}
	if n := strings.Count(picture, "[\"") + strings.Count(picture, "(\""); n == 0 || n > 50 {
		t.Errorf("%d nodes", n)
	}
	f.Findings = f.Findings[:1]
	f.Findings[0].Location.Inside = nil
	o = policy.Policy{}.Judge(audit.Report{Files: []audit.File{f}})
	if got := review.Picture(&o); got != "" {
		t.Errorf("nothing is nested, yet: %s", got)
	}
}
