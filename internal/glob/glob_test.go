package glob_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/glob"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.pkl", "a.pkl", true},
		{"*.pkl", "deep/down/a.pkl", true},
		{"*.pkl", "a.pkl.txt", false},
		{"/*.pkl", "a.pkl", true},
		{"/*.pkl", "deep/a.pkl", false},
		{"./models", "models/a.pkl", true},
		{"models", "models/a.pkl", true},
		{"models/", "deep/models/a.pkl", true},
		{"models", "models2/a.pkl", false},
		{"models/**", "models/deep/a.pkl", true},
		{"models/*.pt", "models/a.pt", true},
		{"models/*.pt", "models/deep/a.pt", false},
		{"deep/models", "deep/models/a.pkl", true},
		{"deep/models", "x/deep/models/a.pkl", false},
		{"**/models/*.{pt,pth}", "x/models/a.pth", true},
		{"a[0-9].pt", "a7.pt", true},
		{`a\*.pt`, "a*.pt", true},
		{"*.pt", "a\xff\n.pt", true},
	} {
		if got := glob.Match(c.pattern, c.name); got != c.want {
			t.Errorf("%q on %q: got %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

func TestMatchAny(t *testing.T) {
	for name, want := range map[string]bool{"a.pt": true, "models/a.pkl": true, "a.pkl": false} {
		if got := glob.MatchAny([]string{"*.pt", "models"}, name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
	if glob.MatchAny(nil, "a") {
		t.Error("no pattern matches")
	}
}

func TestCheck(t *testing.T) {
	if err := glob.Check("*.pkl", "models/**", "{a,b}"); err != nil {
		t.Error(err)
	}
	for _, p := range []string{"", "a[", "{a,b", `a\`} {
		if glob.Check("ok", p) == nil {
			t.Errorf("%q passes for a glob", p)
		}
	}
}
