package encoded

import (
	"bytes"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"strconv"
	"strings"
)

// A form is a way of writing bytes down as text. decode returns what it made of
// a text, as far as it is of the form, or nil.
type form struct {
	name   string
	decode func(text []byte) []byte
}

var (
	hexForm     = &form{"hex", func(t []byte) []byte { return unhex(string(t)) }}
	base32Form  = &form{"base32", func(t []byte) []byte { return unbase32(strings.ToUpper(string(t))) }}
	base64Form  = &form{"base64", func(t []byte) []byte { return unbase64(string(t)) }}
	base85Form  = &form{"base85", func(t []byte) []byte { return unbase85(t, &base85Values) }}
	z85Form     = &form{"z85", func(t []byte) []byte { return unbase85(t, &z85Values) }}
	ascii85Form = &form{"ascii85", unascii85}
	literalForm = &form{"ascii85", func(t []byte) []byte { return unascii85(literal(t)) }}
	numbersForm = &form{"numbers", unnumber}
	escapesForm = &form{"escapes", unescape}
	latinForm   = &form{"escapes", func(t []byte) []byte { return fromLatin(unescape(t)) }}
	percentForm = &form{"percent-encoding", unpercent}
	queryForm   = &form{"percent-encoding", func(t []byte) []byte { return unpercent(bytes.ReplaceAll(t, []byte("+"), []byte(" "))) }}
	rot13Form   = &form{"rot13", rot13}
	rotatedForm = &form{"rot13", func(t []byte) []byte { return rot13(unescape(t)) }}
)

// held returns how much memory decoding a text takes at most, in bytes.
func (f *form) held(text []byte) uint64 {
	size := 2 * len(text)
	if f == ascii85Form || f == literalForm {
		size += zeroGroup * bytes.Count(text, []byte("z"))
	}
	return uint64(size)
}

func unhex(s string) []byte {
	s = strings.TrimPrefix(s, "0x")
	data, err := hex.DecodeString(s[:len(s)&^1])
	if err != nil {
		return nil
	}
	return data
}

func unbase32(s string) []byte {
	data, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return data
}

// urlToStd turns the alphabet of RFC 4648, section 5 into that of section 4.
var urlToStd = strings.NewReplacer("-", "+", "_", "/")

func unbase64(s string) []byte {
	s = urlToStd.Replace(strings.TrimRight(s, "="))
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	data, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return data
}

// unbase85 decodes groups of five characters, the last perhaps shorter.
func unbase85(text []byte, of *[256]uint8) []byte {
	out := make([]byte, 0, len(text)/5*4+4)
	for len(text) > 0 {
		n := min(len(text), 5)
		var sum uint64
		for i := range 5 {
			v := uint64(84)
			if i < n {
				v = uint64(of[text[i]])
			}
			sum = sum*85 + v
		}
		if sum > 1<<32-1 || n == 1 {
			return out
		}
		out = binary.BigEndian.AppendUint32(out, uint32(sum))[:len(out)+n-1]
		text = text[n:]
	}
	return out
}

// zeroGroup is how many bytes of zero a z stands for in Ascii85.
const zeroGroup = 4

// unascii85 decodes Adobe's form, with or without its brackets.
func unascii85(text []byte) []byte {
	text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("<~")), []byte("~>"))
	out := make([]byte, len(text)+zeroGroup*bytes.Count(text, []byte("z")))
	n, _, _ := ascii85.Decode(out, text, true)
	return out[:n]
}

// unnumber decodes bytes that are written as numbers: pairs of hexadecimal
// digits, or decimals up to 255, with anything but digits between them.
func unnumber(text []byte) []byte {
	out := make([]byte, 0, len(text)/2+1)
	base := 16
	if decimal(text) {
		base = 10
	}
	for f := range numbers(text) {
		f = bytes.TrimPrefix(bytes.TrimPrefix(f, []byte("0x")), []byte("0X"))
		n, err := strconv.ParseUint(string(f), base, 8)
		if err != nil || base == 16 && len(f) > 2 {
			break
		}
		out = append(out, byte(n))
	}
	return out
}

// numbers yields what stands between the separators of a text.
func numbers(text []byte) iter.Seq[[]byte] {
	return bytes.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(" ,;:-\n\r\t", c) })
}

// decimal reports whether numbers are written in the base of ten: of the first, some
// have one digit or three, and none has a letter.
func decimal(text []byte) bool {
	const enough = 20
	odd, seen := false, 0
	for f := range numbers(text) {
		if seen++; seen > enough {
			break
		}
		if bytes.ContainsAny(f, "abcdefABCDEFxX") {
			return false
		}
		odd = odd || len(f) != 2
	}
	return odd
}

// unescape undoes the escapes of string literals. Backslashes may be escaped
// themselves, as in JSON that quotes a literal.
func unescape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		if c != '\\' {
			out = append(out, c)
			i++
			continue
		}
		for i < len(text) && text[i] == '\\' {
			i++
		}
		var n int
		out, n = appendEscape(out, text[i:])
		i += n
	}
	return out
}

// fromLatin returns the bytes that characters stand for in Latin-1, by which
// programs write bytes as characters, or nil if some stand for none.
func fromLatin(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range string(text) {
		if c > 0xff {
			return nil
		}
		out = append(out, byte(c))
	}
	if len(out) == len(text) {
		return nil // ASCII, which stands for itself
	}
	return out
}

// appendEscape appends what the escape stands for whose letter starts text, and
// returns how many bytes it takes.
func appendEscape(out, text []byte) ([]byte, int) {
	if len(text) == 0 {
		return out, 0
	}
	for _, e := range []struct {
		letter byte
		n      int
	}{{'x', 2}, {'u', 4}, {'U', 8}} {
		if text[0] != e.letter || len(text) <= e.n {
			continue
		}
		v, err := strconv.ParseUint(string(text[1:1+e.n]), 16, 32)
		switch {
		case err != nil:
		case v < 0x100 && (e.letter == 'x' || v < 0x80):
			return append(out, byte(v)), 1 + e.n
		default:
			return append(out, string(rune(v))...), 1 + e.n
		}
	}
	if at := strings.IndexByte("nrtabfv0", text[0]); at >= 0 {
		return append(out, "\n\r\t\a\b\f\v\x00"[at]), 1
	}
	return append(out, text[0]), 1
}

// unpercent decodes a text by RFC 3986, section 2.1.
func unpercent(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isPercent(text[i:]) {
			v, _ := strconv.ParseUint(string(text[i+1:i+3]), 16, 8)
			c, i = byte(v), i+2
		}
		out = append(out, c)
	}
	return out
}

// isPercent reports whether a text starts with a percent-encoded byte.
func isPercent(text []byte) bool {
	return len(text) > 2 && text[0] == '%' && hexDigit(text[1]) && hexDigit(text[2])
}

func rot13(text []byte) []byte {
	out := bytes.Clone(text)
	for i, c := range out {
		out[i] = turn(c)
	}
	return out
}

// turn moves a letter by half the alphabet.
func turn(c byte) byte {
	switch lower := c | 0x20; {
	case lower >= 'a' && lower <= 'm':
		return c + 13
	case lower >= 'n' && lower <= 'z':
		return c - 13
	}
	return c
}
