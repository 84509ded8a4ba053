package jinja

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// integer returns the value of a number, the largest one if it is larger, and 0
// for a float.
func integer(s string) int64 {
	s = strings.ReplaceAll(s, "_", "")
	base := 10
	if len(s) > 2 && s[0] == '0' {
		switch s[1] | 0x20 {
		case 'x':
			base = 16
		case 'o':
			base = 8
		case 'b':
			base = 2
		}
	}
	if base != 10 {
		s = s[2:]
	}
	v, err := strconv.ParseInt(s, base, 64)
	// A float, or beyond 64 bits: ParseInt returns the largest then.
	if err != nil && v != math.MaxInt64 {
		f, _ := strconv.ParseFloat(s, 64)
		return int64(max(-1e18, min(f, 1e18)))
	}
	return v
}

// literal reads a string literal and decodes its escapes as Python's
// unicode-escape codec does.
func (l *lexer) literal(quote byte) token {
	at := l.pos
	l.pos++
	var b strings.Builder
	built := false
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == quote:
			l.pos++
			return token{kind: text, text: b.String(), at: int64(at), built: built}
		case c == '\\' && l.pos+1 < len(l.src):
			built = l.escape(&b) || built
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	l.fail(at, hostile.Truncated, "a string is not ended")
	return token{}
}

// simple are the escapes of one character.
var simple = map[byte]string{'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// escape decodes one escape at the cursor. It reports whether it stands for a
// character that could have been written as it is: a letter, digit or underscore.
func (l *lexer) escape(b *strings.Builder) (needless bool) {
	rest := l.src[l.pos+1:]
	if s, ok := simple[rest[0]]; ok {
		b.WriteString(s)
		l.pos += 2
		return false
	}
	c, n := numeric(rest)
	if n == 0 {
		c, n = python.Character(rest)
	}
	if n == 0 { // not an escape: the backslash stays
		b.WriteByte('\\')
		l.pos++
		return false
	}
	b.WriteRune(c)
	l.pos += 1 + n
	return c < utf8.RuneSelf && inWord(c)
}

// numeric decodes x41, u0041, U00000041 and octal.
func numeric(s string) (c rune, n int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits > 0 {
		if len(s) < 1+digits {
			return 0, 0
		}
		v, err := strconv.ParseUint(s[1:1+digits], 16, 32)
		if err != nil {
			return 0, 0
		}
		return rune(min(v, utf8.MaxRune)), 1 + digits
	}
	for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '7' {
		c = c*8 + rune(s[n]-'0')
		n++
	}
	return c, n
}
