package memo_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/memo"
)

// TestAsk: the same is asked once, however long it is, unless too many others came
// between.
func TestAsk(t *testing.T) {
	asked := 0
	m := memo.Of(func(module, name string) string { asked++; return module + "." + name })
	ask := func(module, name string, want int) {
		t.Helper()
		if got := m.Ask(module, name); got != module+"."+name {
			t.Errorf("%q, %q: got %q", module, name, got)
		}
		if asked != want {
			t.Errorf("%.20q, %.20q: got %d questions, want %d", module, name, asked, want)
		}
	}
	ask("a", "b", 1)
	ask("a", "b", 1)
	ask("ab", "", 2) // not the same, though the letters are
	long := strings.Repeat("x", memo.Length)
	ask("a", long, 3)
	ask("a", long, 3)
	ask("ax", long[1:], 4)
	for i := range memo.Size {
		ask("n", strconv.Itoa(i), 5+i)
	}
	ask("a", "b", 5+memo.Size)
	ask("a", long, 5+memo.Size)
	ask("a", strings.Repeat("x", memo.LongHeld), 6+memo.Size)
	ask("a", long, 7+memo.Size)
}
