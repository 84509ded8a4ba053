package python_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

// TestAnalyseIsBounded: texts that double a value on every line cost no more
// than their length.
func TestAnalyseIsBounded(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{name: "constant", text: "a = 'xxxxxxxx'\n" + strings.Repeat("a = a + a\n", 100)},
		{name: "path", text: "import a\n" + strings.Repeat("a = a.b.c.d\n", 10_000)},
		{name: "stars", text: strings.Repeat("from m import *\n", 2000) + strings.Repeat("x\n", 2000)},
		{name: "import", text: "import a" + strings.Repeat(".a", 100_000)},
		{name: "sum", text: "a = " + strings.Repeat("'x' + ", 100_000) + "'x'"},
	} {
		s, err := python.Analyse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		total := 0
		for _, r := range s.References {
			total += len(r.Path)
		}
		if total > 100*len(c.text) {
			t.Errorf("%s: %d bytes of paths from %d bytes of text", c.name, total, len(c.text))
		}
	}
}

// TestAnalyseEnds: no text takes more time than its length is worth, and what is
// not followed for that is told.
func TestAnalyseEnds(t *testing.T) {
	var params strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&params, "a%d,", i)
	}
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{name: "import", text: "import a" + strings.Repeat(".a", 400_000) + "\n"},
		{name: "parameters", text: "def f(" + params.String() + "):\n " + strings.Repeat("x;", 200_000) + "\n"},
		{name: "headers without brackets", text: strings.Repeat("def f;", 200_000)},
		{name: "join", text: "'" + strings.Repeat("a", 20_000) + "'.join('" + strings.Repeat("b", 20_000) + "')"},
		{name: "long constant", text: "'" + strings.Repeat("a", 200_000) + "'" + strings.Repeat(".lower()", 20_000), want: python.ErrComputes},
		{name: "long constant in a call", text: "a = '" + strings.Repeat("a", 200_000) + "'\n" + strings.Repeat("str(a);", 20_000), want: python.ErrComputes},
		{name: "long constant, reversed", text: "'" + strings.Repeat("a", 200_000) + "'" + strings.Repeat("[::-1]", 20_000), want: python.ErrComputes},
		{name: "names of many modules", text: "from a import *\nfrom b import *\nfrom c import *\n" + strings.Repeat("x\n", 400_000), want: python.ErrComputes},
		{name: "long list", text: "x = [" + strings.Repeat("1,", 400_000) + "]"},
		{name: "long lists that nothing is made of", text: "x = [" + strings.Repeat("[0, 'a'],", 100_000) + "]\n''.join(['a', 'b'])"},
		{name: "long list, joined", text: "''.join([" + strings.Repeat("'',", 100_000) + "'os'])", want: python.ErrComputes},
		{name: "long list of numbers", text: "bytes((" + strings.Repeat("111,", 100_000) + "))", want: python.ErrComputes},
		{name: "long list of characters", text: "''.join(map(chr, list([" + strings.Repeat("111,", 100_000) + "])))", want: python.ErrComputes},
		{name: "list behind a long one", text: "f([" + strings.Repeat("1,", 100_000) + "], ''.join(['o', 's']))", want: python.ErrComputes},
	} {
		start := time.Now()
		if _, err := python.Analyse(c.text); err != c.want {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
}
