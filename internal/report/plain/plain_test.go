package plain_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

func TestSafe(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ordinary", `models/modèle 1.pt`, `models/modèle 1.pt`},
		{"quoted text is quoted once", finding.Quote("a\\b\x1b"), `a\\b\x1b`},
		{"newline", "a\nb", `a\nb`},
		{"carriage return", "a\r::error::b", `a\r::error::b`},
		{"escape sequence", "\x1b[2Ja", `\x1b[2Ja`},
		{"C1 control", "\u009b2J", `\u009b2J`},
		{"bidi", "a\u202eb\u2066", `a\u202eb\u2066`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"zero width", "a\u200bb\ufe0f", `a\u200bb\ufe0f`},
		{"invalid UTF-8", "a\xffb", `a\xffb`},
		{"command", "::error::x", `\x3a:error::x`},
		{"indented command", "  ::stop-commands::x", `  \x3a:stop-commands::x`},
		{"colons inside", "a::b", "a::b"},
		{"old command", "a ##[error]b ##[x]", `a #\x23[error]b #\x23[x]`},
		{"many hashes", "###[error]", `#\x23#[error]`},
		{"another runner's command", "##vso[task.complete]", `#\x23vso[task.complete]`},
	} {
		if got := plain.Safe(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestJSONIsInert: a document cannot command the runner, and means what it meant.
func TestJSONIsInert(t *testing.T) {
	got := string(plain.JSON([]byte("#\"a#b##[error] \u202e\U000e0041é\"\n")))
	if want := "#\"a#b#\\u0023[error] \\u202e\\udb40\\udc41é\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLineIsOneLine(t *testing.T) {
	var b strings.Builder
	p := plain.New(&b, false)
	p.Line(1, plain.Text("#"), plain.Text("#[error]"), plain.Name("a\\\n"))
	p.Line(0, plain.Text(":"), plain.Text(":x").In(plain.Loud))
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "  #\\x23[error]a\\\\\\n\n\\x3a:x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestColour(t *testing.T) {
	var b strings.Builder
	p := plain.New(&b, true)
	p.Line(0, plain.Text("a\x1b").In(plain.Red), plain.Text(""), plain.Text("").In(plain.Red))
	p.Blank()
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "\x1b[31ma\\x1b\x1b[0m\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestFlushReportsAnyError(t *testing.T) {
	p := plain.New(brokenPipe{}, false)
	p.Line(0, plain.Text(strings.Repeat("x", 10_000)))
	if p.Flush() == nil {
		t.Error("no error")
	}
}

func TestJSONKeepsItsMeaning(t *testing.T) {
	want := map[string]string{
		"names": "a\\u0041\x1b[2J\u009b\u202e\u2028\ufeff\U000e0020 ###[error]x::y\n::z", "##[k]": "\U0001f600 é\ufffd",
	}
	doc, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	safe := plain.JSON(doc)
	for line := range strings.Lines(string(safe)) {
		if line = strings.TrimSuffix(line, "\n"); plain.Safe(line) != line {
			t.Errorf("not safe: %q", line)
		}
	}
	var got map[string]string
	if err := json.Unmarshal(safe, &got); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"::error::x", "##[group]", "####[a##b[", "\r\n::x", "\xff\u202e\x1b[0m", "##\u0301[x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plain.Safe(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q: not UTF-8: %q", s, got)
		}
		if i := strings.IndexFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }); i >= 0 {
			t.Errorf("%q: unprintable at %d of %q", s, i, got)
		}
		if strings.Contains(got, "##[") || strings.HasPrefix(strings.TrimSpace(got), "::") {
			t.Errorf("%q: a command: %q", s, got)
		}
		if again := plain.Safe(got); again != got {
			t.Errorf("%q: %q becomes %q the second time", s, got, again)
		}
	})
}
