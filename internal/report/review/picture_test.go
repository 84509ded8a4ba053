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
