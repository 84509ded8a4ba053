package pickle

import (
	"regexp"
	"strings"
	"sync"

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
var template = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(`^\n?def _parse_args\(self, NAMES ?loc=0(?:, scale=1)?\):
    return \(NAMES\), loc, (?:scale|1)

def _parse_args_rvs\(self, NAMES ?loc=0(?:, scale=1)?, size=None\):
    return (?:self\._argcheck_rvs\(NAMES ?loc, (?:scale|1), size=size\)|\(NAMES\), loc, (?:scale|1), size)

def _parse_args_stats\(self, NAMES ?loc=0(?:, scale=1)?, moments='mv'\):
    return \(NAMES\), loc, (?:scale|1), moments
$`, "NAMES", `(?:\w+, )*`))
})

// sourceState judges a state of which a part is run as source: whatever the
// class is called, since every scipy has more distributions.
func (j *judge) sourceState(e pickle.Effect, u *use) {
	if j.m.Spells(templateKey) || generatesMethods(u) {
		for _, state := range e.Args {
			j.templateIn(e, u, state, 1)
		}
	}
	if strings.HasPrefix(u.at.Module, "torch_geometric.inspector") {
		j.plainWords(e, u)
	}
}

// textState judges the state of a class of a package that evaluates texts: a
// property does so when its attribute is set. Names are kept in such states, so
// that only a program says that it is meant to be evaluated.
func (j *judge) textState(e pickle.Effect, u *use) {
	if u.others != "text" {
		return
	}
	const depth = 3 // of the pair of states, a state, and a container in it
	if what := j.givenIn(e.Args, depth); what != "" {
		j.add(executes, e, u.name, func() string {
			return "Loading this file " + j.effectVerb(e) + " with " + what + ", which a property of it evaluates."
		})
	}
}

// templateIn looks for the template in what __dict__.update takes: a dict or
// pairs, or the pair of states that BUILD takes.
func (j *judge) templateIn(e pickle.Effect, u *use, state pickle.Value, depth int) {
	if j.m.Kind(state) == pickle.Dict {
		j.templateOf(e, u, state)
		return
	}
	switch j.m.Kind(state) {
	case pickle.Tuple, pickle.List:
	case pickle.None, pickle.Bool, pickle.Str, pickle.Bytes:
		return
	default: // a dict all the same, which a function made
		if generatesMethods(u) {
			j.unseenState(e, u)
		}
		return
	}
	items, _ := j.items(state)
	for i, v := range items {
		switch j.m.Kind(v) {
		case pickle.None, pickle.Bool, pickle.Int, pickle.Float, pickle.Bytes, pickle.Global:
		case pickle.Tuple, pickle.List, pickle.Dict:
			if depth > 0 {
				j.templateIn(e, u, v, depth-1)
			}
		default:
			if i+1 < len(items) && j.m.Reads(v, templateKey) {
				j.template(e, u, items[i+1])
			}
		}
	}
}

// templateOf looks for the template in a dict. One of which not all items were
// kept may hold it: no distribution has as many attributes.
func (j *judge) templateOf(e pickle.Effect, u *use, state pickle.Value) {
	if v, ok := j.m.Field(state, templateKey); ok {
		j.template(e, u, v)
		return
	}
	if !generatesMethods(u) {
		return
	}
	items, all := j.m.Items(state)
	for i := 0; i < len(items); i += 2 {
		_, known := j.text(items[i]) // a key that is not read may be the template's
		all = all && known
	}
	if !all {
		j.unseenState(e, u)
	}
}

// unseenState reports a state that may hold the template where that is not seen.
func (j *judge) unseenState(e pickle.Effect, u *use) {
	j.add(unresolved, e, "state", func() string {
		return "Loading this file fills an instance of " + finding.Quote(u.name) + " with more attributes than can be followed, or with names that it computes, one of which may be source that it runs."
	})
}

// generatesMethods reports whether a class may be one of scipy's distributions.
func generatesMethods(u *use) bool { return strings.HasPrefix(u.at.Module, "scipy.stats.") }

// template judges source that the class runs.
func (j *judge) template(e pickle.Effect, u *use, v pickle.Value) {
	if s, ok := j.m.Str(v); ok && template().MatchString(s) {
		return
	}
	j.add(executes, e, u.name, func() string {
		return "Loading this file fills an instance of " + finding.Quote(u.name) +
			" with source that is not scipy's own, and runs it: " + finding.Code(j.m.Python(v), callLimit) + "."
	})
}

// plainWords judges names and types that are written into a module which is
// imported (torch_geometric.template): source needs more than words.
func (j *judge) plainWords(e pickle.Effect, u *use) {
	for _, v := range e.Args {
		if s := j.sourceLike(v, 3); s != "" {
			j.add(executes, e, u.name, func() string {
				return "Loading this file writes " + finding.Quote(s) + " into a module that " + finding.Quote(u.name) + " describes, and imports it."
			})
			return
		}
	}
}

// sourceLike returns a text among the values that could be more than a name or
// a type, or how it is computed.
func (j *judge) sourceLike(v pickle.Value, depth int) string {
	if s, ok := j.text(v); ok {
		if strings.ContainsAny(s, "\n\r;(){}%#=") {
			return s
		}
		return ""
	}
	if j.makesText(v) {
		return j.m.Python(v)
	}
	if depth == 0 {
		return ""
	}
	items, _ := j.items(v)
	for i, w := range items {
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
