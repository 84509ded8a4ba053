package json

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// stringChunk is how much of a string is looked at in one piece.
	stringChunk = 4 << 10
	// maxNumber is the longest literal that is read, in bytes: twice what Python
	// converts to an integer.
	maxNumber = 8600
)

// string reads a string; the cursor is at its opening quotation mark.
func (d *Decoder) string() string {
	d.r.Skip(1)
	d.text = d.text[:0]
	for d.r.Step() {
		p := d.r.Peek(stringChunk)
		i := plain(p)
		// Most strings are short and have no escapes: they are taken from the
		// buffer as they are.
		if i < len(p) && p[i] == '"' && len(d.text) == 0 {
			return d.whole(p[:i])
		}
		d.keep(p[:i])
		d.r.Skip(uint64(i))
		switch {
		case i == stringChunk:
		case i == len(p):
			d.r.Fail(hostile.Truncated, "a JSON string is not ended")
		case p[i] == '"':
			return d.whole(nil)
		case p[i] == '\\':
			d.escape()
		default:
			d.malformed("a control character in a JSON string")
		}
	}
	return ""
}

// whole ends a string whose last characters are rest.
func (d *Decoder) whole(rest []byte) string {
	text := rest
	if len(d.text) > 0 {
		text = d.text
	}
	if !utf8.Valid(text) {
		d.malformed("a JSON string is not valid UTF-8")
		return ""
	}
	s := string(text)
	d.r.Skip(uint64(len(rest)) + 1)
	return s
}

// plain returns how many bytes stand before the first that ends, escapes or
// breaks a string.
func plain(p []byte) int {
	for i, c := range p {
		if c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(p)
}

// keep adds characters to the string being read, charged once it grows large.
func (d *Decoder) keep(p []byte) {
	if need := len(d.text) + len(p); need > cap(d.text) {
		size := max(2*cap(d.text), need, 64)
		if size > stringChunk {
			if err := d.r.Budget().Hold(uint64(size)); err != nil {
				d.r.Fail(hostile.OverBudget, "a JSON string of more than %d bytes: %v", len(d.text), err)
				return
			}
		}
		d.text = append(make([]byte, 0, size), d.text...)
	}
	d.text = append(d.text, p...)
}

// escapes are the characters that a backslash and a letter stand for.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads an escape sequence. Half of a surrogate pair, which Python's json
// keeps, becomes the replacement character.
func (d *Decoder) escape() {
	p := d.r.Peek(len(`\ud83d\ude00`))
	switch {
	case len(p) < 2:
		d.r.Fail(hostile.Truncated, "a JSON string is not ended")
	case escapes[p[1]] != 0:
		c := int(p[1])
		d.keep(escapes[c : c+1])
		d.r.Skip(2)
	case p[1] == 'u':
		d.unicode(p)
	default:
		d.malformed("an escape sequence that JSON does not have")
	}
}

// unicode reads \uXXXX, or two of them that are one character.
func (d *Decoder) unicode(p []byte) {
	c, ok := hex4(p)
	if !ok {
		d.malformed("an escape sequence without four hexadecimal digits")
		return
	}
	n := uint64(6)
	if utf16.IsSurrogate(c) {
		second, _ := hex4(p[6:])
		if c = utf16.DecodeRune(c, second); c != utf8.RuneError {
			n = 12
		}
	}
	d.keep(utf8.AppendRune(nil, c))
	d.r.Skip(n)
}

// hex4 reads \uXXXX.
func hex4(p []byte) (rune, bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return rune(v), err == nil
}

// number reads a number's literal.
func (d *Decoder) number() string {
	p := d.r.Peek(maxNumber + 1)
	n := numberLength(p)
	switch {
	case n == 0:
		d.malformed("not a JSON value")
	case n > maxNumber:
		d.r.Fail(hostile.Unsupported, "a JSON number of more than %d characters", maxNumber)
	}
	s := string(p[:n])
	d.r.Skip(uint64(n))
	return s
}

// numberLength returns the length of the number that p starts with, or 0.
func numberLength(p []byte) int {
	i := 0
	if i < len(p) && p[i] == '-' {
		i++
	}
	const infinity = "Infinity"
	if i == 1 && len(p) > len(infinity) && string(p[1:1+len(infinity)]) == infinity {
		return 1 + len(infinity)
	}
	whole := digits(p[i:])
	// No leading zeros (RFC 8259, section 6).
	if whole == 0 || whole > 1 && p[i] == '0' {
		return 0
	}
	i += whole
	if i < len(p) && p[i] == '.' {
		n := digits(p[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	return exponent(p, i)
}

// exponent returns where the exponent at p[i], if there is one, ends.
func exponent(p []byte, i int) int {
	if i >= len(p) || p[i]|0x20 != 'e' {
		return i
	}
	i++
	if i < len(p) && (p[i] == '+' || p[i] == '-') {
		i++
	}
	n := digits(p[i:])
	if n == 0 {
		return 0
	}
	return i + n
}

// digits counts the digits that a number starts with.
func digits(p []byte) int {
	for i, c := range p {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(p)
}
