package rule_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/rule"
)

func TestSeverity(t *testing.T) {
	for _, s := range rule.Severities {
		if got, ok := rule.ParseSeverity(s.String()); got != s || !ok {
			t.Errorf("ParseSeverity(%q): got %v, %v, want %v", s.String(), got, ok, s)
		}
	}
	for _, s := range []string{"", "Critical", "none", "Severity(0)"} {
		if got, ok := rule.ParseSeverity(s); ok {
			t.Errorf("ParseSeverity(%q): got %v, want none", s, got)
		}
	}
	if !(rule.Critical > rule.High && rule.High > rule.Medium && rule.Medium > rule.Low && rule.Low > rule.Info && rule.Info > 0) {
		t.Error("severities do not compare by how bad they are")
	}
	if got := rule.Severity(9).String(); got != "Severity(9)" {
		t.Errorf("unknown severity: got %q", got)
	}
}

func TestPrecision(t *testing.T) {
	for p, want := range map[rule.Precision]string{rule.Possible: "possible", rule.Likely: "likely", rule.Certain: "certain", 0: "Precision(0)"} {
		if got := p.String(); got != want {
			t.Errorf("precision %d: got %q, want %q", uint8(p), got, want)
		}
	}
}

func TestParsePrecision(t *testing.T) {
	for _, p := range []rule.Precision{rule.Possible, rule.Likely, rule.Certain} {
		if got, ok := rule.ParsePrecision(p.String()); got != p || !ok {
			t.Errorf("%q: got %v, %v, want %v", p.String(), got, ok, p)
		}
	}
	for _, s := range []string{"", "Likely", "Precision(0)", "surely"} {
		if got, ok := rule.ParsePrecision(s); ok {
			t.Errorf("%q: got %v, want none", s, got)
		}
	}
}

func TestExplain(t *testing.T) {
	const doc = "# Family\n\nIntro.\n\n## one\n\nFirst.\n\n### Deeper\n\nStill first.\n\n## one-more\nSecond.\n"
	cases := []struct{ doc, id, want string }{
		{doc: doc, id: "one", want: "First.\n\n### Deeper\n\nStill first."},
		{doc: doc, id: "one-more", want: "Second."},
		{doc: doc, id: "on"},
		{doc: doc, id: "Deeper"},
		{doc: doc, id: "# Family"},
		{doc: doc, id: "absent"},
		{doc: "## first\nAt the top.", id: "first", want: "At the top."},
		{doc: "no section", id: "section"},
		{doc: "", id: "absent"},
	}
	for _, c := range cases {
		r, other := &rule.Rule{ID: c.id}, &rule.Rule{ID: "other"}
		if got := rule.Explain(c.doc, r, other); len(got) != 2 || r.Help() != c.want || other.Help() != "" {
			t.Errorf("rule %q: got %d rules, helps %q and %q, want 2, %q and none", c.id, len(got), r.Help(), other.Help(), c.want)
		}
	}
}
