package prototext

import (
	"strconv"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// strings reads a string, which may stand in parts, and writes it if it is kept.
func (e *encoder) strings(keep bool) {
	quote := e.peek()
	if quote != '"' && quote != '\'' {
		e.unexpected("a string")
		return
	}
	for ; (quote == '"' || quote == '\'') && e.r.Step(); quote = e.peek() {
		e.r.Skip(1)
		e.part(quote, keep)
	}
}

// chunk is how much of a string is looked at in one go, in bytes.
const chunk = 4 << 10

// part reads one part of a string behind its quotation mark.
func (e *encoder) part(quote byte, keep bool) {
	for e.r.Step() {
		p := e.r.Peek(chunk)
		n := 0
		for n < len(p) && p[n] != quote && p[n] != '\\' && p[n] != '\n' {
			n++
		}
		if keep && e.r.Hold(2*uint64(n)) == nil { // what it is appended to doubles
			e.out.Data = append(e.out.Data, p[:n]...)
		}
		e.r.Skip(uint64(n))
		switch {
		case n < len(p) && p[n] == quote:
			e.r.Skip(1)
			return
		case n < len(p) && p[n] == '\\':
			e.escape(keep)
		case n < len(p):
			e.r.Fail(hostile.Malformed, "a line ends in a string")
		case n == 0:
			e.r.Fail(hostile.Truncated, "a string is not ended")
		}
	}
}

// simple are the escapes of one letter.
var simple = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// escape reads an escape and writes what it stands for if it is kept.
func (e *encoder) escape(keep bool) {
	const longest = 10 // \U and 8 digits
	p := e.r.Peek(longest)
	value, size := unescape(p)
	if size == 0 {
		e.r.Fail(hostile.Malformed, "%q is no escape", p)
		return
	}
	e.r.Skip(uint64(size))
	if keep && e.r.Hold(2*uint64(len(value))) == nil {
		e.out.Data = append(e.out.Data, value...)
	}
}

// unescape returns what the escape that p starts with stands for and how many
// bytes it takes, or 0.
func unescape(p []byte) (value []byte, size int) {
	if len(p) < 2 {
		return nil, 0
	}
	if c, ok := simple[p[1]]; ok {
		return []byte{c}, 2
	}
	switch p[1] {
	case 'x', 'X':
		return number(p, 2, 2, 16)
	case 'u':
		return symbol(p, 4)
	case 'U':
		return symbol(p, 8)
	}
	return number(p, 1, 3, 8)
}

// digits returns how many digits of a base p starts with, up to most.
func digits(p []byte, most, base int) int {
	n := 0
	for n < min(most, len(p)) {
		if _, err := strconv.ParseUint(string(p[n:n+1]), base, 8); err != nil {
			break
		}
		n++
	}
	return n
}

// number reads the byte that up to most digits behind a start name; more than a
// byte holds wraps, as in the reference parsers.
func number(p []byte, start, most, base int) (value []byte, size int) {
	end := start + digits(p[start:], most, base)
	v, err := strconv.ParseUint(string(p[start:end]), base, 16)
	if err != nil {
		return nil, 0
	}
	return []byte{byte(v)}, end
}

// symbol reads the code point of exactly n hexadecimal digits.
func symbol(p []byte, n int) (value []byte, size int) {
	if digits(p[2:], n, 16) < n {
		return nil, 0
	}
	v, err := strconv.ParseUint(string(p[2:2+n]), 16, 32)
	if err != nil {
		return nil, 0
	}
	return utf8.AppendRune(nil, rune(v)), 2 + n
}
