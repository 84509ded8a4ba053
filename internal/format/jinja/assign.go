package jinja

import (
	"slices"
	"strings"
)

// assign follows every assignment of the template once.
func (t *template) assign(s *scope) {
	c := capture{scope: s}
	for _, st := range t.statements {
		if !s.spend() {
			return
		}
		c.statement(st)
		s.bind(st)
	}
}

// bind assigns what one statement assigns.
func (s *scope) bind(st *statement) {
	switch st.tag {
	case "set":
		s.destructure(st.targets, st.exprs[0])
	case "for":
		for _, t := range st.targets {
			s.local[t.name] = true
		}
		// Several targets unpack each element; what they get is not followed.
		if len(st.targets) == 1 {
			s.assign(st.targets[0].name, s.elements(st.exprs[0]))
		}
	case "with":
		for i, e := range st.exprs {
			s.set(st.targets[i].name, e)
		}
	case "macro":
		for i, e := range st.exprs { // defaults: the first target is the macro
			s.set(st.targets[i+1].name, e)
		}
	}
	for _, e := range st.exprs {
		s.bindCalls(e)
	}
}

// destructure assigns one expression to one or several names.
func (s *scope) destructure(targets []target, e *node) {
	// {% set a, b = x, y %}: one to one. Anything else may be any of the names'
	// value.
	if len(targets) > 1 && e.op == opList {
		for i, t := range targets {
			if i < len(e.kids) {
				s.set(t.name, e.kids[i])
			}
		}
		return
	}
	for _, t := range targets {
		s.set(t.name, e)
	}
}

// set assigns an expression, and the arguments of a namespace or the entries of
// a dict to the attributes of the name.
func (s *scope) set(name string, e *node) {
	s.assign(name, s.eval(e))
	switch {
	// namespace(x=1) and dict(x=1): which function it is does not matter, its
	// names are reached the same way.
	case e.op == opCall && len(e.keys) > 0:
		named := e.kids[len(e.kids)-len(e.keys):]
		for i, k := range e.keys {
			s.assign(name+"."+k, s.eval(named[i]))
		}
	case e.op == opDict:
		for i := 0; i+1 < len(e.kids); i += 2 {
			if e.kids[i].op == opText {
				s.assign(name+"."+e.kids[i].text, s.eval(e.kids[i+1]))
			}
		}
	}
}

// elements returns what a loop over an expression yields.
func (s *scope) elements(e *node) []value {
	var out []value
	for _, v := range s.eval(e) {
		switch v.kind {
		case vList:
			out = union(out, v.list)
		case vText:
			// A text is iterated over by characters.
			for _, c := range strings.Split(v.text, "") {
				out = union(out, []value{str(c, true)})
			}
		}
	}
	return out
}

// bindCalls assigns the arguments of every call of a macro to its parameters.
func (s *scope) bindCalls(n *node) {
	if n == nil || !s.spend() {
		return
	}
	for _, k := range n.kids {
		s.bindCalls(k)
	}
	if n.op != opCall || n.kids[0].op != opName || s.macros[n.kids[0].text] == nil {
		return
	}
	params := s.macros[n.kids[0].text].params
	positional := len(n.kids) - 1 - len(n.keys)
	for i, arg := range n.kids[1:] {
		switch {
		case i < positional && i < len(params):
			s.assign(params[i], s.eval(arg))
		case i >= positional:
			s.assign(n.keys[i-positional], s.eval(arg))
		}
	}
}

// A capture follows blocks whose output becomes a value: {% set x %}…{% endset
// %} and macros.
type capture struct {
	scope *scope
	open  []frame
}

// A frame is a block that is not ended.
type frame struct {
	ends string // the tag that ends it
	name string
	out  string
	of   *macro
}

// statement follows one statement of a block whose output becomes a value.
func (c *capture) statement(st *statement) {
	switch st.tag {
	case "data":
		c.write(str(st.data, true))
	case "":
		// Of several possible values the first that is known, or was put
		// together, stands for all: blocks are a rare way to build a name.
		if len(st.exprs) > 0 && len(c.open) > 0 {
			values := c.scope.eval(st.exprs[0])
			c.write(values[max(0, slices.IndexFunc(values, func(v value) bool { return v.kind != unknown || v.built }))])
		}
	case "set block":
		c.open = append(c.open, frame{ends: "endset", name: st.targets[0].name})
	case "macro":
		m := c.scope.macros[st.targets[0].name]
		if m == nil {
			m = &macro{params: st.params}
			c.scope.macros[st.targets[0].name] = m
			c.scope.local[st.targets[0].name] = true
			for _, p := range st.params {
				c.scope.local[p] = true
			}
		}
		c.open = append(c.open, frame{ends: "endmacro", of: m})
	default:
		if n := len(c.open); n > 0 && c.open[n-1].ends == st.tag {
			c.close(c.open[n-1])
			c.open = c.open[:n-1]
		}
	}
}

// write appends to the innermost block.
func (c *capture) write(v value) {
	n := len(c.open)
	if n == 0 || len(c.open[n-1].out) >= maxText {
		return
	}
	if v = str(v.pieces(), true); c.scope.keep(v) {
		c.open[n-1].out += v.text
	}
}

// close gives what a block wrote to the variable of {% set %}, or to the block
// that a filter or a caller works on.
func (c *capture) close(f frame) {
	v := []value{str(strings.TrimSpace(f.out), true)}
	if f.of != nil {
		// Each pass puts a new body in the place of the one before, with what
		// is known by then.
		f.of.body = union(v, nil)
		return
	}
	c.scope.assign(f.name, v)
}
