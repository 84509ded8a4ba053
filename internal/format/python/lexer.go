package python

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A lexer turns text into tokens.
type lexer struct {
	text    string
	at      int
	tokens  []Token
	indents []int
	open    []byte // closing brackets that are awaited
	fresh   bool   // at the start of a line, where indentation counts
	formats int    // formatted strings around the cursor
	err     *SyntaxError
}

// fail keeps the first error, which ends the reading.
func (l *lexer) fail(what string) {
	if l.err == nil {
		l.err = &SyntaxError{Offset: l.at, What: what}
	}
}

// emit adds a token.
func (l *lexer) emit(k Kind, text string, offset int) {
	l.tokens = append(l.tokens, Token{Kind: k, Text: text, Offset: offset})
}

// rest is the text from the cursor on.
func (l *lexer) rest() string { return l.text[l.at:] }

// lines reads to the end of the text.
func (l *lexer) lines() {
	for l.err == nil && l.at < len(l.text) {
		if l.fresh {
			l.indentation()
			continue
		}
		l.token()
	}
	if l.err != nil {
		return
	}
	if len(l.open) > 0 {
		l.fail("a bracket is not closed")
		return
	}
	l.newline()
	for range l.indents[1:] {
		l.emit(Dedent, "", l.at)
	}
}

// newline ends a logical line, unless it has no tokens.
func (l *lexer) newline() {
	if n := len(l.tokens); n > 0 && l.tokens[n-1].Kind <= Op {
		l.emit(Newline, "\n", l.at)
	}
}

// indentation reads the space in front of a line and compares it with the
// blocks that are open. Lines of space or comment do not count.
func (l *lexer) indentation() {
	start, column := l.at, 0
	for ; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case ' ':
			column++
			continue
		case '\t':
			// Python's tokenizer: a tab goes to the next multiple of eight.
			column = column/8*8 + 8
			continue
		case '\f':
			column = 0
			continue
		}
		break
	}
	l.fresh = false
	if l.at == len(l.text) || l.ahead("#"+lineEnds) || l.ahead("\\") && lineEnd(l.rest()[1:]) > 0 {
		return
	}
	if top := l.indents[len(l.indents)-1]; column > top {
		if l.indents = append(l.indents, column); len(l.indents) > maxIndents {
			l.fail("too many levels of indentation")
		}
		l.emit(Indent, l.text[start:l.at], start)
	}
	for column < l.indents[len(l.indents)-1] {
		l.indents = l.indents[:len(l.indents)-1]
		l.emit(Dedent, "", l.at)
	}
}

// token reads one token, or the space in front of it.
func (l *lexer) token() {
	c := l.text[l.at]
	switch {
	case c == '\n' || c == '\r':
		l.at++
		if len(l.open) == 0 {
			l.newline()
			l.fresh = true
		}
	case c == ' ' || c == '\t' || c == '\f':
		l.at++
	case c == '#':
		l.comment()
	case c == '\\':
		l.continued()
	case c == '\'' || c == '"':
		l.stringLiteral("")
	case c >= '0' && c <= '9', c == '.' && len(l.rest()) > 1 && digit(l.text[l.at+1]):
		l.number()
	case letter(c):
		l.name()
	default:
		l.operator()
	}
}

// comment passes over a comment, but not the line's end.
func (l *lexer) comment() {
	n := strings.IndexAny(l.rest(), lineEnds)
	if n < 0 {
		n = len(l.rest())
	}
	l.at += n
}

// lineEnds are the characters that lines end with: Python takes a carriage return for
// a line feed wherever it stands, in a literal as well.
const lineEnds = "\r\n"

// lineEnd returns the length of the end of a line that a text starts with, or 0.
func lineEnd(text string) int {
	switch {
	case strings.HasPrefix(text, "\r\n"):
		return 2
	case text != "" && strings.IndexByte(lineEnds, text[0]) >= 0:
		return 1
	}
	return 0
}

// continued reads a backslash that joins two lines.
func (l *lexer) continued() {
	n := 1 + lineEnd(l.text[l.at+1:])
	if n == 1 && len(l.rest()) > 1 {
		l.fail("a backslash that does not end a line")
	}
	l.at += n
}

// number reads a numeric literal. A keyword may follow without a blank, as in
// "0if x else 1".
func (l *lexer) number() {
	start := l.at
	base := strings.ToLower(l.rest()[:min(2, len(l.rest()))])
	switch base {
	case "0x":
		l.digits(2, "0123456789abcdefABCDEF_")
	case "0o", "0b":
		l.digits(2, decimal)
	default:
		l.digits(0, decimal)
		if strings.HasPrefix(l.rest(), ".") {
			l.digits(1, decimal)
		}
		l.exponent()
		if l.ahead("jJ") {
			l.at++
		}
	}
	if l.ahead("lL") && !(len(l.rest()) > 1 && letter(l.rest()[1])) { // of Python 2
		l.at++
	}
	l.emit(Number, l.text[start:l.at], start)
}

// decimal are the characters of decimal numbers.
const decimal = "0123456789_"

// digits passes over a prefix of a length and the characters of a set behind it.
func (l *lexer) digits(prefix int, set string) {
	l.at += prefix
	l.at += len(l.rest()) - len(strings.TrimLeft(l.rest(), set))
}

// exponent passes over the exponent of a number, if one is ahead.
func (l *lexer) exponent() {
	if !l.ahead("eE") {
		return
	}
	behind := l.text[l.at+1:]
	sign := len(behind) - len(strings.TrimLeft(behind, "+-"))
	if sign <= 1 && len(behind) > sign && digit(behind[sign]) {
		l.digits(1+sign, decimal)
	}
}

// ahead reports whether one of the characters of a set is next.
func (l *lexer) ahead(set string) bool {
	return l.at < len(l.text) && strings.IndexByte(set, l.text[l.at]) >= 0
}

// name reads an identifier. Python normalises identifiers to NFKC, so that one in
// full-width or mathematical letters names the same.
func (l *lexer) name() {
	start := l.at
	for l.at < len(l.text) {
		if c := l.text[l.at]; c < utf8.RuneSelf {
			if !letter(c) && !digit(c) {
				break
			}
			l.at++
			continue
		}
		c, n := utf8.DecodeRuneInString(l.rest())
		if !inName(c) {
			if c == utf8.RuneError && n <= 1 || l.at == start {
				l.fail("a character that no name has")
			}
			break
		}
		l.at += n
	}
	word := l.text[start:l.at]
	if l.at < len(l.text) && (l.text[l.at] == '\'' || l.text[l.at] == '"') && stringPrefix(word) {
		l.stringLiteral(strings.ToLower(word))
		return
	}
	l.emit(Name, norm.NFKC.String(word), start)
}

// inName reports whether names may have a character outside of ASCII. One that is
// not assigned may be a letter in a newer version of Unicode.
func inName(c rune) bool {
	return unicode.In(c, unicode.Pc, unicode.Other_ID_Start, unicode.Other_ID_Continue) ||
		!unicode.In(c, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.No, unicode.Me)
}

// operators of more than one character, longest first.
var operators = [...]string{"**=", "//=", ">>=", "<<=", "...", "->", ":=", "==", "!=", "<=", ">=", "**", "//", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@="}

// closing is the bracket that closes each.
var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// operator reads an operator or a bracket. Brackets are matched here: inside of
// them lines do not end.
func (l *lexer) operator() {
	c := l.text[l.at]
	for _, o := range operators {
		if o[0] == c && strings.HasPrefix(l.rest(), o) {
			l.emit(Op, o, l.at)
			l.at += len(o)
			return
		}
	}
	switch {
	case closing[c] != 0:
		if l.open = append(l.open, closing[c]); len(l.open) > maxBrackets {
			l.fail("too many brackets in each other")
		}
	case c == ')' || c == ']' || c == '}':
		if n := len(l.open); n == 0 || l.open[n-1] != c {
			l.fail("a bracket closes nothing")
			return
		}
		l.open = l.open[:len(l.open)-1]
	case strings.IndexByte("+-*/%@&|^~<>=.,:;!?$`", c) < 0:
		l.fail("a character that Python does not have")
		return
	}
	l.emit(Op, l.text[l.at:l.at+1], l.at)
	l.at++
}

// digit reports whether a number may start here.
func digit(c byte) bool { return c >= '0' && c <= '9' }

// letter reports whether a name may start here; outside of ASCII name looks
// closer.
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf }
