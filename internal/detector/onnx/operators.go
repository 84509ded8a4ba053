package onnx

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/table"
)

// domainsFile lists the operator domains that runtimes bring along.
//
//go:embed domains.txt
var domainsFile string

// pythonFile lists the operators of domains outside of the standard whose work a
// Python function does.
//
//go:embed python.txt
var pythonFile string

var pythonOperators = table.Once(pythonFile, table.Set)

// known is domains.txt, read once.
var known = table.Once(domainsFile, parseDomains)

// parseDomains reads a domain a line. The empty one is the standard's.
func parseDomains(text string) map[string]bool {
	set := table.Set(text)
	set[""] = true
	return set
}

// An operator is named by its domain and type.
type operator struct{ domain, name string }

// A use is where an operator is first used, and how often.
type use struct {
	offset int64
	count  int
}

// node judges one operator.
func (j *judge) node(n onnx.Node) {
	switch {
	case callsPython(n):
		j.calls(n)
	case n.OpType == "EPContext":
		j.engine(n)
	case !known()[n.Domain]:
		j.note(n)
	}
}

// note keeps an operator that no runtime brings along: the model may define it
// further on.
func (j *judge) note(n onnx.Node) {
	o := operator{n.Domain, n.OpType}
	if u := j.foreign[o]; u != nil {
		u.count++
		return
	}
	if len(j.used) >= maxKept {
		j.full("operators")
		return
	}
	j.foreign[o] = &use{offset: n.Offset, count: 1}
	j.used = append(j.used, o)
}

// function notes a function that the model defines itself: a node that calls it
// needs no library.
func (j *judge) function(domain, name string) {
	if len(j.own) >= maxKept {
		j.full("functions")
		return
	}
	j.own[operator{domain, name}] = true
}

// customs reports the operators that neither a runtime nor the model defines.
func (j *judge) customs() {
	for _, o := range j.used {
		if j.own[o] {
			continue
		}
		u := j.foreign[o]
		message := fmt.Sprintf("Operators of the domain %q need a library that is not part of the runtime.", finding.Quote(o.domain))
		j.causes.At(custom, o.domain, message).
			Add(u.offset, "operator %s of domain %q (%d nodes)", finding.Quote(o.name), finding.Quote(o.domain), u.count)
	}
}

// callsPython reports whether a Python function does the work of a node. The
// standard domain has no such operator; torch.onnx writes PythonOp there all the
// same, when it is told to let what it does not know fall through.
func callsPython(n onnx.Node) bool { return pythonOperators()[n.OpType] }

//go:embed attributes.txt
var attributesFile string

// functionAttributes are where those operators name what they call: attributes.txt.
var functionAttributes = table.Once(attributesFile, table.List)

// calls reports a node that calls Python, with the names that it calls: one
// cause for each function.
func (j *judge) calls(n onnx.Node) {
	called := []string{}
	for _, a := range functionAttributes() {
		if v := n.Strings[a]; v != "" {
			called = append(called, finding.Quote(v))
		}
	}
	what := "a Python function"
	if len(called) > 0 {
		what = "the Python function " + strings.Join(called, ".")
	}
	message := fmt.Sprintf("Running the model calls %s through the operator %s of domain %q.", what, n.OpType, finding.Quote(n.Domain))
	j.causes.At(python, n.Domain+"."+n.OpType+" "+strings.Join(called, "."), message).
		Add(n.Offset, "node %q: %s", finding.Quote(n.Name), n.OpType)
}

// engine judges a node that stands for an engine of an execution provider,
// compiled to native code: in place, or in the file that ep_cache_context names.
func (j *judge) engine(n onnx.Node) {
	// Embedded is the default: then the attribute holds the engine itself, and
	// is handed back as text is.
	if embedded, given := n.Ints["embed_mode"]; !given || embedded != 0 {
		return
	}
	context := n.Strings["ep_cache_context"]
	if why := location.Leaves(context); why != "" {
		j.causes.At(engineEscapes, context, fmt.Sprintf("A compiled engine is loaded from %q, %s.", finding.Quote(context), why)).
			Add(n.Offset, "node %q: ep_cache_context", finding.Quote(n.Name))
	}
}
