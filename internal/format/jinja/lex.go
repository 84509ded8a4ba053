package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A kind is what a token is.
type kind uint8

const (
	end kind = iota // of a block
	name
	text // a string literal, decoded
	number
	operator
)

// A token is one word of a block.
type token struct {
	kind  kind
	text  string
	value int64 // of a number that is an integer
	at    int64
	built bool // a string literal with escapes for characters that need none
}

// A block is what stands between the delimiters {{ }} or {% %}, or the plain
// text between two blocks.
type block struct {
	tag    bool // {% %}
	data   string
	plain  bool // data, no tokens
	at     int64
	tokens []token
}

// maxTokens bounds one block.
const maxTokens = 100_000

// A lexer cuts a template into blocks. It stops at the first fault.
type lexer struct {
	src string
	pos int
	err *hostile.Fault
}

// fail notes the first fault, at an offset of the source.
func (l *lexer) fail(at int, kind hostile.Kind, format string, args ...any) {
	if l.err == nil {
		l.err = hostile.Faultf(kind, int64(at), format, args...)
	}
}

// next returns the next block and whether there is one. Comments are passed
// over; the inside of {% raw %} is plain.
func (l *lexer) next() (block, bool) {
	for strings.HasPrefix(l.src[l.pos:], "{#") {
		l.comment()
	}
	if l.err != nil || l.pos >= len(l.src) {
		return block{}, false
	}
	start := l.pos
	switch i := opening(l.src[start:]); {
	case i < 0:
		l.pos = len(l.src)
		return block{plain: true, data: l.src[start:], at: int64(start)}, true
	case i > 0:
		l.pos += i
		return block{plain: true, data: l.src[start:l.pos], at: int64(start)}, true
	}
	tag := l.src[start+1] == '%'
	return l.block(tag), l.err == nil
}

// opening returns where the first delimiter is, or -1.
func opening(s string) int {
	for i := 0; ; i++ {
		j := strings.IndexByte(s[i:], '{')
		if j < 0 || i+j+1 >= len(s) {
			return -1
		}
		i += j
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

// comment skips {# … #}, which does not nest.
func (l *lexer) comment() {
	_, behind, ended := strings.Cut(l.src[l.pos+len("{#"):], "#}")
	if !ended {
		l.fail(l.pos, hostile.Truncated, "a comment is not ended")
	}
	l.pos = len(l.src) - len(behind)
}

// block reads the tokens up to the closing delimiter, which does not count while
// a bracket is open.
func (l *lexer) block(tag bool) block {
	b := block{tag: tag, at: int64(l.pos)}
	l.pos += 2
	// White space control, which does not matter here.
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+') {
		l.pos++
	}
	closing := "}}"
	if tag {
		closing = "%}"
	}
	open := 0
	for {
		l.space()
		if n := l.closes(closing); open == 0 && n > 0 {
			l.pos += n
			break
		}
		t := l.token()
		if l.err != nil {
			return b
		}
		// "}}" may close two dicts.
		open = max(0, open+depth(t))
		if b.tokens = append(b.tokens, t); len(b.tokens) > maxTokens {
			l.fail(l.pos, hostile.OverBudget, "a block of more than %d tokens", maxTokens)
			return b
		}
	}
	if tag && len(b.tokens) == 1 && b.tokens[0].text == "raw" {
		return l.raw()
	}
	b.tokens = append(b.tokens, token{kind: end, at: int64(l.pos)})
	return b
}

// closes returns the length of the closing delimiter at the cursor, or 0.
func (l *lexer) closes(delimiter string) int {
	rest := l.src[l.pos:]
	if strings.HasPrefix(rest, delimiter) {
		return 2
	}
	if len(rest) > 2 && (rest[0] == '-' || rest[0] == '+' && delimiter == "%}") && rest[1:3] == delimiter {
		return 3
	}
	return 0
}

// depth is by how much a token opens brackets, or closes them.
func depth(t token) int {
	if t.kind != operator {
		return 0
	}
	switch t.text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// raw reads plain text up to {% endraw %}.
func (l *lexer) raw() block {
	start := l.pos
	for i := start; ; {
		j := strings.Index(l.src[i:], "{%")
		if j < 0 {
			break
		}
		i += j + len("{%")
		if n := endsRaw(l.src[i:]); n > 0 {
			l.pos = i + n
			return block{plain: true, data: l.src[start : i-len("{%")], at: int64(start)}
		}
	}
	l.fail(start, hostile.Truncated, "{%% raw %%} is not ended")
	return block{}
}

// endsRaw returns how much of a text behind "{%" ends a raw block, or 0: an endraw
// with anything else beside it is plain text.
func endsRaw(s string) int {
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(rest, white), "endraw")
	if !ok {
		return 0
	}
	rest = strings.TrimLeftFunc(rest, white)
	for _, end := range []string{"%}", "-%}", "+%}"} {
		if strings.HasPrefix(rest, end) {
			return len(s) - len(rest) + len(end)
		}
	}
	return 0
}

// space skips what separates tokens.
func (l *lexer) space() {
	l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[l.pos:], white))
}

// white reports whether Python takes a character for white space.
func white(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }

// operators, the longest first.
var operators = []string{"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"}

// token reads one token of a block.
func (l *lexer) token() token {
	at := l.pos
	if at >= len(l.src) {
		l.fail(at, hostile.Truncated, "a block is not ended")
		return token{}
	}
	switch c := l.src[at]; {
	case c == '"' || c == '\'':
		return l.literal(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c >= utf8.RuneSelf || inWord(rune(c)):
		l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[at:], inWord))
		return token{kind: name, text: l.src[at:l.pos], at: int64(at)}
	}
	for _, o := range operators {
		if strings.HasPrefix(l.src[at:], o) {
			l.pos += len(o)
			return token{kind: operator, text: o, at: int64(at)}
		}
	}
	l.fail(at, hostile.Malformed, "%q is no part of an expression", l.src[at:at+1])
	return token{}
}

// inWord reports whether a character may be part of a name; letters outside of ASCII
// are.
func inWord(c rune) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf && !white(c)
}

// number reads an integer in any base, or a float.
func (l *lexer) number() token {
	at := l.pos
	for l.pos < len(l.src) && l.src[l.pos] < utf8.RuneSelf && (inWord(rune(l.src[l.pos])) || l.fraction()) {
		l.pos++
	}
	return token{kind: number, text: l.src[at:l.pos], value: integer(l.src[at:l.pos]), at: int64(at)}
}

// fraction reports whether the cursor is at the point of a float, or at the sign
// of its exponent.
func (l *lexer) fraction() bool {
	c := l.src[l.pos]
	next := l.pos+1 < len(l.src) && l.src[l.pos+1] >= '0' && l.src[l.pos+1] <= '9'
	return next && (c == '.' || (c == '-' || c == '+') && (l.src[l.pos-1]|0x20) == 'e' && l.src[l.pos-1] != l.src[l.pos])
}
