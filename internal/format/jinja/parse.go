package jinja

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A node is one expression. Which fields it uses depends on op.
type node struct {
	op   op
	text string  // name, string, operator, attribute, filter or test
	n    int64   // number
	kids []*node // operands; for a call the callee first, then arguments; for a slice start, stop, step (nil where absent)
	keys []string
	at   int64
	high int  // of the tree below, in nodes
	mark bool // string: needlessly escaped; call: has * or **
}

// An op is a kind of expression.
type op uint8

const (
	opName op = iota + 1
	opText
	opNumber
	opConst // true, false, none
	opList  // list or tuple
	opDict  // keys and values in turn
	opAttr  // kids[0].text
	opItem  // kids[0][kids[1]]
	opSlice
	opCall    // kids[0](kids[1:]…); keys names the last len(keys) of them
	opFilter  // kids[0]|text(kids[1:]…)
	opTest    // kids[0] is text(kids[1:]…)
	opBinary  // kids[0] text kids[1]
	opUnary   // text kids[0]
	opCompare // kids joined by operators
	opChoose  // kids[0] if kids[1] else kids[2]
)

const (
	// maxDepth bounds the nesting of one expression.
	maxDepth = 200
	// maxHigh bounds chains, which nest to the left.
	maxHigh = 5000
	// nodeCost is what a node is charged to the memory budget.
	nodeCost = 128
)

// A parser reads the tokens of one block.
type parser struct {
	tokens []token
	i      int
	depth  int
	nodes  int
	err    *hostile.Fault
}

// peek returns the next token. There is always one: the list ends in one of
// kind end.
func (p *parser) peek() token { return p.tokens[p.i] }

// take returns the next token and moves past it.
func (p *parser) take() token {
	t := p.tokens[p.i]
	if t.kind != end {
		p.i++
	}
	return t
}

// is reports whether the next token is an operator or a word.
func (p *parser) is(s string) bool {
	t := p.peek()
	return t.text == s && (t.kind == operator || t.kind == name)
}

// accept moves past a token of that text, if it is next.
func (p *parser) accept(s string) bool {
	if p.is(s) {
		p.i++
		return true
	}
	return false
}

// expect wants a token of that text.
func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.fail("%q expected, %q found", s, p.peek().text)
	}
}

// fail notes a template that Jinja refuses.
func (p *parser) fail(format string, args ...any) { p.stop(hostile.Malformed, format, args...) }

// stop notes the first fault and goes to the end, where every loop stops.
func (p *parser) stop(kind hostile.Kind, format string, args ...any) {
	if p.err == nil {
		p.err = hostile.Faultf(kind, p.peek().at, format, args...)
		p.i = len(p.tokens) - 1
	}
}

// done reports whether no token is left.
func (p *parser) done() bool { return p.peek().kind == end }

// node makes a node over others. The height of the tree is bounded here: a flat
// list of operators makes a high one.
func (p *parser) node(o op, at int64, s string, kids ...*node) *node {
	p.nodes++
	n := &node{op: o, text: s, kids: kids, at: at}
	for _, k := range kids {
		if k != nil {
			n.high = max(n.high, k.high+1)
		}
	}
	if n.high > maxHigh {
		p.fail("a chain of more than %d operators", maxHigh)
		n.kids, n.high = nil, 0
	}
	return n
}

// expression reads a condition: "a if b else c" binds least.
func (p *parser) expression() *node {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.stop(hostile.Unsupported, "expressions nested more than %d deep", maxDepth)
		return p.node(opConst, p.peek().at, "none")
	}
	left := p.or()
	// Jinja reads "a if b if c" too: each condition takes the expression so
	// far.
	for p.is("if") {
		at := p.take().at
		condition := p.or()
		n := p.node(opChoose, at, "", left, condition)
		if p.accept("else") {
			n.kids = append(n.kids, p.expression())
		}
		left = n
	}
	return left
}

// tuple reads expressions separated by commas; one without a comma is itself.
func (p *parser) tuple() *node {
	first := p.expression()
	if !p.is(",") {
		return first
	}
	list := p.node(opList, first.at, "", first)
	for p.accept(",") && !p.done() && !p.is(")") && !p.is("=") {
		list.kids = append(list.kids, p.expression())
	}
	return list
}

// binary reads a chain of operators of one rank.
func (p *parser) binary(operand func() *node, operators ...string) *node {
	left := operand()
	for p.peek().kind != text && slices.Contains(operators, p.peek().text) && !p.done() {
		t := p.take()
		left = p.node(opBinary, t.at, t.text, left, operand())
	}
	return left
}

// or is the weakest operator; the methods below it bind ever more tightly, in
// the order of Jinja's own parser.
func (p *parser) or() *node { return p.binary(p.and, "or") }

// and binds more tightly than or.
func (p *parser) and() *node { return p.binary(p.not, "and") }

// not is a prefix, which may be repeated.
func (p *parser) not() *node {
	if !p.is("not") {
		return p.compare()
	}
	p.depth++
	defer func() { p.depth-- }()
	t := p.take()
	if p.depth > maxDepth {
		p.fail("too many operators in a row")
		return p.node(opConst, t.at, "none")
	}
	return p.node(opUnary, t.at, t.text, p.not())
}

// comparisons are the operators that chain, as in Python; "not in" is two
// words.
var comparisons = []string{"==", "!=", "<", "<=", ">", ">=", "in"}

// compare is a chain of comparisons and of in and not in.
func (p *parser) compare() *node {
	left := p.sum()
	for {
		t := p.peek()
		switch {
		case t.kind != text && slices.Contains(comparisons, t.text) && !p.done():
			p.take()
		case p.is("not") && p.i+1 < len(p.tokens) && p.tokens[p.i+1].text == "in":
			p.take()
			p.take()
		default:
			return left
		}
		left = p.node(opCompare, t.at, t.text, left, p.sum())
	}
}

// sum is + and -.
func (p *parser) sum() *node { return p.binary(p.concat, "+", "-") }

// concat is ~, which makes texts of its operands.
func (p *parser) concat() *node { return p.binary(p.product, "~") }

// product is *, /, // and %.
func (p *parser) product() *node { return p.binary(p.power, "*", "/", "//", "%") }

// power is **.
func (p *parser) power() *node { return p.binary(func() *node { return p.unary(true) }, "**") }

// unary reads signs; a filter binds to the operand without its sign only inside.
func (p *parser) unary(filtered bool) *node {
	var n *node
	if t := p.peek(); t.kind == operator && (t.text == "-" || t.text == "+") {
		p.take()
		p.depth++
		if p.depth > maxDepth {
			p.fail("too many operators in a row")
		}
		n = p.node(opUnary, t.at, t.text, p.unary(false))
		p.depth--
	} else {
		n = p.primary()
	}
	n = p.postfix(n)
	if filtered {
		n = p.filters(n)
	}
	return n
}

// primary is a constant, a name, or something in brackets.
func (p *parser) primary() *node {
	t := p.take()
	switch {
	case t.kind == name:
		switch t.text {
		case "true", "false", "none", "True", "False", "None":
			return p.node(opConst, t.at, t.text)
		}
		return p.node(opName, t.at, t.text)
	case t.kind == text:
		return p.text(t)
	case t.kind == number:
		n := p.node(opNumber, t.at, t.text)
		n.n = t.value
		return n
	case t.text == "(" && t.kind == operator:
		return p.list(t, ")")
	case t.text == "[" && t.kind == operator:
		return p.list(t, "]")
	case t.text == "{" && t.kind == operator:
		return p.dict(t)
	}
	p.fail("an expression expected, %q found", t.text)
	return p.node(opConst, t.at, "none")
}

// text joins adjacent string literals.
func (p *parser) text(t token) *node {
	n := p.node(opText, t.at, t.text)
	n.mark = t.built
	if p.peek().kind != text {
		return n
	}
	parts := []string{t.text}
	for p.peek().kind == text {
		parts = append(parts, p.take().text)
	}
	n.text, n.mark = strings.Join(parts, ""), true
	return n
}
