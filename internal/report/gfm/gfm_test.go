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
