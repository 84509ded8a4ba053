package python

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// stringPrefix reports whether letters may stand in front of a string literal.
func stringPrefix(word string) bool {
	switch strings.ToLower(word) {
	case "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt":
		return true
	}
	return false
}

// stringLiteral reads a string; the cursor is at its quotation mark. Bytes become
// text whose characters are the bytes.
func (l *lexer) stringLiteral(prefix string) {
	start := l.at - len(prefix)
	quote := l.rest()[:1]
	if strings.HasPrefix(l.rest(), strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	var out strings.Builder
	raw, formatted := strings.Contains(prefix, "r"), strings.ContainsAny(prefix, "ft")
	index := len(l.tokens)
	l.emit(Text, "", start)
	for l.err == nil {
		rest := l.rest()
		switch {
		case rest == "" || len(quote) == 1 && lineEnd(rest) > 0:
			l.fail("a string is not ended")
		case strings.HasPrefix(rest, quote):
			l.at += len(quote)
			l.tokens[index].Text = out.String()
			return
		case formatted && (strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}")):
			out.WriteByte(rest[0])
			l.at += 2
		case formatted && rest[0] == '{':
			l.field()
		case rest[0] == '\\' && raw && len(rest) > 1 && !(formatted && (rest[1] == '{' || rest[1] == '}')):
			n := 1 + max(1, lineEnd(rest[1:]))
			out.WriteString(rest[:n])
			l.at += n
		case rest[0] == '\\' && !raw:
			l.at += escape(&out, rest, strings.Contains(prefix, "b"))
		default:
			out.WriteByte(rest[0])
			l.at++
		}
	}
}

// field reads a replacement field of a formatted string, {expression!r:format},
// as an expression in parentheses.
func (l *lexer) field() {
	if l.formats++; l.formats > maxFormats {
		l.fail("formatted strings nested too deep")
	}
	l.emit(Op, "(", l.at)
	l.at++
	outer := len(l.open)
	l.open = append(l.open, '}')
	for l.err == nil && len(l.open) > outer {
		switch {
		case l.at >= len(l.text):
			l.fail("a string is not ended")
		case len(l.open) == outer+1 && l.text[l.at] == ':' && !strings.HasPrefix(l.rest(), ":="):
			l.at++
			l.format()
		case len(l.open) == outer+1 && l.text[l.at] == '}':
			l.emit(Op, ")", l.at)
			l.at++
			l.open = l.open[:outer]
		default:
			l.token()
		}
	}
	l.formats--
}

// format reads the format behind the colon of a field, which may have fields.
func (l *lexer) format() {
	for l.err == nil {
		switch {
		case l.at >= len(l.text):
			l.fail("a string is not ended")
		case l.text[l.at] == '{':
			l.emit(Op, ",", l.at)
			l.field()
		case l.text[l.at] == '}':
			return
		default:
			l.at++
		}
	}
}

// simple are the escape sequences of one character.
var simple = map[byte]string{
	'\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape writes what the escape sequence at the start of s stands for, and
// returns its length. One that stands for nothing stands for itself.
func escape(out *strings.Builder, s string, bytes bool) int {
	if len(s) < 2 {
		out.WriteString(s)
		return len(s)
	}
	if n := lineEnd(s[1:]); n > 0 {
		return 1 + n
	}
	if v, ok := simple[s[1]]; ok {
		out.WriteString(v)
		return 2
	}
	if c, n := Character(s[1:]); n > 0 && !bytes {
		out.WriteRune(c)
		return 1 + n
	}
	digits, base, skip := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]], 16, 2
	if bytes && s[1] != 'x' {
		digits = 0
	}
	if s[1] >= '0' && s[1] <= '7' {
		octal := s[1:min(len(s), 4)]
		digits, base, skip = len(octal)-len(strings.TrimLeft(octal, "01234567")), 8, 1
	}
	end := min(len(s), skip+digits)
	n, err := strconv.ParseUint(s[skip:end], base, 32)
	if digits == 0 || end < skip+digits || err != nil || n > utf8.MaxRune {
		out.WriteByte('\\')
		return 1
	}
	out.WriteRune(rune(n))
	return skip + digits
}

// maxCharacter is the longest name of a character that Python looks up, in bytes
// (NAME_MAXLEN of unicodedata.c).
const maxCharacter = 256

// characterNames are the names of those beside letters that names in programs have.
var characterNames = map[string]rune{
	"LOW LINE": '_', "FULL STOP": '.', "DIGIT ZERO": '0', "DIGIT ONE": '1', "DIGIT TWO": '2', "DIGIT THREE": '3', "DIGIT FOUR": '4',
	"DIGIT FIVE": '5', "DIGIT SIX": '6', "DIGIT SEVEN": '7', "DIGIT EIGHT": '8', "DIGIT NINE": '9',
}

// Character decodes N{LOW LINE} behind a backslash, which n bytes of s are: 0 if it is
// something else. Characters that names in programs do not have, or not by these names,
// are the replacement character.
func Character(s string) (c rune, n int) {
	if !strings.HasPrefix(s, "N{") {
		return 0, 0
	}
	i := strings.IndexByte(s[:min(len(s), maxCharacter)], '}')
	if i < 0 {
		return 0, 0
	}
	called := strings.ToUpper(s[2:i])
	last := called[strings.LastIndexByte(called, ' ')+1:]
	switch c := characterNames[called]; {
	case c != 0:
		return c, i + 1
	case strings.HasPrefix(called, "LATIN SMALL LETTER ") && len(last) == 1:
		return rune(last[0] | 0x20), i + 1
	case strings.HasPrefix(called, "LATIN CAPITAL LETTER ") && len(last) == 1:
		return rune(last[0]), i + 1
	}
	return utf8.RuneError, i + 1
}
