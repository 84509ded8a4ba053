package pickle

import (
	"regexp"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// Distributions of scipy.stats run a member of their state as Python source when
// they are loaded (rv_generic.__setstate__, _attach_argparser_methods). Honest
// ones hold three functions in a fixed form, with the names of the shape
// parameters filled in (parse_arg_template).
const (
	templateModule = "scipy.stats."
	templateKey    = "_parse_arg_template"
)

// templateLine is a line of an honest template: nothing in it calls anything but
// _argcheck_rvs.
var templateLine = regexp.MustCompile(`^(` +
	`def _parse_args(_rvs|_stats)?\(self,[\w ,=.']*\):` +
	`|    return (\([\w, ]*\)|self\._argcheck_rvs\()[\w ,=)]*` +
	`|)$`)

// template judges the source text in the state of a distribution.
func (j *judge) template(e pickle.Effect, n *pickle.Name) {
	if !strings.HasPrefix(n.Module, templateModule) {
		return
	}
	for _, state := range e.Args {
		items, _ := j.m.Items(state)
		for i := 0; i+1 < len(items); i += 2 {
			if key, _ := j.m.Str(items[i]); key == templateKey {
				j.templateText(e, n, items[i+1])
			}
		}
	}
}

func (j *judge) templateText(e pickle.Effect, n *pickle.Name, v pickle.Value) {
	text, ok := j.m.Str(v)
	if ok && !strings.ContainsFunc(text, func(c rune) bool { return c == '\r' || c == '\f' }) {
		honest := true
		for line := range strings.SplitSeq(text, "\n") {
			honest = honest && templateLine.MatchString(line)
		}
		if honest {
			return
		}
	}
	j.add(executes, e, n.String(), "Loading this file fills an instance of "+finding.Quote(n.String())+
		", which runs the member "+templateKey+" of its state: "+finding.Quote(j.m.Python(v))+".")
}
