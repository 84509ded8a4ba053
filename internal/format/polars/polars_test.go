package polars_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/polars"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestManyStarts: what looks like the start of a function, any number of times, ends
// with the budget, and functions in a file of as many other numbers are found.
func TestManyStarts(t *testing.T) {
	const function = `{"function":[80,76,80,89,128,4,46]}`
	for _, c := range []struct {
		name, text string
		found      int
		spent      bool
	}{
		{name: "starts of pickles", text: strings.Repeat("128,2,x ", 1<<18), spent: true},
		{name: "numbers", text: "{\"a\":[" + strings.Repeat("128,127,", 1<<18) + "0]," + function + "}", found: 2}, // and the pickle in it
	} {
		found := 0
		err := polars.Functions(hostiletest.Reader(c.text), func([]byte) error { found++; return nil })
		hostiletest.OnlyFault(t, err)
		if (err != nil) != c.spent || found != c.found {
			t.Errorf("%s: got %d functions, %v", c.name, found, err)
		}
	}
}
