package jinja_test

import (
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// walk reads a template that is shown to nobody.
func walk(text string) error {
	return jinja.Walk(hostiletest.Reader(text), jinja.Visitor{
		Access: func(jinja.Access) {}, Call: func(jinja.Call) {}, Load: func(jinja.Load) {}, Repeat: func(jinja.Repeat) {},
	})
}

// TestLinear: reading takes time by the length of a template, whatever it repeats.
func TestLinear(t *testing.T) {
	const n, most = 1 << 20, 10 * time.Second
	long := strings.Repeat("x", 4*n)
	for _, c := range []struct{ name, text string }{
		{"comments", strings.Repeat("{##}", n)},
		{"ends of raw text that do not end", "{% raw %}" + strings.Repeat("{%endraw", n)},
		{"names of characters that do not end", `{{ "` + strings.Repeat(`\N{`, n) + `"`},
		{"parts of a string", `{{ "` + long + `"` + strings.Repeat(` "a"`, 90_000) + " }}"},
		{"attributes that are called", "{{ a." + long + strings.Repeat(".b", 4_900) + "() }}"},
		{"attributes that are set", "{% set a." + long + strings.Repeat(".b", 49_000) + " = 1 %}"},
	} {
		start := time.Now()
		walk(c.text)
		if took := time.Since(start); took > most {
			t.Errorf("%s, %d bytes: took %v", c.name, len(c.text), took)
		}
	}
}
