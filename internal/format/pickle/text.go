package pickle

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text arguments are read in the way of the most lenient of CPython's readers
// (the C unpickler, the one in Python, pickletools), where they disagree.
// Strings of Python are kept as UTF-8 in which a lone surrogate has its three
// bytes, as the codec error handler "surrogatepass" writes it.

// parseInt parses the line of INT, or of LONG, which may end in L: C's strtol
// and Python's int(x, 0), but also base 10 with leading zeros. As C does, it
// stops at a NUL.
func parseInt(line []byte, long bool) (*big.Int, bool) {
	s := string(line)
	if i := strings.IndexByte(s, 0); i >= 0 {
		if s = s[:i]; s == "" && !long {
			return new(big.Int), true // strtol finds nothing, and a NUL behind it
		}
	}
	if long {
		s = strings.TrimSuffix(s, "L")
	}
	return pyInt(s, 0)
}

// parseIndex parses a memo key, which is decimal; C stops at a NUL here too.
func parseIndex(line []byte) (*big.Int, bool) {
	text, _, _ := strings.Cut(string(line), "\x00")
	return pyInt(text, 10)
}

// pyInt is Python's int(s, base); in base 0 it takes leading zeros as octal if
// that can be, else as decimal.
func pyInt(s string, base int) (*big.Int, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits, sign := s, ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		digits, sign = s[1:], s[:1]
	}
	if strings.HasPrefix(digits, "_") && base != 0 || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") || digits == "" {
		return nil, false
	}
	if digits[0] == '+' || digits[0] == '-' {
		return nil, false
	}
	if base != 0 {
		return new(big.Int).SetString(sign+strings.ReplaceAll(digits, "_", ""), base)
	}
	if v, ok := new(big.Int).SetString(sign+digits, 0); ok {
		return v, true
	}
	return new(big.Int).SetString(sign+strings.ReplaceAll(digits, "_", ""), 10)
}

// parseFloat is Python's float(line), stopping at a NUL as C does.
func parseFloat(line []byte) (float64, bool) {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		line = line[:i]
	}
	s := strings.Trim(string(line), " \t\n\v\f\r")
	if strings.ContainsAny(s, "xXpP") || strings.Contains(s, "__") {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && err.(*strconv.NumError).Err == strconv.ErrSyntax {
		return 0, false
	}
	return v, true
}

// unquote takes the quotes off the line of STRING, which Python 2's C unpickler
// reads without what is blank at its end.
func unquote(line []byte) ([]byte, bool) {
	line = bytes.TrimRight(line, " \t\v\f\r")
	n := len(line)
	if n < 2 || line[0] != line[n-1] || line[0] != '\'' && line[0] != '"' {
		return nil, false
	}
	return line[1 : n-1], true
}

// simpleEscapes are the escapes of one letter in a bytes literal.
var simpleEscapes = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'b': '\b', 'f': '\f', 't': '\t', 'n': '\n', 'r': '\r', 'v': '\v', 'a': '\a',
}

// unescape is codecs.escape_decode: the escapes of a bytes literal. An unknown
// escape stands for itself.
func unescape(p []byte) ([]byte, bool) {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] != '\\' {
			out = append(out, p[i])
			continue
		}
		if i++; i == len(p) {
			return nil, false
		}
		c := p[i]
		switch {
		case c == '\n':
		case simpleEscapes[c] != 0:
			out = append(out, simpleEscapes[c])
		case c >= '0' && c <= '7':
			n := 1
			for n < 3 && i+n < len(p) && p[i+n] >= '0' && p[i+n] <= '7' {
				n++
			}
			v, _ := strconv.ParseUint(string(p[i:i+n]), 8, 16)
			out = append(out, byte(v))
			i += n - 1
		case c == 'x':
			if i+2 >= len(p) {
				return nil, false
			}
			v, err := strconv.ParseUint(string(p[i+1:i+3]), 16, 8)
			if err != nil {
				return nil, false
			}
			out = append(out, byte(v))
			i += 2
		default:
			out = append(out, '\\', c)
		}
	}
	return out, true
}

// rawUnicode decodes raw-unicode-escape: Latin-1 in which only \uXXXX and
// \UXXXXXXXX are escapes.
func rawUnicode(p []byte) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] != '\\' || i+1 == len(p) {
			writeRune(&b, rune(p[i]))
			continue
		}
		i++
		digits := 0
		switch p[i] {
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		default:
			b.WriteByte('\\')
			writeRune(&b, rune(p[i]))
			continue
		}
		if i+digits >= len(p) {
			return "", false
		}
		v, err := strconv.ParseUint(string(p[i+1:i+1+digits]), 16, 32)
		if err != nil || v > utf8.MaxRune {
			return "", false
		}
		writeRune(&b, rune(v))
		i += digits
	}
	return b.String(), true
}

// writeRune writes c as UTF-8, surrogates included.
func writeRune(b *strings.Builder, c rune) {
	if c >= 0xd800 && c <= 0xdfff {
		b.Write([]byte{0xed, 0x80 | byte(c>>6)&0x3f, 0x80 | byte(c)&0x3f})
		return
	}
	b.WriteRune(c)
}

// latin1 decodes bytes as Latin-1, which is what loaders that care about old
// pickles pass as encoding.
func latin1(p []byte) string {
	if isASCII(p) {
		return string(p)
	}
	var b strings.Builder
	for _, c := range p {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// isASCII reports whether text is the same in every character set that pickles
// come in.
func isASCII(p []byte) bool {
	const word, high = 8, 0x8080808080808080
	seen := uint64(0)
	for ; len(p) >= word; p = p[word:] {
		seen |= binary.LittleEndian.Uint64(p)
	}
	for _, c := range p {
		seen |= uint64(c)
	}
	return seen&high == 0
}

// validUTF8 reports whether p is UTF-8 in which surrogates may stand.
func validUTF8(p []byte) bool {
	if isASCII(p) {
		return true
	}
	for !utf8.Valid(p) {
		i := firstInvalid(p)
		if i+3 > len(p) || p[i] != 0xed || p[i+1] < 0xa0 || p[i+1] > 0xbf || p[i+2]&0xc0 != 0x80 {
			return false
		}
		p = p[i+3:]
	}
	return true
}

// firstInvalid returns where a text stops being UTF-8 as Go reads it, which
// knows no surrogates.
func firstInvalid(p []byte) int {
	for i := 0; i < len(p); {
		c, n := utf8.DecodeRune(p[i:])
		if c == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(p)
}
