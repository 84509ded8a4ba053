package tensorflow

import (
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
)

// A trace asks for nodes by their names, round after round, and a graph has as many
// traces as nodes that touch files: what is asked for is found without a walk.

// An index finds the nodes of one scope by the hashes of their names.
type index struct {
	seed    maphash.Seed
	entries []indexed // by hash, those of one hash in file order
}

type indexed struct {
	hash uint64
	node tensorflow.Node
}

// indexedSize is what a node in an index is charged, in bytes.
const indexedSize = 2 * 64 // the list doubles when it grows

// index returns the index of a scope, or nil if there is no memory for it.
func (j *judge) index(scope int) *index {
	if known, ok := j.indices[scope]; ok {
		return known
	}
	held := j.p.Budget.Held()
	x := &index{seed: maphash.MakeSeed()}
	for n := range j.model.Scopes[scope].Nodes() {
		if !j.p.Budget.TryHold(indexedSize) {
			j.p.Budget.Release(held)
			x = nil
			break
		}
		x.entries = append(x.entries, indexed{maphash.String(x.seed, n.Name()), n})
	}
	if x != nil {
		slices.SortStableFunc(x.entries, func(a, b indexed) int { return cmp.Compare(a.hash, b.hash) })
	}
	j.indices[scope] = x
	return x
}

// named yields the nodes of a scope that bear one of the names, those of one name in
// file order.
func (j *judge) named(scope int, names map[string]bool, visit func(name string, n tensorflow.Node)) {
	x := j.index(scope)
	if x == nil {
		for n := range j.model.Scopes[scope].Nodes() {
			if name := n.Name(); names[name] {
				visit(name, n)
			}
		}
		return
	}
	for name := range names {
		for _, n := range x.find(name) {
			if n.node.Name() == name {
				visit(name, n.node)
			}
		}
	}
}

// find returns the nodes whose names have the hash of a name.
func (x *index) find(name string) []indexed {
	hash := maphash.String(x.seed, name)
	first, _ := slices.BinarySearchFunc(x.entries, hash, func(e indexed, h uint64) int { return cmp.Compare(e.hash, h) })
	end := first
	for end < len(x.entries) && x.entries[end].hash == hash {
		end++
	}
	return x.entries[first:end]
}

// callSize is what a call that is kept is charged, beside its inputs, in bytes.
const callSize = 64

// callers returns the nodes that call a function. Those of all functions are found in
// one walk.
func (j *judge) callers(function string) []call {
	if j.calls == nil {
		j.calls = make(map[string][]call)
		for i, s := range j.model.Scopes {
			for n := range s.Nodes() {
				j.caller(i, n)
			}
		}
	}
	return j.calls[function]
}

// caller notes which functions a node calls: by its operation, or by an attribute.
func (j *judge) caller(scope int, n tensorflow.Node) {
	op := n.Op()
	shift, listed := shifts()[op]
	called := make(map[string]bool)
	if j.defined[op] {
		called[op] = true
	}
	for _, a := range n.Attrs() {
		for f := range a.Functions() {
			called[f] = true
		}
	}
	var inputs []string
	for function := range called {
		c := call{scope: scope, shift: shift}
		if !listed && op != function {
			c.shift = -1 // a dataset whose elements are the arguments, or something newer
		}
		if len(j.calls[function]) >= maxCallers || !j.defined[function] {
			continue
		}
		if inputs == nil {
			inputs = n.Inputs()
		}
		c.inputs = inputs
		if j.p.Budget.Hold(c.cost()) == nil { // refused memory is told by the scan
			j.calls[function] = append(j.calls[function], c)
		}
	}
}

// cost is what a call takes, in bytes.
func (c call) cost() uint64 {
	n := callSize
	for _, in := range c.inputs {
		n += 16 + len(in)
	}
	return uint64(n)
}
