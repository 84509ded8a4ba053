package jinja_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzWalk: whatever the text, every place that is told lies inside it, and the
// memory budget is not exceeded.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		`{% for a, b in c|map(attribute='x') if a %}{{ a[1:2] ~ '\x5f' * 3 }}{% endfor %}`,
		`{% macro m(a, b=1) %}{% set x.y = a %}{% endmacro %}{{ m(*c, **d) }}{# c #}{% raw %}{{{% endraw %}`,
		`{% set a %}{{ "%s"|format(1) }}{% endset %}{{ "{0.b}".format(x) if y is not none else z.w(k=1) }}`,
		`{{ x['%)' % y] }}{{ x['%(a' % y] }}{{ x['%('|format(y)] }}`,
		`{% include 'a' ignore missing with context %}{{ -2 ** 3 in [4, {'a': 5}] }}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		limits := hostile.DefaultLimits()
		budget := hostile.NewBudget(context.Background(), limits, int64(len(src)), time.Now)
		inside := func(at int64) {
			if at < 0 || at > int64(len(src)) {
				t.Fatalf("place %d is not inside %d bytes", at, len(src))
			}
		}
		jinja.Walk(hostile.NewReader(hostile.Bytes(src), int64(len(src)), budget), jinja.Visitor{
			Access: func(a jinja.Access) { inside(a.Offset) },
			Call:   func(c jinja.Call) { inside(c.Offset) },
			Load:   func(l jinja.Load) { inside(l.Offset) },
			Repeat: func(r jinja.Repeat) { inside(r.Offset) },
		})
		if budget.Held() > limits.Memory {
			t.Fatalf("%d bytes held, %d allowed", budget.Held(), limits.Memory)
		}
	})
}
