package finding_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/finding"
)

func TestQuote(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{name: "plain", in: "posix.system", want: "posix.system"},
		{name: "empty", in: "", want: ""},
		{name: "other scripts", in: "модель 模型 é", want: "модель 模型 é"},
		{name: "line ends", in: "a\r\nb\tc", want: `a\r\nb\tc`},
		{name: "terminal colours", in: "\x1b[31mred", want: `\x1b[31mred`},
		{name: "delete and C1", in: "\x7f\u0085\u009b", want: `\x7f\u0085\u009b`},
		{name: "backslash", in: `C:\x41`, want: `C:\\x41`},
		{name: "bidi", in: "a\u202ekp.txt\u2066", want: `a\u202ekp.txt\u2066`},
		{name: "invisible", in: "a\u200bb\u00adc\ufeff\u3164\u115f", want: `a\u200bb\u00adc\ufeff\u3164\u115f`},
		{name: "variation selector", in: "a\ufe0f\U000e0101", want: `a\ufe0f\U000e0101`},
		{name: "tag characters", in: "a\U000e0041", want: `a\U000e0041`},
		{name: "line separators", in: "a\u2028b\u2029c\u00a0d", want: `a\u2028b\u2029c\u00a0d`},
		{name: "invalid UTF-8", in: "a\xff\xc3(", want: `a\xff\xc3(`},
		{name: "replacement character", in: "a\ufffd", want: `a\ufffd`},
		{name: "NUL", in: "os\x00", want: `os\x00`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := finding.Quote(c.in); got != c.want {
				t.Errorf("Quote(%q): got %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCodeKeepsItsEscapes(t *testing.T) {
	const in, want = "f(b'\\x80\\n', \x1b\u202e)", `f(b'\x80\n', \x1b\u202e)`
	if got := finding.Code(in, finding.QuoteLimit); got != want {
		t.Errorf("Code(%q): got %q, want %q", in, got, want)
	}
}

func TestUTF8(t *testing.T) {
	for in, want := range map[string]string{"модель": "модель", "a\nb": "a\nb", "a\n\xff": `a\n\xff`} {
		if got := finding.UTF8(in); got != want {
			t.Errorf("UTF8(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestQuoteLosesTheMiddle(t *testing.T) {
	cases := []struct {
		name, in, want string
		limit          int
	}{
		{name: "at the limit", in: "abcdef", limit: 6, want: "abcdef"},
		{name: "over it", in: "abcdefghi", limit: 6, want: "abcd…(3 bytes)…hi"},
		{name: "characters, not bytes", in: "ééééééééé", limit: 6, want: "éééé…(6 bytes)…éé"},
		{name: "cut first, then escaped", in: "\n\n\n\n\n\n\n\n\n", limit: 3, want: `\n\n…(6 bytes)…\n`},
		{name: "nothing", in: "abc", limit: 0, want: "…(3 bytes)…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := finding.QuoteUpTo(c.in, c.limit); got != c.want {
				t.Errorf("QuoteUpTo(%q, %d): got %q, want %q", c.in, c.limit, got, c.want)
			}
		})
	}
}

// FuzzEscape: what comes out is visible, and equal only for equal input.
func FuzzEscape(f *testing.F) {
	f.Add("a\\n", "a\n")
	f.Add("\xff", `\xff`)
	f.Add("\u202e", "plain")
	f.Fuzz(func(t *testing.T, a, b string) {
		ea, eb := finding.Escape(a), finding.Escape(b)
		if !utf8.ValidString(ea) || strings.ContainsAny(ea, "\r\n\x1b\x00\u202e\u2066\u200b\ufeff") {
			t.Errorf("Escape(%q) = %q", a, ea)
		}
		if ea == eb && a != b {
			t.Errorf("%q and %q both become %q", a, b, ea)
		}
		if n := utf8.RuneCountInString(finding.Quote(a)); n > 12*finding.QuoteLimit {
			t.Errorf("Quote(%q) has %d characters", a, n)
		}
	})
}
