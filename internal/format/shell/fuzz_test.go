package shell_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/shell"
)

// FuzzParse: offsets lie in the text.
func FuzzParse(f *testing.F) {
	f.Add("a=b; c $a | d >e <<E\n$(f)\nE\n")
	f.Add("if a; then b; fi & x() { `y`; }; case z in z) w;; esac")
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := shell.Parse(text)
		for _, c := range all {
			if c.Offset < 0 || c.Offset > len(text) {
				t.Errorf("%q: a command at %d", text, c.Offset)
			}
		}
	})
}
