package template

import (
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// spelling is a short constant with a name that leads from any value to the
// interpreter. Names that code in prompts may hold as well are not among them.
var spelling = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`'[^'\n{}]{0,24}__(?:class|mro|bases?|subclasses|globals|builtins|import|getattribute)__[^'\n{}]{0,24}'|` +
		`"[^"\n{}]{0,24}__(?:class|mro|bases?|subclasses|globals|builtins|import|getattribute)__[^"\n{}]{0,24}"`)
})

// maxSpelt is how much of a template is looked at.
const maxSpelt = 1 << 20

// spelt keeps constants of a template's expressions that spell such a name: what
// becomes of them may depend on the filters and methods of whoever renders it, but
// no chat has a use for them.
func (j *judge) spelt(r *hostile.Reader) {
	text := string(r.Peek(int(min(r.Left(), maxSpelt))))
	if !strings.Contains(text, "__") {
		return
	}
	for _, at := range spelling().FindAllStringIndex(text, maxChain) {
		if opened := max(strings.LastIndex(text[:at[0]], "{{"), strings.LastIndex(text[:at[0]], "{%")); opened < 0 ||
			max(strings.LastIndex(text[:at[0]], "}}"), strings.LastIndex(text[:at[0]], "%}")) > opened {
			continue
		}
		j.internal = append(j.internal, finding.Step{Offset: int64(at[0]), Text: "constant " + finding.Quote(text[at[0]:at[1]])})
	}
}
