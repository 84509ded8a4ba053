package tensorflow

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

const (
	// maxTraced is how many nodes a trace visits: more make the target open.
	maxTraced = 256
	// maxRounds is how many nodes behind each other a trace follows.
	maxRounds = 24
	// maxCalls is how many calls a trace follows outwards.
	maxCalls = 4
	// maxValues is how many constants a target keeps.
	maxValues = 32
)

// A traced node is what a trace keeps of a node that a path depends on.
type traced struct {
	op      string
	inputs  []string
	values  []string          // of a constant
	numbers []int64           // of a constant
	cut     bool              // there are more of any of these
	attrs   map[string]string // texts by which the operation works
	first   bool              // it replaces one place, not all
}

// An origin is the named value of a scope, asked for behind a number of calls.
type origin struct {
	scope int
	name  string
	calls int
}

// trace finds what a value is made of, once for each: savers read one name in many
// places, and what calls what may form more ways than there is time for.
func (j *judge) trace(from origin) target {
	if err := j.p.Budget.Step(); err != nil {
		j.stop = err
		return target{open: true, cut: true}
	}
	t, known := j.traces[from]
	if !known {
		t = j.follow(from)
		if j.p.Budget.Hold(t.cost()+uint64(len(from.name))) == nil {
			j.traces[from] = t
		}
	}
	return t
}

// cost is what a kept target is charged, in bytes.
func (t target) cost() uint64 {
	n := 128
	for _, v := range t.values {
		n += 16 + len(v)
	}
	return uint64(n)
}

// follow finds the constants that a value is made of, and whether the caller of the
// graph has a say in it. It goes backwards through the graph.
func (j *judge) follow(from origin) target {
	nodes := make(map[string]*traced)
	var t target
	wanted := map[string]bool{from.name: true}
	for round := 0; len(wanted) > 0; round++ {
		if round == maxRounds || len(nodes) > maxTraced {
			t.open, t.cut = true, true
			break
		}
		found := j.collect(from.scope, wanted, nodes)
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if !found[name] {
				t.join(j.argument(origin{from.scope, name, from.calls}))
			}
		}
		var cut bool
		wanted, cut = next(nodes, found)
		t.cut = t.cut || cut
	}
	for _, n := range nodes {
		t.open = t.open || strings.HasPrefix(n.op, "Placeholder")
		t.cut = t.cut || n.cut
	}
	j.fold(&t, from.name, nodes)
	return t
}

// collect looks at the wanted nodes of a scope, and returns which of them there are.
func (j *judge) collect(scope int, wanted map[string]bool, nodes map[string]*traced) map[string]bool {
	found := make(map[string]bool)
	j.named(scope, wanted, func(name string, n tensorflow.Node) {
		found[name] = true
		nodes[name] = j.traced(name, n, j.model.Scopes[scope].Function == "")
	})
	return found
}

// traced returns what a trace keeps of a node, of the graph itself or of a function.
func (j *judge) traced(name string, n tensorflow.Node, ofGraph bool) *traced {
	t := &traced{op: n.Op(), inputs: n.Inputs()}
	t.cut = len(t.inputs) == tensorflow.MaxInputs
	if t.op != "Const" && t.op != "HostConst" {
		t.settings(n)
		return t
	}
	for text := range n.Attr("value").Texts() {
		if len(t.values) == maxValues {
			t.cut = true
			break
		}
		t.values = append(t.values, text.String())
	}
	if len(t.values) == 0 {
		t.numbers = n.Attr("value").Ints()
	}
	if ofGraph && j.assets[name] {
		t.op = "asset"
	}
	return t
}

// settings notes the attributes by which an operation on strings works.
func (t *traced) settings(n tensorflow.Node) {
	if _, evaluated := operations[t.op]; !evaluated {
		return
	}
	t.attrs = make(map[string]string)
	for _, key := range []string{"separator", "unit", "pattern", "rewrite", "template", "placeholder"} {
		for text := range n.Attr(key).Texts() {
			t.attrs[key] = text.String()
		}
	}
	t.first = !n.Attr("replace_global").Bool(true)
}

// next returns the inputs of the nodes that were found and not yet visited, and
// whether there are more than are visited.
func next(nodes map[string]*traced, found map[string]bool) (wanted map[string]bool, cut bool) {
	wanted = make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		for _, in := range nodes[name].inputs {
			switch {
			case nodes[in] != nil:
			case len(wanted) < maxTraced:
				wanted[in] = true
			default:
				cut = cut || !wanted[in]
			}
		}
	}
	return wanted, cut
}

// fold adds the constants of a trace to the target: as one string where they
// make one, else each, in the order of their nodes' names.
func (j *judge) fold(t *target, start string, nodes map[string]*traced) {
	if n := nodes[start]; n != nil && n.op == "asset" {
		t.asset = true
		return
	}
	e := evaluation{nodes: nodes, budget: j.p.Budget, work: maxWork}
	if v, ok := e.value(start, 0); ok && len(v.texts) > 0 {
		t.add(v.texts)
		return
	}
	if e.short() {
		j.p.Incomplete(hostile.Faultf(hostile.OverBudget, 0, "a string that takes more than %d steps to put together", maxWork))
	}
	t.computed = slices.ContainsFunc(slices.Collect(maps.Values(nodes)), func(n *traced) bool { return computes()[n.op] })
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		n := nodes[name]
		t.asset = t.asset || n.op == "asset"
		if n.op != "asset" {
			t.add(n.values)
		}
	}
}

// argument traces a name that is no node of its scope: an argument of the
// function, whose value comes from the calls of it. Of anything else nothing is
// known.
func (j *judge) argument(of origin) target {
	s := j.model.Scopes[of.scope]
	i := slices.Index(s.Args, of.name)
	if i < 0 || of.calls == maxCalls {
		return target{open: i >= 0, cut: i >= 0}
	}
	all := j.callers(s.Function)
	t := target{open: true, cut: len(all) == maxCallers}
	for _, c := range all {
		t.cut = t.cut || c.shift < 0 && len(c.inputs) > maxSources
		for _, in := range c.sources(i) {
			t.join(j.trace(origin{c.scope, in, of.calls + 1}))
		}
	}
	return t
}

// join adds what another trace found.
func (t *target) join(o target) {
	t.open = t.open || o.open
	t.asset = t.asset || o.asset
	t.cut = t.cut || o.cut
	t.computed = t.computed || o.computed
	t.add(o.values)
}

// add keeps constants, each once.
func (t *target) add(values []string) {
	for _, v := range values {
		switch {
		case slices.Contains(t.values, v):
		case len(t.values) < maxValues:
			t.values = append(t.values, v)
		default:
			t.cut = true
		}
	}
}

// A call is a node that calls a function.
type call struct {
	scope  int
	inputs []string
	shift  int // inputs before the function's arguments; -1: it is not known which input is which argument
}

// sources returns the inputs that argument i may come from.
func (c call) sources(i int) []string {
	switch {
	case c.shift < 0:
		return c.inputs[:min(len(c.inputs), maxSources)]
	case c.shift+i < len(c.inputs):
		return c.inputs[c.shift+i : c.shift+i+1]
	}
	return nil
}

// maxSources bounds the inputs that are traced where any may be the argument.
const maxSources = 8

//go:embed computes.txt
var computesFile string

// computes are the operations that make a string another one: computes.txt.
var computes = table.Once(computesFile, table.Set)

//go:embed calls.txt
var callsFile string

// shifts are how many inputs come before those that operations call a function
// with: calls.txt.
var shifts = table.Once(callsFile, func(text string) map[string]int {
	out := make(map[string]int)
	for op, first := range table.Map(text) {
		out[op], _ = strconv.Atoi(first)
	}
	return out
})

// maxCallers bounds the calls of one function that are followed.
const maxCallers = 64
