package npy

import (
	"strconv"
	"strings"
)

// maxDepth is how deep brackets may nest; CPython's tokenizer takes 200.
const maxDepth = 200

// A literal is a value that Python's ast.literal_eval makes of a header. The
// zero literal is None.
type literal struct {
	kind  literalKind
	text  string    // of a str
	n     int64     // of an int or bool
	items []literal // of a tuple, list or dict: keys and values in turn
}

// A literalKind is the type of a literal.
type literalKind uint8

const (
	none literalKind = iota
	str
	integer
	boolean
	tuple
	list
	dict
	other // legal, and nothing that a header may hold: bytes and float
)

// A literalParser reads one literal from text. The first error, told in err, ends
// it; every method then returns zero values.
type literalParser struct {
	text  string
	at    int
	depth int
	long  bool // integers may end in L, as those of Python 2
	err   string
}

// parseLiteral returns the value of the one expression in text, or what is wrong
// with it and at which byte.
func parseLiteral(text string, long bool) (v literal, at int, err string) {
	p := &literalParser{text: text, long: long}
	v = p.value()
	p.space()
	if p.err == "" && p.at < len(p.text) {
		p.fail("text behind the literal")
	}
	return v, p.at, p.err
}

// fail keeps the first error: those behind it are its consequence.
func (p *literalParser) fail(what string) {
	if p.err == "" {
		p.err = what
	}
}

// space skips white space, comments and continued lines. Line ends count as
// space everywhere: outside of brackets, where Python disagrees, only the end
// of the text may follow them.
func (p *literalParser) space() {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case strings.IndexByte(" \t\f\r\n", c) >= 0:
			p.at++
		case c == '\\' && strings.HasPrefix(p.text[p.at+1:], "\n"):
			p.at += 2
		case c == '#':
			n := strings.IndexByte(p.text[p.at:], '\n')
			if n < 0 {
				n = len(p.text) - p.at
			}
			p.at += n
		default:
			return
		}
	}
}

// peek returns the character ahead, behind white space, or 0 at the end and
// after an error.
func (p *literalParser) peek() byte {
	if p.space(); p.err != "" || p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// value reads any literal.
func (p *literalParser) value() literal {
	if p.depth++; p.depth > maxDepth {
		p.fail("brackets nested too deep")
	}
	defer func() { p.depth-- }()
	switch c := p.peek(); {
	case p.err != "":
		return literal{}
	case c == '(':
		return p.parentheses()
	case c == '[':
		p.at++
		items, _ := p.items(']')
		return literal{kind: list, items: items}
	case c == '{':
		return p.braces()
	case c == '\'' || c == '"':
		return p.strings()
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		return p.number()
	case letter(c):
		return p.word()
	}
	p.fail("not a literal")
	return literal{}
}

// parentheses reads a tuple, or a literal in parentheses.
func (p *literalParser) parentheses() literal {
	p.at++
	items, comma := p.items(')')
	// A tuple of one takes a comma.
	if len(items) == 1 && !comma {
		return items[0]
	}
	return literal{kind: tuple, items: items}
}

// items reads values between commas up to the closing bracket, and tells
// whether a comma followed the last.
func (p *literalParser) items(end byte) (items []literal, comma bool) {
	for {
		c := p.peek()
		switch {
		case c == end:
			p.at++
			return items, comma
		case len(items) > 0 && !comma:
			p.fail("neither a comma nor a closing bracket")
			return items, comma
		}
		items = append(items, p.value())
		if comma = p.peek() == ','; comma {
			p.at++
		}
		if p.err != "" {
			return items, comma
		}
	}
}

// braces reads a dict.
func (p *literalParser) braces() literal {
	p.at++
	out := literal{kind: dict}
	for comma := true; ; {
		if p.peek() == '}' {
			p.at++
			return out
		}
		if !comma {
			p.fail("neither a comma nor a closing bracket")
		}
		key := p.value()
		if p.peek() != ':' {
			p.fail("neither a colon nor a value behind a name")
			return literal{}
		}
		p.at++
		out.items = append(out.items, key, p.value())
		if comma = p.peek() == ','; comma {
			p.at++
		}
		if p.err != "" {
			return out
		}
	}
}

// get returns the value of the last member of the name, as a dict does that is
// built in order, and how many names the dict has.
func (l literal) get(name string) (v literal, found bool, names int) {
	seen := make(map[string]bool)
	for i := 0; i+1 < len(l.items); i += 2 {
		k := l.items[i]
		if k.kind != str {
			names++
			continue
		}
		seen[k.text] = true
		if k.text == name {
			v, found = l.items[i+1], true
		}
	}
	return v, found, names + len(seen)
}

// number reads an integer, or another number as other.
func (p *literalParser) number() literal {
	negative := false
	for p.at < len(p.text) && (p.text[p.at] == '-' || p.text[p.at] == '+') {
		negative = negative != (p.text[p.at] == '-')
		p.at++
		p.space()
	}
	start := p.at
	for p.at < len(p.text) && (letter(p.text[p.at]) || p.text[p.at] == '.' || p.text[p.at] >= '0' && p.text[p.at] <= '9') {
		p.at++
	}
	digits := p.text[start:p.at]
	if p.long {
		digits = strings.TrimSuffix(digits, "L")
	}
	// Base 0 takes 0x, 0o, 0b and underscores, as Python does.
	n, err := strconv.ParseUint(digits, 0, 63)
	if err != nil || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return literal{kind: other}
	}
	if negative {
		return literal{kind: integer, n: -int64(n)}
	}
	return literal{kind: integer, n: int64(n)}
}

// word reads a name, or a string with letters in front.
func (p *literalParser) word() literal {
	start := p.at
	for p.at < len(p.text) && (letter(p.text[p.at]) || p.text[p.at] >= '0' && p.text[p.at] <= '9') {
		p.at++
	}
	w := p.text[start:p.at]
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		p.at = start
		return p.strings()
	}
	switch w {
	case "None":
		return literal{}
	case "True":
		return literal{kind: boolean, n: 1}
	case "False":
		return literal{kind: boolean}
	}
	p.at = start
	p.fail("a name that is no literal")
	return literal{}
}

// letter reports whether a byte may start a name; every byte of a character
// outside of ASCII may.
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
