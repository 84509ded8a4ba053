package jinja_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// walk reads a template that is shown to nobody, and returns what it has cost.
func walk(text string) *hostile.Budget {
	r := hostiletest.Reader(text)
	_ = jinja.Walk(r, jinja.Visitor{
		Access: func(jinja.Access) {}, Call: func(jinja.Call) {}, Load: func(jinja.Load) {}, Repeat: func(jinja.Repeat) {},
	})
	return r.Budget()
}

// TestLive: what Jinja renders is told, and plain text and comments are not.
func TestLive(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "comment", text: "{# {{ a }} #}{{ b }}", want: "b"},
		{name: "comment that a brace does not end", text: "{#}{% raw %}#}{{ a }}{#{% endraw %}#}", want: "a"},
		{name: "raw text", text: "{%- raw -%}{{ a }}{%+ endraw +%}{{ b }}", want: "b"},
		{name: "raw text between spaces of Unicode", text: "{%\u00a0raw\u2003%}{#{%\x1fendraw\u00a0%}{{ a }}{# #}", want: "a"},
		{name: "ends of raw text that are none", text: "{% raw %}{% endraw x %}{%--endraw%}{#{% endrawx %}{% endraw %}{{ a }}{# #}", want: "a"},
		{name: "spaces of Unicode", text: "{{ a\u00a0.b\u2003.c\u3000}}", want: "c b a"},
		{name: "letters of Unicode", text: "{{ é.à }}", want: "à é"},
	} {
		var got []string
		err := jinja.Walk(hostiletest.Reader(c.text), jinja.Visitor{Access: func(a jinja.Access) { got = append(got, a.Name) }})
		if s := strings.Join(got, " "); err != nil || s != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, s, err, c.want)
		}
	}
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

// TestKept: what variables, blocks and macros hold is charged, and refused at the
// limit.
func TestKept(t *testing.T) {
	statements := func(n int, format string) string {
		var out strings.Builder
		out.WriteString(`{% set x = "a" * 4096 %}{% set l = [` + strings.Repeat("1,", 250) + `] %}`)
		for i := range n {
			fmt.Fprintf(&out, format, i)
		}
		return out.String()
	}
	for _, c := range []struct{ name, text string }{
		{"texts", statements(50_000, "{%% set a%d = x ~ x %%}")},
		{"lists", statements(7_000, "{%% set a%d = l + l %%}")},
		{"blocks", statements(50_000, "{%% set a%d %%}{{ x }}")},
		{"macros", statements(50_000, "{%% macro a%d() %%}{{ x }}{%% endmacro %%}")},
		{"parameters", strings.Repeat("{% macro m("+strings.Repeat("a,", 49_000)+"a) %}", 50)},
	} {
		if times, _ := walk(c.text).Refused(); times == 0 {
			t.Errorf("%s: got no refusal", c.name)
		}
	}
}

// TestSteps: an expression that is worth much work is paid for.
func TestSteps(t *testing.T) {
	deep := strings.Repeat("x.f(", 30) + "1" + strings.Repeat(")", 30)
	values := strings.Repeat("{% set x = x ~ 1 %}", 20)
	start := time.Now()
	if err := walk(`{% set x = "" %}` + values + "{% set y = " + deep + " %}").Spent(); err != nil {
		t.Errorf("took %v and all steps (%v), want what 30 calls cost", time.Since(start), err)
	}
}
