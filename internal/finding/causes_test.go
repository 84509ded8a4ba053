package finding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

func TestCauses(t *testing.T) {
	a, b := &rule.Rule{ID: "a"}, &rule.Rule{ID: "b"}
	var causes finding.Causes
	causes.At(a, "unused", "Never shown.")
	for i := range 25 {
		causes.At(a, "k", "Many places.").Add(int64(100+i), "place %d", i)
	}
	causes.At(b, "k", "Another rule.").Add(5, "x")
	var got []finding.Finding
	causes.Report(func(f finding.Finding) { got = append(got, f) })
	if len(got) != 2 || got[0].Rule != a || got[0].Location.Offset != 100 || got[1].Message != "Another rule." {
		t.Fatalf("got %+v, want one finding of a at 100 and one of b", got)
	}
	if last := got[0].Evidence[len(got[0].Evidence)-1].Text; last != "and 15 more" {
		t.Errorf("last step: got %q, want %q", last, "and 15 more")
	}
}

// TestTooManyCauses: a file cannot make more findings than can be read, and
// those beyond are counted.
func TestTooManyCauses(t *testing.T) {
	a := &rule.Rule{ID: "a"}
	var causes finding.Causes
	for i := range 1000 {
		causes.At(a, fmt.Sprint(i), "Message.").Add(int64(i), "x")
	}
	n, last := 0, ""
	causes.Report(func(f finding.Finding) { n++; last = f.Message })
	if n > 250 || !strings.Contains(last, fmt.Sprint(1000-n+1)) {
		t.Errorf("got %d findings, the last says %q", n, last)
	}
}
