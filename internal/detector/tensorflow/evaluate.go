package tensorflow

import (
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// maxPath is the longest string that is put together, in bytes: no system opens
	// a longer path (PATH_MAX of Linux).
	maxPath = 4096
	// maxWork bounds what one evaluation does with texts, in steps of the budget.
	maxWork = 16 << 20
)

// A value is what a node makes of constants: texts, or numbers, in the order of
// their places in a tensor.
type value struct {
	texts   []string
	numbers []int64
}

// An evaluation puts strings together that constants alone make.
type evaluation struct {
	nodes  map[string]*traced
	done   map[string]result
	budget *hostile.Budget
	work   int64 // steps that may be spent yet
}

// A result is the value of a node, if it is known.
type result struct {
	value
	known bool
}

// spend pays for n steps, and reports whether there were as many.
func (e *evaluation) spend(n int) bool {
	e.work -= int64(n)
	return e.work >= 0 && e.budget.Steps(int64(n)) == nil
}

// short says that there was too much to put together.
func (e *evaluation) short() bool { return e.work < 0 }

// value returns what a node makes, and whether constants alone do. What it has
// found is kept: a node may be referred to many times.
func (e *evaluation) value(name string, depth int) (value, bool) {
	if r, ok := e.done[name]; ok {
		return r.value, r.known
	}
	n := e.nodes[name]
	if n == nil || depth > maxRounds || e.short() {
		return value{}, false
	}
	v, ok := e.node(n, depth)
	if ok = ok && sound(v.texts); !ok {
		v = value{}
	}
	if e.done == nil {
		e.done = make(map[string]result)
	}
	e.done[name] = result{v, ok}
	return v, ok
}

// sound reports whether texts are few, and none is longer than a path.
func sound(texts []string) bool {
	return len(texts) <= maxValues && !slices.ContainsFunc(texts, func(s string) bool { return len(s) > maxPath })
}

// node evaluates a node that was not before.
func (e *evaluation) node(n *traced, depth int) (value, bool) {
	o, known := operations[n.op]
	switch {
	case n.cut:
		return value{}, false
	case len(n.values)+len(n.numbers) > 0:
		return value{n.values, n.numbers}, true
	case !known || o.inputs > len(n.inputs):
		return value{}, false
	}
	take := o.inputs
	if take == all {
		take = len(n.inputs)
	}
	in := make([]value, take)
	for i := range in {
		var ok bool
		if in[i], ok = e.value(n.inputs[i], depth+1); !ok || !e.spend(1) {
			return value{}, false
		}
	}
	return o.make(e, n, in)
}
