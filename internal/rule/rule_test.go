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

func TestSection(t *testing.T) {
	const doc = "# Family\n\nIntro.\n\n## one\n\nFirst.\n\n### Deeper\n\nStill first.\n\n## one-more\nSecond.\n"
	cases := []struct {
		id, want string
		found    bool
	}{
		{id: "one", want: "First.\n\n### Deeper\n\nStill first.", found: true},
		{id: "one-more", want: "Second.", found: true},
		{id: "on"},
		{id: "Deeper"},
		{id: "absent"},
	}
	for _, c := range cases {
		if got, found := rule.Section(doc, c.id); got != c.want || found != c.found {
			t.Errorf("section %q: got %q, %v, want %q, %v", c.id, got, found, c.want, c.found)
		}
	}
	if got, _ := rule.Section("## first\nAt the top.", "first"); got != "At the top." {
		t.Errorf("a section at the top: got %q", got)
	}
}

func TestExplain(t *testing.T) {
	known, unknown := &rule.Rule{ID: "known"}, &rule.Rule{ID: "unknown"}
	got := rule.Explain("## known\nHelp.\n", known, unknown)
	if len(got) != 2 || known.Help != "Help." || unknown.Help != "" {
		t.Errorf("got %v, helps %q and %q, want Help. and none", got, known.Help, unknown.Help)
	}
}
