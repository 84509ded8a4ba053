package jinja

import (
	"slices"
	"strings"
)

// A walker tells a Visitor what the statements reach.
type walker struct {
	scope *scope
	v     Visitor
}

// statement shows the visitor what one statement loads, reaches and calls, and
// follows what it assigns.
func (w *walker) statement(st *statement) {
	if st.tag == "include" || st.tag == "import" || st.tag == "from" || st.tag == "extends" {
		w.load(st)
	}
	for _, t := range st.targets {
		// {% set ns.x = … %} reaches an attribute of ns.
		for _, part := range strings.Split(t.name, ".")[1:] {
			w.access(st.at, part, Attribute, false)
		}
	}
	for _, e := range st.exprs {
		w.node(e)
	}
}

// load tells of another template that is loaded, by name if it is known.
func (w *walker) load(st *statement) {
	l := Load{Offset: st.at, Tag: st.tag}
	if v := w.scope.eval(st.exprs[0])[0]; v.kind == vText {
		l.Name = v.text
	}
	w.v.Load(l)
}

// access tells of an attribute or an item that is reached.
func (w *walker) access(at int64, called string, how How, built bool) {
	w.v.Access(Access{Offset: at, Name: called, How: how, Built: built})
}

// node tells what one expression and those in it reach.
func (w *walker) node(n *node) {
	if n == nil || !w.scope.spend() {
		return
	}
	switch n.op {
	case opName:
		w.access(n.at, n.text, Variable, false)
	case opAttr:
		w.access(n.at, n.text, Attribute, false)
	case opItem:
		w.values(n.at, n.kids[1], Subscript)
	case opList:
		w.elements(n.kids)
	case opDict:
		w.elements(n.kids)
	case opCall:
		w.call(n)
	case opFilter, opTest:
		w.filter(n)
	case opBinary:
		w.repeat(n)
	}
	for _, k := range n.kids {
		w.node(k)
	}
}

// values tells what an expression names that stands where a name is accessed.
func (w *walker) values(at int64, n *node, how How) {
	if n == nil || n.op == opSlice {
		return
	}
	for _, v := range w.scope.eval(n) {
		switch {
		case v.kind == vText:
			w.access(at, strings.TrimSpace(v.text), how, v.built)
		// A variable as a subscript is what loops do; put together, or given to
		// attr, it is a name that hides.
		case v.kind == unknown && (v.built || how == Filter):
			w.access(at, string(Wild), how, v.built)
		}
	}
}

// elements tells the strings that stand alone among arguments or elements.
func (w *walker) elements(kids []*node) {
	for _, k := range kids {
		if k == nil || k.op == opNumber || k.op == opConst {
			continue
		}
		for _, v := range w.scope.eval(k) {
			if v.kind == vText {
				w.access(k.at, strings.TrimSpace(v.text), Argument, v.built)
			}
		}
	}
}

// call tells of a call, by the path that is written or that comes out.
func (w *walker) call(n *node) {
	callee := n.kids[0]
	if path := dotted(callee); path != "" {
		root, _, _ := strings.Cut(path, ".")
		w.v.Call(Call{Offset: n.at, Path: path, Local: w.scope.local[root]})
	}
	w.elements(n.kids[1:])
	for _, k := range n.keys {
		w.access(n.at, k, Argument, false)
	}
	// The fields of a format string reach attributes by themselves:
	// "{0.__class__}".
	if callee.op == opAttr && (callee.text == "format" || callee.text == "format_map") {
		w.fields(n.at, callee.kids[0])
	}
	if callee.op == opName && (callee.text == "range" || callee.text == "lipsum") {
		w.counts(n, callee.text)
	}
}

// dotted returns the path of names that an expression is, or "".
func dotted(n *node) string {
	var parts []string
	for ; n.op == opAttr; n = n.kids[0] {
		parts = append(parts, n.text)
	}
	if n.op != opName {
		return ""
	}
	parts = append(parts, n.text)
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// filter tells what a filter or test reaches.
func (w *walker) filter(n *node) {
	for _, k := range n.keys {
		w.access(n.at, k, Argument, false)
	}
	switch n.text {
	case "attr":
		if len(n.kids) > 1 {
			w.values(n.at, n.kids[1], Filter)
		}
	case "format":
		w.fields(n.at, n.kids[0])
	// Filters whose first argument is a width.
	case "center", "indent":
		w.counts(n, n.text)
	default:
		w.elements(n.kids[1:])
	}
}

// counts tells the numbers that a call is given.
func (w *walker) counts(n *node, what string) {
	for _, k := range n.kids[1:] {
		for _, v := range w.scope.eval(k) {
			if v.kind == vNumber {
				w.v.Repeat(Repeat{Offset: n.at, What: what, Count: abs(v.n)})
			}
		}
	}
}

// repeat tells how long a multiplication or power makes its result.
func (w *walker) repeat(n *node) {
	if n.text != "*" && n.text != "**" {
		return
	}
	left, right := w.scope.eval(n.kids[0])[0], w.scope.eval(n.kids[1])[0]
	switch {
	// Of a power the exponent alone is told: it decides how many digits the
	// result has.
	case n.text == "**" && right.kind == vNumber:
		w.v.Repeat(Repeat{Offset: n.at, What: n.text, Count: right.n})
	// Repeats a text or a list; two numbers make a number.
	case left.kind != vNumber && right.kind == vNumber:
		w.v.Repeat(Repeat{Offset: n.at, What: n.text, Count: right.n})
	case left.kind == vNumber && right.kind != vNumber:
		w.v.Repeat(Repeat{Offset: n.at, What: n.text, Count: left.n})
	}
}

// fields tells the attributes that the fields of a format string reach.
func (w *walker) fields(at int64, format *node) {
	for _, v := range w.scope.eval(format) {
		rest := v.text
		for v.kind == vText {
			i := strings.IndexByte(rest, '{')
			if i < 0 {
				break
			}
			j := strings.IndexByte(rest[i:], '}')
			if j < 0 {
				break
			}
			for _, part := range strings.FieldsFunc(rest[i+1:i+j], func(c rune) bool { return strings.ContainsRune(".[]!:{", c) }) {
				w.access(at, part, Format, v.built)
			}
			rest = rest[i+j+1:]
		}
	}
}
