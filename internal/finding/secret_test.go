package finding_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/finding"
)

func TestSecretIsNotPrinted(t *testing.T) {
	s := finding.NewSecret("abcdefghijkl")
	f := finding.Finding{Secrets: []finding.Secret{s}}
	j, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q %x", f, s, s, s, s), fmt.Sprintf("%v", &f), string(j)} {
		if strings.Contains(out, "abcd") || strings.Contains(out, "6162") {
			t.Errorf("the secret is shown: %s", out)
		}
	}
}

func TestRedact(t *testing.T) {
	var r finding.Redactor
	if got := r.Redact("0123456789"); got != "0123456789" {
		t.Errorf("without secrets: got %q", got)
	}
	r.Add(finding.NewSecret("0123456789"), finding.NewSecret("short"), finding.NewSecret("line-one\nline-two-"))
	for _, c := range []struct{ name, text, want string }{
		{name: "none", text: "nothing here", want: "nothing here"},
		{name: "too short to tell", text: "a short text", want: "a short text"},
		{name: "whole", text: "a 0123456789 b", want: "a [redacted] b"},
		{name: "twice", text: "0123456789 0123456789", want: "[redacted] [redacted]"},
		{name: "one behind the other", text: "01234567890123456789", want: "[redacted]"},
		{name: "its start", text: "echo 01234567…(9 bytes)…", want: "echo [redacted]…(9 bytes)…"},
		{name: "its end", text: "…23456789'", want: "…[redacted]'"},
		{name: "less than a part", text: "0123456", want: "0123456"},
		{name: "escaped", text: `'line-one\nline-two-'`, want: `'[redacted]\n[redacted]'`},
	} {
		if got := r.Redact(c.text); got != c.want {
			t.Errorf("%s: %q: got %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestRedactFinding(t *testing.T) {
	var r finding.Redactor
	r.Add(finding.NewSecret("0123456789"))
	f := finding.Finding{
		Message: "calls f('0123456789')", Key: "f/0123456789",
		Location: finding.Location{Inside: []string{"a", "0123456789.txt"}},
		Evidence: []finding.Step{{Offset: 3, Line: 2, Text: "REDUCE 0123456789"}},
	}
	r.Finding(&f)
	if got := fmt.Sprintf("%+v", f); strings.Contains(got, "2345") || !strings.Contains(got, "{Offset:3 Line:2 Text:REDUCE [redacted]}") {
		t.Errorf("got %s", got)
	}
}

func TestSame(t *testing.T) {
	if a, b := finding.NewSecret("0123456789"), finding.NewSecret("0123456780"); !a.Same(a) || a.Same(b) {
		t.Errorf("the same: %v, another: %v", a.Same(a), a.Same(b))
	}
}

// TestRedactorIsBounded: what a redactor knows is bounded, and a secret that it
// knows already costs nothing.
func TestRedactorIsBounded(t *testing.T) {
	secret := func(i, size int) finding.Secret {
		var b strings.Builder
		for k := 0; b.Len() < size; k++ {
			fmt.Fprintf(&b, "%d-%d,", i, k)
		}
		return finding.NewSecret(b.String()[:size])
	}
	var r finding.Redactor
	for range 3 {
		r.Add(secret(1, 1<<19)) // known, from the second time on
	}
	r.Add(secret(2, 1<<19), secret(3, 1<<20))
	for i, want := range []bool{1: true, 2: true, 3: false} {
		if i == 0 {
			continue
		}
		text := fmt.Sprintf("%d-1,%d-2,%d-3", i, i, i)
		if got := r.Redact(text) != text; got != want {
			t.Errorf("secret %d: redacted is %v, want %v", i, got, want)
		}
	}
}
