package jinja_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/referencetest"
)

// generator prints templates put together from pieces of the syntax, of which Jinja
// takes what it parses, and the attributes that it finds in each.
const generator = `
import json, random
from jinja2 import Environment, TemplateError, nodes
random.seed(1)
env = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"])
words = ["{#", "#}", "{%", "%}", "{{", "}}", "-", "+", " ", "\n", "\u00a0", "\u2003", "\x1f", "a.b", "'", '"', "\\", "1", "_", "if", "else", "(", ")",
         "[", "]", "{", "}", ",", ":", ".5", "e", "|", "c", "~", "{% if", "{% endif %}", "{% set x =", "is", "not", "in", "\u00e9", "#", "**", "="]
hiding = ["{{ a.b }}", "{#", "#}", "{% raw %}", "{% endraw %}", "{%- raw -%}", "{%+ endraw +%}", "{%--endraw%}", "{%\u00a0raw%}", "{% raw\u2003%}",
          "{%\x1fendraw %}", "{% endraw x %}", "{% raw x %}", "{#}", "{#-", "-#}", "{{ '", "' }}", "{% endrawx %}", "{%-+endraw%}", "{% endraw", "%}"]
for i in range(30_000):
    source = "".join(random.choice(hiding if i % 2 else words) for _ in range(random.randint(2, 10)))
    try:
        found = sorted({n.attr for n in env.parse(source).find_all(nodes.Getattr)})
    except (TemplateError, RecursionError, ValueError, SyntaxError):
        continue
    if found:
        print(json.dumps([source, found]))
`

// TestReachesLikeJinja: each attribute that Jinja finds in a template is told, or the
// template is refused.
func TestReachesLikeJinja(t *testing.T) {
	for source, want := range referencetest.Pairs(t, generator, 100) {
		var got []string
		err := jinja.Walk(hostiletest.Reader(source), jinja.Visitor{
			Access: func(a jinja.Access) { got = append(got, a.Name) },
			Call:   func(jinja.Call) {}, Load: func(jinja.Load) {}, Repeat: func(jinja.Repeat) {},
		})
		if missing := slices.DeleteFunc(want, func(s string) bool { return slices.Contains(got, s) }); err == nil && len(missing) > 0 {
			t.Errorf("%q: got %q, want %q as well", source, got, missing)
		}
	}
}
