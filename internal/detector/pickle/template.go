package pickle

import (
	"regexp"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// templateKey is what scipy's distributions keep the source of three methods
// under; rv_generic.__setstate__ runs it (scipy/stats/_distn_infrastructure.py).
const templateKey = "_parse_arg_template"

// classSources is where torch_geometric's Inspector keeps the text of classes:
// it is searched, and never run.
const classSources = "_source_dict"

// template is that source as scipy writes it: only the names of the shape
// parameters and the defaults of location and scale differ.
var template = regexp.MustCompile(strings.ReplaceAll(`^\n?def _parse_args\(self, NAMES ?loc=0(?:, scale=1)?\):
    return \(NAMES\), loc, (?:scale|1)

def _parse_args_rvs\(self, NAMES ?loc=0(?:, scale=1)?, size=None\):
    return (?:self\._argcheck_rvs\(NAMES ?loc, (?:scale|1), size=size\)|\(NAMES\), loc, (?:scale|1), size)

def _parse_args_stats\(self, NAMES ?loc=0(?:, scale=1)?, moments='mv'\):
    return \(NAMES\), loc, (?:scale|1), moments
$`, "NAMES", `(?:\w+, )*`))

// sourceState judges a state of which a part is run as source: whatever the
// class is called, since every scipy has more distributions.
func (j *judge) sourceState(e pickle.Effect, n *pickle.Name) {
	for _, state := range e.Args {
		j.templateIn(e, n, state, 1)
	}
	if strings.HasPrefix(n.Module, "torch_geometric.inspector") {
		j.plainWords(e, n)
	}
}

// templateIn looks for the template in what __dict__.update takes: a dict or
// pairs, or the pair of states that BUILD takes.
func (j *judge) templateIn(e pickle.Effect, n *pickle.Name, state pickle.Value, depth int) {
	items, _ := j.m.Items(state)
	for i, v := range items {
		if s, ok := j.m.Str(v); ok && s == templateKey && i+1 < len(items) {
			j.template(e, n, items[i+1])
		} else if depth > 0 && j.m.Kind(state) != pickle.Dict {
			j.templateIn(e, n, v, depth-1)
		}
	}
}

func (j *judge) template(e pickle.Effect, n *pickle.Name, v pickle.Value) {
	if s, ok := j.m.Str(v); ok && template.MatchString(s) {
		return
	}
	j.add(executes, e, n.String(), "Loading this file fills an instance of "+finding.Quote(n.String())+
		" with source that is not scipy's own, and runs it: "+finding.QuoteUpTo(j.m.Python(v), 400)+".")
}

// plainWords judges names and types that are written into a module which is
// imported (torch_geometric.template): source needs more than words.
func (j *judge) plainWords(e pickle.Effect, n *pickle.Name) {
	for _, v := range e.Args {
		if s := j.sourceLike(v, 3); s != "" {
			j.add(executes, e, n.String(), "Loading this file writes "+finding.Quote(s)+" into a module that "+finding.Quote(n.String())+" describes, and imports it.")
			return
		}
	}
}

// sourceLike returns a text among the values that could be more than a name or
// a type.
func (j *judge) sourceLike(v pickle.Value, depth int) string {
	if s, ok := j.m.Str(v); ok {
		if strings.ContainsAny(s, "\n\r;(){}%#=") {
			return s
		}
		return ""
	}
	items, _ := j.m.Items(v)
	for i, w := range items {
		if depth == 0 {
			break
		}
		if i > 0 && j.m.Kind(v) == pickle.Dict {
			if key, _ := j.m.Str(items[i-1]); key == classSources {
				continue
			}
		}
		if s := j.sourceLike(w, depth-1); s != "" {
			return s
		}
	}
	return ""
}
