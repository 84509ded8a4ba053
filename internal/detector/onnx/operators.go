package onnx

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
)

// domainsFile lists the operator domains that runtimes bring along.
//
//go:embed domains.txt
var domainsFile string

var known = parseDomains(domainsFile)

func parseDomains(text string) map[string]bool {
	set := map[string]bool{"": true}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			set[line] = true
		}
	}
	return set
}

// A domain holds the operators of one domain that no runtime brings along, each
// with its nodes.
type domain struct {
	name      string
	operators group[*problem]
}

// node judges one operator.
func (j *judge) node(n onnx.Node) {
	switch {
	case callsPython(n):
		j.calls(n)
	case n.OpType == "EPContext":
		j.engine(n)
	case !known[n.Domain]:
		d, ok := j.domains.at(n.Domain, func() *domain { return &domain{name: n.Domain} })
		if !ok {
			return
		}
		o, ok := d.operators.at(n.OpType, func() *problem { return &problem{key: n.OpType} })
		if ok {
			o.users.add(n.Offset, "operator %s of domain %q", finding.Quote(n.OpType), finding.Quote(n.Domain))
		}
	}
}

// pythonOperators are the operators of domains outside of the standard whose
// work a Python function does: of ONNX Runtime's training build, and of its
// extensions.
var pythonOperators = map[string]bool{
	"PyOp": true, "PyCustomOp": true, "PythonOp": true, "PythonOpGrad": true, "PyFunc": true,
}

func callsPython(n onnx.Node) bool { return n.Domain != "" && pythonOperators[n.OpType] }

// functionAttributes are where those operators name what they call.
var functionAttributes = []string{"module", "class_name", "compute", "func_name", "function", "name"}

func (j *judge) calls(n onnx.Node) {
	called := []string{}
	for _, a := range functionAttributes {
		if v := n.Strings[a]; v != "" {
			called = append(called, finding.Quote(v))
		}
	}
	key := n.Domain + "." + n.OpType + " " + strings.Join(called, ".")
	p, ok := j.python.at(key, func() *problem {
		message := fmt.Sprintf("Running the model calls a Python function through the operator %s of domain %q.", finding.Quote(n.OpType), finding.Quote(n.Domain))
		if len(called) > 0 {
			message = fmt.Sprintf("Running the model calls the Python function %s through the operator %s of domain %q.",
				strings.Join(called, "."), finding.Quote(n.OpType), finding.Quote(n.Domain))
		}
		return &problem{key: key, message: message}
	})
	if ok {
		p.users.add(n.Offset, "node %q: %s", finding.Quote(n.Name), finding.Quote(n.OpType))
	}
}

// engine judges a node that stands for an engine of an execution provider,
// compiled to native code: in place, or in the file that ep_cache_context names.
func (j *judge) engine(n onnx.Node) {
	if embedded, given := n.Ints["embed_mode"]; !given || embedded != 0 {
		return
	}
	location := n.Strings["ep_cache_context"]
	why := leaves(location)
	if why == "" {
		return
	}
	p, ok := j.engines.at(location, func() *problem {
		return &problem{key: location, message: fmt.Sprintf("A compiled engine is loaded from %q, %s.", finding.Quote(location), why)}
	})
	if ok {
		p.users.add(n.Offset, "node %q: ep_cache_context", finding.Quote(n.Name))
	}
}

// function notes a function that the model defines itself: a node that calls it
// needs no library.
func (j *judge) function(domain, name string) {
	if len(j.own) < maxGroup*maxGroup {
		j.own[domain+"\x00"+name] = true
	}
}

// foreign reports the domains with operators that neither a runtime nor the
// model defines.
func (j *judge) foreign() {
	for _, d := range j.domains.all {
		var u users
		for _, o := range d.operators.all {
			if j.own[d.name+"\x00"+o.key] {
				continue
			}
			step := o.users.steps[0]
			u.add(step.Offset, "%s (%d nodes)", step.Text, o.users.count)
		}
		if u.count > 0 {
			j.report(custom, d.name, fmt.Sprintf("Operators of the domain %q need a library that is not part of the runtime.", finding.Quote(d.name)), &u)
		}
	}
}
