package jinja

import (
	"slices"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// decimal is what an integer is as text.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// A scope holds what variables may be. It does not follow the order of
// statements: a variable may be anything that is ever assigned to it.
type scope struct {
	values map[string][]value // by name, or namespace.name
	macros map[string]*macro
	local  map[string]bool // names that the template assigns
	budget *hostile.Budget
}

// spend takes one step of the budget; it is false when there is none left.
func (s *scope) spend() bool { return s.budget.Step() == nil }

// keep charges the memory of a value that outlives its expression; it is false when
// there is none left, which the scan tells.
func (s *scope) keep(v value) bool {
	if !s.spend() || s.budget.Hold(uint64(valueCost+len(v.text))) != nil {
		return false
	}
	for _, all := range [][]value{v.list, v.under} {
		for _, e := range all {
			if !s.keep(e) {
				return false
			}
		}
	}
	return true
}

// A macro is one that the template defines.
type macro struct {
	params []string
	body   []value // what it may write
}

// assign adds what a name may be.
func (s *scope) assign(name string, values []value) {
	s.local[name] = true
	for _, v := range values {
		old := s.values[name]
		// A value of which nothing is known adds nothing, unless it was put
		// together.
		if v.kind == unknown && !v.built || slices.ContainsFunc(old, func(o value) bool { return s.same(o, v) }) {
			continue
		}
		if !s.keep(v) {
			return
		}
		s.values[name] = more(old, v)
	}
}

// same reports whether two values are equal as far as they are known.
func (s *scope) same(a, b value) bool {
	return s.spend() && a.kind == b.kind && a.text == b.text && a.n == b.n &&
		slices.EqualFunc(a.list, b.list, s.same) && slices.EqualFunc(a.under, b.under, s.same)
}

// nothing is the one value of an expression of which nothing is known.
var nothing = []value{{}}

// eval returns what an expression may be, which is at least one value.
func (s *scope) eval(n *node) []value {
	if n == nil || !s.spend() {
		return nothing
	}
	values := s.known(n)
	if len(values) == 0 {
		return nothing
	}
	for _, v := range values { // lists are copied
		if len(v.list) > 0 && s.budget.Steps(int64(len(v.list))) != nil {
			return nothing
		}
	}
	return values
}

// known returns what is known of an expression, or nothing.
func (s *scope) known(n *node) []value {
	switch n.op {
	case opText:
		return []value{str(n.text, n.mark)}
	case opNumber:
		return []value{{kind: vNumber, n: n.n}}
	case opName:
		return s.variable(n.text)
	case opList, opDict:
		return s.items(n)
	case opAttr:
		if base := n.kids[0]; base.op == opName && len(s.values[base.text+"."+n.text]) > 0 {
			return s.values[base.text+"."+n.text]
		}
		return cross(s.eval(n.kids[0]), []value{str(n.text, false)}, item)
	case opItem:
		return s.subscript(n)
	case opCall:
		return s.call(n)
	case opFilter:
		return s.applied(filtered, n.kids[0], n.text, n)
	case opBinary:
		return s.binary(n)
	case opUnary:
		return s.negative(n)
	case opChoose:
		out := s.eval(n.kids[0])
		// Without an else the other value is undefined, which names nothing.
		if len(n.kids) > 2 {
			out = union(out, s.eval(n.kids[2]))
		}
		return out
	}
	return nil
}

// variable returns what a name may hold; a name that the template does not set
// is the caller's.
func (s *scope) variable(name string) []value {
	if v := s.values[name]; len(v) > 0 {
		return v
	}
	return nothing
}

// items returns what a list or a dict may be.
func (s *scope) items(n *node) []value {
	most := maxItems
	if n.op == opDict {
		most *= 2
	}
	var out []value
	for _, all := range s.combinations(n.kids[:min(len(n.kids), most)]) {
		v := value{kind: vList}
		switch n.op {
		case opList:
			v.list = all
		case opDict:
			for i := 0; i+1 < len(all); i += 2 {
				v.list, v.under = append(v.list, all[i]), append(v.under, all[i+1])
			}
		}
		out = append(out, v)
	}
	return out
}

// combinations evaluates expressions that stand beside each other, and returns what
// they may be together: lists of one value of each.
func (s *scope) combinations(kids []*node) [][]value {
	out := [][]value{nil}
	for _, k := range kids {
		values := s.eval(k)
		if len(out)*len(values) > maxValues {
			values = []value{beyond}
		}
		n := len(out)
		for _, v := range values[1:] {
			for _, before := range out[:n] {
				out = append(out, append(slices.Clone(before), v))
			}
		}
		for i := range out[:n] {
			out[i] = append(out[i], values[0])
		}
	}
	return out
}

// negative is a sign before an expression.
func (s *scope) negative(n *node) []value {
	var out []value
	for _, v := range s.eval(n.kids[0]) {
		if n.text == "-" {
			v.n = -v.n
		}
		out = append(out, v)
	}
	return out
}

// binary computes an operator for all that both sides may be.
func (s *scope) binary(n *node) []value {
	left, right := s.eval(n.kids[0]), s.eval(n.kids[1])
	switch n.text {
	case "~":
		return cross(left, right, concat)
	case "+":
		return cross(left, right, add)
	case "*":
		return cross(left, right, repeat)
	case "%":
		return cross(left, right, func(a, b value) value {
			if a.kind != vText {
				return value{}
			}
			if b.kind == vList {
				return percent(a.text, b.list, nil)
			}
			return percent(a.text, []value{b}, nil)
		})
	case "-":
		return cross(left, right, func(a, b value) value {
			if a.kind == vNumber && b.kind == vNumber {
				return value{kind: vNumber, n: a.n - b.n}
			}
			return value{}
		})
	// Python's operators return an operand.
	case "or", "and":
		return union(left, right)
	}
	return nothing
}

// subscript is what lies under an index or a slice.
func (s *scope) subscript(n *node) []value {
	base := s.eval(n.kids[0])
	index := n.kids[1]
	if index.op != opSlice {
		return cross(base, s.eval(index), item)
	}
	bound := func(i int) *int64 {
		if i >= len(index.kids) || index.kids[i] == nil {
			return nil
		}
		if v := s.eval(index.kids[i])[0]; v.kind == vNumber {
			return &v.n
		}
		return nil
	}
	start, stop, step := bound(0), bound(1), bound(2)
	var out []value
	for _, b := range base {
		out = append(out, slice(b, start, stop, step))
	}
	return out
}

// call computes the calls that can make names out of texts: dict(…) and methods
// of strings and lists. Others return something unknown.
func (s *scope) call(n *node) []value {
	switch callee := n.kids[0]; {
	// dict(a=1)|join is "a": the keys are the usual way to have a name without
	// a string.
	case callee.op == opName && callee.text == "dict":
		return s.named(n.keys, n.kids[len(n.kids)-len(n.keys):])
	case callee.op == opName && callee.text == "cycler":
		return s.items(&node{op: opList, kids: n.kids[1:]})
	case callee.op == opName && s.macros[callee.text] != nil:
		return union(s.macros[callee.text].body, nil)
	case callee.op == opAttr:
		return s.applied(method, callee.kids[0], callee.text, n)
	}
	return nothing
}

// named returns what a dict of keys and values may be.
func (s *scope) named(keys []string, values []*node) []value {
	var out []value
	n := min(len(keys), maxItems)
	for _, under := range s.combinations(values[:n]) {
		v := value{kind: vList, under: under, built: true}
		for _, k := range keys[:n] {
			v.list = append(v.list, str(k, true))
		}
		out = append(out, v)
	}
	return out
}

// applied is what a method or filter makes of all that its operand and its arguments
// may be.
func (s *scope) applied(f func(value, string, []value, []string) value, operand *node, called string, n *node) []value {
	var out []value
	all := s.combinations(n.kids[1:])
	for _, base := range s.eval(operand) {
		for _, args := range all {
			if len(out) <= maxValues {
				out = more(out, f(base, called, args, n.keys))
			}
		}
	}
	return out
}
