package jinja

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// parse reads the statement of a block, and says how many nodes it took.
func parse(b block) (*statement, int, *hostile.Fault) {
	st := &statement{at: b.at}
	if b.plain {
		st.tag, st.data = "data", b.data
		return st, 0, nil
	}
	p := &parser{tokens: b.tokens}
	if b.tag {
		p.statement(st)
		p.accept(":") // Jinja takes one at the end of a tag
	} else if !p.done() {
		st.exprs = append(st.exprs, p.tuple())
	}
	if p.err == nil && !p.done() {
		p.fail("%q stands where the block should end", p.peek().text)
	}
	return st, p.nodes, p.err
}

// statement reads what stands between {% and %}.
func (p *parser) statement(st *statement) {
	t := p.take()
	if t.kind != name {
		p.fail("the name of a tag expected, %q found", t.text)
		return
	}
	switch st.tag = t.text; st.tag {
	case "for":
		p.loop(st)
	case "if", "elif":
		st.exprs = append(st.exprs, p.tuple())
	case "set":
		p.set(st)
	case "macro":
		st.targets = append(st.targets, target{p.take().text})
		p.params(st)
	case "call":
		if p.is("(") {
			p.params(st)
		}
		st.exprs = append(st.exprs, p.expression())
	case "filter":
		p.filterTag(st)
	case "with":
		p.with(st)
	case "include", "extends":
		p.load(st)
	case "import", "from":
		p.importTag(st)
	case "block":
		for !p.done() {
			p.take()
		}
	default:
		p.other(st)
	}
}

// loop reads "a, b in expression if condition recursive".
func (p *parser) loop(st *statement) {
	p.targets(st)
	p.expect("in")
	// A condition of the loop is no part of the expression that is looped over.
	st.exprs = append(st.exprs, p.iterated())
	if p.accept("if") {
		st.exprs = append(st.exprs, p.expression())
	}
	p.accept("recursive")
}

// iterated is a tuple without conditions.
func (p *parser) iterated() *node {
	first := p.or()
	if !p.is(",") {
		return first
	}
	list := p.node(opList, first.at, "", first)
	for p.accept(",") && !p.done() && !p.is("if") {
		list.kids = append(list.kids, p.or())
	}
	return list
}

// targets reads the left side of an assignment.
func (p *parser) targets(st *statement) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.stop(hostile.Unsupported, "targets nested more than %d deep", maxDepth)
	}
	for p.err == nil {
		open := p.accept("(") || p.accept("[")
		if open {
			p.targets(st)
			if !p.accept(")") {
				p.expect("]")
			}
		} else {
			st.targets = append(st.targets, target{p.dotted()})
		}
		if !p.accept(",") || p.is("=") || p.is("in") || p.is(")") {
			return
		}
	}
}

// set reads an assignment, or the head of a block that is assigned.
func (p *parser) set(st *statement) {
	p.targets(st)
	if p.accept("=") {
		st.exprs = append(st.exprs, p.tuple())
		return
	}
	st.tag = "set block"
	if p.is("|") {
		st.exprs = append(st.exprs, p.filters(p.node(opConst, p.peek().at, "none")))
	}
}

// params reads the parameters of a macro with their defaults.
func (p *parser) params(st *statement) {
	p.expect("(")
	for p.err == nil && !p.is(")") {
		param := p.take().text
		st.params = append(st.params, param)
		if p.accept("=") {
			st.exprs = append(st.exprs, p.expression())
			st.targets = append(st.targets, target{param})
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
}

// filterTag is {% filter name %}, whose operand is the output of its block.
func (p *parser) filterTag(st *statement) {
	none := p.node(opConst, p.peek().at, "none")
	n := p.node(opFilter, p.peek().at, p.dotted(), none)
	if p.accept("(") {
		p.call(n)
	}
	st.exprs = append(st.exprs, p.filters(n))
}

// with reads "a = expression, b = expression".
func (p *parser) with(st *statement) {
	for p.err == nil && !p.done() {
		st.targets = append(st.targets, target{p.dotted()})
		p.expect("=")
		st.exprs = append(st.exprs, p.expression())
		if !p.accept(",") {
			return
		}
	}
}

// load reads "expression ignore missing with context".
func (p *parser) load(st *statement) {
	st.exprs = append(st.exprs, p.expression())
	for _, word := range []string{"ignore", "missing", "with", "without", "context"} {
		p.accept(word)
	}
}

// importTag reads "expression as name" and "expression import a as b, c".
func (p *parser) importTag(st *statement) {
	st.exprs = append(st.exprs, p.expression())
	for p.err == nil && !p.done() {
		t := p.take()
		if t.kind != name && t.text != "," {
			p.fail("a name expected, %q found", t.text)
		}
	}
}

// other reads tags that end something or that extensions bring: what follows
// the name is read as expressions.
func (p *parser) other(st *statement) {
	// What may follow has no effect: a name behind endblock, say.
	if strings.HasPrefix(st.tag, "end") || st.tag == "else" {
		for !p.done() {
			p.take()
		}
		return
	}
	for p.err == nil && !p.done() {
		st.exprs = append(st.exprs, p.tuple())
		if p.accept("=") || p.accept(":") {
			continue
		}
	}
}
