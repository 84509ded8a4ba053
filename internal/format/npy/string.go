package npy

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// strings reads adjacent string literals, which are one.
func (p *literalParser) strings() literal {
	kind := str
	var text strings.Builder
	for first := true; ; first = false {
		if c := p.peek(); !first && c != '\'' && c != '"' && !letter(c) {
			return literal{kind: kind, text: text.String()}
		}
		prefix, ok := p.prefix()
		if !ok {
			p.fail("a name beside a string")
			return literal{}
		}
		if strings.ContainsAny(prefix, "bf") {
			kind = other
		}
		p.string(&text, strings.Contains(prefix, "r"))
	}
}

// prefix reads the letters in front of a quotation mark, in lower case.
func (p *literalParser) prefix() (string, bool) {
	n := 0
	for p.at+n < len(p.text) && letter(p.text[p.at+n]) {
		n++
	}
	prefix := strings.ToLower(p.text[p.at : p.at+n])
	switch prefix {
	case "", "u", "r", "b", "f", "br", "rb", "fr", "rf":
	default:
		return "", false
	}
	if p.at+n >= len(p.text) || p.text[p.at+n] != '\'' && p.text[p.at+n] != '"' {
		return "", false
	}
	p.at += n
	return prefix, true
}

// string adds one string literal to out; the cursor is at its quotation mark.
func (p *literalParser) string(out *strings.Builder, raw bool) {
	quote := p.text[p.at : p.at+1]
	if strings.HasPrefix(p.text[p.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	p.at += len(quote)
	for p.err == "" {
		rest := p.text[p.at:]
		switch {
		case rest == "" || len(quote) == 1 && rest[0] == '\n':
			p.fail("a string is not ended")
		case strings.HasPrefix(rest, quote):
			p.at += len(quote)
			return
		case rest[0] == '\\' && raw && len(rest) > 1:
			out.WriteString(rest[:2])
			p.at += 2
		case rest[0] == '\\':
			p.escape(out)
		default:
			out.WriteByte(rest[0])
			p.at++
		}
	}
}

// simple are the escapes of one letter.
var simple = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape reads an escape sequence of a string.
func (p *literalParser) escape(out *strings.Builder) {
	rest := p.text[p.at+1:]
	if rest == "" {
		p.fail("a string is not ended")
		return
	}
	if s, ok := simple[rest[0]]; ok {
		out.WriteString(s)
		p.at += 2
		return
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[rest[0]]
	switch {
	case digits > 0:
		p.code(out, rest[1:min(len(rest), 1+digits)], 16, digits)
		p.at += 2 + digits
	case rest[0] >= '0' && rest[0] <= '7':
		n := len(rest[:min(len(rest), 3)]) - len(strings.TrimLeft(rest[:min(len(rest), 3)], "01234567"))
		p.code(out, rest[:n], 8, n)
		p.at += 1 + n
	case rest[0] == 'N':
		p.fail("a character by its Unicode name")
	default:
		out.WriteByte('\\')
		p.at++
	}
}

// code writes the character of a number with the given count of digits.
func (p *literalParser) code(out *strings.Builder, digits string, base, count int) {
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || len(digits) != count || n > utf8.MaxRune {
		p.fail("an escape sequence that is no character")
		return
	}
	out.WriteRune(rune(n))
}
