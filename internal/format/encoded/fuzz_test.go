package encoded_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzWalk: offsets lie in the text, and levels are bounded.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(base64Of(gzipOf(base64Of(program)))))
	f.Add([]byte("a " + hexes(program, "0x%02x", ", ") + hexes(program, `\u%04x`, "") + "<~" + ascii85Of(program)))
	f.Add([]byte(rot13Of(program) + url.PathEscape(program)))
	f.Fuzz(func(t *testing.T, text []byte) {
		limits := hostile.DefaultLimits()
		limits.Inflated, limits.Steps = 1<<20, 1<<20
		w := encoded.Walk{
			Budget: hostile.NewBudget(t.Context(), limits, int64(len(text)), time.Now),
			Visit: func(c encoded.Content) bool {
				if c.Offset < 0 || c.Offset >= len(text) || len(c.Encodings) == 0 || len(c.Encodings) > 8 || c.Kind == "" {
					t.Errorf("%q: %+v", text, c)
				}
				return len(c.Data)%2 == 0
			},
		}
		_ = w.In(text)
	})
}
