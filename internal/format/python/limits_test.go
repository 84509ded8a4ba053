package python_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

// TestAnalyseIsBounded: texts that double a value on every line cost no more
// than their length.
func TestAnalyseIsBounded(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{name: "constant", text: "a = 'xxxxxxxx'\n" + strings.Repeat("a = a + a\n", 100)},
		{name: "path", text: "import a\n" + strings.Repeat("a = a.b.c.d\n", 10_000)},
		{name: "stars", text: strings.Repeat("from m import *\n", 2000) + strings.Repeat("x\n", 2000)},
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
