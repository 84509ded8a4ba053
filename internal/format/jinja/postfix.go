package jinja

import "strings"

// list reads a list or a tuple behind its bracket; parentheses around one
// expression are that expression.
func (p *parser) list(open token, closing string) *node {
	list := p.node(opList, open.at, "")
	comma := false
	for p.err == nil && !p.is(closing) {
		list.kids = append(list.kids, p.expression())
		if !p.accept(",") {
			break
		}
		comma = true
	}
	p.expect(closing)
	if closing == ")" && !comma && len(list.kids) == 1 {
		return list.kids[0]
	}
	return list
}

// dict is a display of keys and values.
func (p *parser) dict(open token) *node {
	dict := p.node(opDict, open.at, "")
	for p.err == nil && !p.is("}") {
		key := p.expression()
		p.expect(":")
		dict.kids = append(dict.kids, key, p.expression())
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
	return dict
}

// postfix reads attributes, subscripts and calls.
func (p *parser) postfix(n *node) *node {
	for p.err == nil {
		t := p.peek()
		switch {
		case p.accept("."):
			n = p.member(n, t)
		case p.accept("["):
			n = p.node(opItem, t.at, "", n, p.subscripts())
			p.expect("]")
		case p.accept("("):
			n = p.call(p.node(opCall, t.at, "", n))
		default:
			return n
		}
	}
	return n
}

// member reads the name or number behind a point.
func (p *parser) member(n *node, point token) *node {
	t := p.take()
	switch t.kind {
	case name:
		return p.node(opAttr, point.at, t.text, n)
	case number:
		index := p.node(opNumber, t.at, t.text)
		index.n = t.value
		return p.node(opItem, point.at, "", n, index)
	}
	p.fail("a name expected behind a point, %q found", t.text)
	return n
}

// subscripts is what stands in brackets behind an expression: one index or
// several, with commas.
func (p *parser) subscripts() *node {
	first := p.subscript()
	if !p.is(",") {
		return first
	}
	list := p.node(opList, first.at, "", first)
	for p.accept(",") && !p.is("]") {
		list.kids = append(list.kids, p.subscript())
	}
	return list
}

// subscript is one index, or a slice with up to three bounds.
func (p *parser) subscript() *node {
	at := p.peek().at
	var parts []*node
	if !p.is(":") {
		n := p.expression()
		if !p.is(":") {
			return n
		}
		parts = append(parts, n)
	} else {
		parts = append(parts, nil)
	}
	for len(parts) < 3 && p.accept(":") {
		if p.is("]") || p.is(",") || p.is(":") {
			parts = append(parts, nil)
			continue
		}
		parts = append(parts, p.expression())
	}
	return p.node(opSlice, at, "", parts...)
}

// call reads the arguments behind an opening parenthesis into n.
func (p *parser) call(n *node) *node {
	for p.err == nil && !p.is(")") {
		switch {
		case p.accept("*"), p.accept("**"):
			n.mark = true
			n.kids = append(n.kids, p.expression())
		case p.peek().kind == name && p.tokens[p.i+1].kind == operator && p.tokens[p.i+1].text == "=":
			n.keys = append(n.keys, p.take().text)
			p.take()
			n.kids = append(n.kids, p.expression())
		default:
			n.kids = append(n.kids, p.expression())
			n.keys = nil // a positional argument behind a named one: Jinja refuses it
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return n
}

// filters reads filters, tests and further calls.
func (p *parser) filters(n *node) *node {
	for p.err == nil {
		t := p.peek()
		switch {
		case p.accept("|"):
			n = p.filter(n, t)
		case p.accept("is"):
			n = p.test(n, t)
		case p.accept("("):
			n = p.call(p.node(opCall, t.at, "", n))
		default:
			return n
		}
	}
	return n
}

// dotted reads a name with points in it.
func (p *parser) dotted() string {
	t := p.take()
	if t.kind != name {
		p.fail("a name expected, %q found", t.text)
	}
	parts := []string{t.text}
	for p.accept(".") {
		parts = append(parts, p.take().text)
	}
	return strings.Join(parts, ".")
}

// filter is | name, with arguments or without.
func (p *parser) filter(n *node, bar token) *node {
	f := p.node(opFilter, bar.at, p.dotted(), n)
	if p.accept("(") {
		p.call(f)
	}
	return f
}

// test reads what follows "is". Its argument may stand without parentheses.
func (p *parser) test(n *node, is token) *node {
	p.accept("not")
	t := p.node(opTest, is.at, p.dotted(), n)
	switch next := p.peek(); {
	case p.accept("("):
		p.call(t)
	// Jinja's own list of what may be an argument without parentheses
	// (jinja2/parser.py, parse_test).
	case next.kind == text, next.kind == number, p.is("["), p.is("{"),
		next.kind == name && !p.is("else") && !p.is("or") && !p.is("and") && !p.is("if") && !p.is("is") && !p.is("in") && !p.is("not") && !p.is("recursive"):
		t.kids = append(t.kids, p.postfix(p.primary()))
	}
	return t
}
