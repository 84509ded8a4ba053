package finding_test

import (
	"fmt"
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
	causes.At(b, "k", "Another rule.").About("s").Add(5, "x")
	causes.At(b, "k", "Another rule.").About("of a further place")
	var got []finding.Finding
	causes.Report(func(f finding.Finding) { got = append(got, f) })
	if len(got) != 2 || got[0].Rule != a || got[0].Location.Offset != 100 || got[1].Message != "Another rule." {
		t.Fatalf("got %+v, want one finding of a at 100 and one of b", got)
	}
	if n, last := len(got[0].Evidence), got[0].Evidence[len(got[0].Evidence)-1]; n != 11 || last.Text != "and 15 more" || last.Offset != 109 {
		t.Errorf("got %d steps, the last %+v, want 11 and %q at 109, the last that is shown", n, last, "and 15 more")
	}
	if n := len(got[1].Evidence); n != 1 || got[0].Subject != "" || got[1].Subject != "s" {
		t.Errorf("got %d steps about %q, want one about %q, and none about %q", n, got[1].Subject, "s", got[0].Subject)
	}
}

// TestTooManyCauses: a file cannot make more findings than can be read, and
// those beyond are counted, for each rule.
func TestTooManyCauses(t *testing.T) {
	const most = 200
	for _, c := range []struct {
		name        string
		n, findings int
		last        string
		subject     string
	}{
		{name: "one", n: 1, findings: 1, last: "Message.", subject: "s"},
		{name: "as many as are listed", n: most, findings: most, last: "Message.", subject: "s"},
		{name: "one more", n: most + 1, findings: most + 1, last: "The same elsewhere, not listed one by one; further places: 1."},
		{name: "many more", n: 5 * most, findings: most + 1, last: "The same elsewhere, not listed one by one; further places: 800."},
	} {
		rules := []*rule.Rule{{ID: "a"}, {ID: "b"}}
		var causes finding.Causes
		if !causes.Empty() {
			t.Errorf("%s: not empty before there are any", c.name)
		}
		for i := range c.n {
			for _, r := range rules {
				causes.At(r, fmt.Sprint(i), "Message.").About("s").Add(int64(i), "x")
			}
		}
		got := make(map[*rule.Rule][]finding.Finding)
		causes.Report(func(f finding.Finding) { got[f.Rule] = append(got[f.Rule], f) })
		for _, r := range rules {
			if n := len(got[r]); n != c.findings || got[r][n-1].Message != c.last || got[r][n-1].Subject != c.subject {
				t.Errorf("%s, rule %s: got %d findings, the last %q, want %d and %q", c.name, r.ID, n, got[r][max(0, n-1)].Message, c.findings, c.last)
			}
		}
	}
}
