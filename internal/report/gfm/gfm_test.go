package gfm_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/report/gfm"
)

// hostile are names that files can have.
var hostile = []string{
	"a|b|c.pt", "x\n\n# heading", "<img src=x>", "![](http://tracker/x.png)", "@org/team", "[a](javascript:x)",
	"</details><h1>", "<!-- -->", "`code`", ":white_check_mark:", "#1", "\u202egnp.exe", "\x1b[31m", "https://evil.example",
	"**bold** __b__ ~~s~~", "&lt;", "\xff\xfe", "</code><b>", "www.evil.example", "GH-1", "\r::error::x",
}

var reference = regexp.MustCompile(`&#\d+;`)

func TestCode(t *testing.T) {
	for _, s := range hostile {
		got := gfm.Code(s)
		inner := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(got, "<code>"), "</code>"), "<wbr>", "")
		if left := reference.ReplaceAllString(inner, ""); strings.ContainsAny(left, "&<>\"'`*_[]()!|#@~:\\\n\r\x1b\u202e") {
			t.Errorf("%q: %q holds markup", s, got)
		}
	}
	if got := gfm.Code(strings.Repeat("x", 5000)); len(got) > 300 {
		t.Errorf("%d bytes for a long name", len(got))
	}
	word := strings.Repeat("é", 40)
	if got, want := gfm.Code(word+"| "+word), "<code>"+word+"<wbr>&#124; "+word+"</code>"; got != want {
		t.Errorf("a long word: got %s, want %s", got, want)
	}
}

func TestSentence(t *testing.T) {
	for _, s := range hostile {
		got := gfm.Sentence("It says " + s + ".")
		if left := reference.ReplaceAllString(got, ""); strings.ContainsAny(left, "&<>\"'`*_[]()!|#@~:\\\n\r\x1b\u202e") {
			t.Errorf("%q: %q holds markup", s, got)
		}
	}
	if got, want := gfm.Sentence("mail @bob"), "mail &#64;&#8288;bob"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBlocks: in a block nothing is markup either, and every line is one line.
func TestBlocks(t *testing.T) {
	for _, s := range hostile {
		for kind, got := range map[string]string{"block": gfm.Block([]string{s, "end"}), "paste": gfm.Paste("sh", strings.ReplaceAll(s, "\n", " ")+"\nend\n")} {
			_, inner, _ := strings.Cut(strings.TrimSuffix(got, "\nend\n</pre>\n"), ">")
			if left := strings.TrimSuffix(reference.ReplaceAllString(inner, ""), ":"); strings.ContainsAny(left, "&<>\"`*_[]!|#@~:\\\n\r\x1b\u202e") {
				t.Errorf("%s of %q: %q holds markup", kind, s, got)
			}
		}
	}
	for _, c := range []struct{ name, got, want string }{
		{"what is harmless is plain", gfm.Block([]string{"f(x) = 'a': 1, b:", "b:c é"}), "<pre>f(x) = 'a': 1, b:\nb&#58;c é\n</pre>\n"},
		{"as long as may be", gfm.Block([]string{strings.Repeat("é", 400)}), "<pre>" + strings.Repeat("é", 400) + "\n</pre>\n"},
		{"longer", gfm.Block([]string{strings.Repeat("é", 401)}), "<pre>" + strings.Repeat("é", 400) + "…\n</pre>\n"},
		{"no links", gfm.Block([]string{"HTTPS://x http://y"}), "<pre>hxxpS&#58;//x hxxp&#58;//y\n</pre>\n"},
		{"to be copied", gfm.Paste("yaml", "a: b\nc\n"), "<pre lang=\"yaml\">a: b\nc\n</pre>\n"},
		{"no code", gfm.Code(""), "<code>&#32;</code>"},
		{"code as long as may be", gfm.Code(strings.Repeat("a ", 100)), "<code>" + strings.Repeat("a ", 100) + "</code>"},
		{"longer code", gfm.Code(strings.Repeat("a ", 100) + "b"), "<code>" + strings.Repeat("a ", 66) + "a…&#40;1 bytes&#41;…" + strings.Repeat("a ", 33) + "b</code>"},
		{"what keeps its form", gfm.Entities("az AZ 09 ./-,é"), "az AZ 09 ./-,é"},
		{"what is next to it", gfm.Entities("`{@[:+;\x7f"), "&#96;&#123;&#64;&#91;&#58;&#43;&#59;&#127;"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}
