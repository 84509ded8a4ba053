package onnx

import "strings"

// words is a place in a text whose words are read one by one. A copy looks ahead.
type words struct {
	text string
	at   int // in bytes
}

// A word is one word of the text: a name, a text in quotation marks, or another
// character.
type word struct {
	kind byte // 'n', '"', '!' for a text without an end, the character, or 0 at the end and at a NUL
	text string
	at   int
}

// blanks moves behind white space and comments.
func (w *words) blanks() {
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case ' ', '\t', '\r', '\n':
			w.at++
		case '#':
			if i := strings.IndexByte(w.text[w.at:], '\n'); i >= 0 {
				w.at += i
			} else {
				w.at = len(w.text)
			}
		default:
			return
		}
	}
}

// peek returns the first byte of the next word, or 0 at the end.
func (w *words) peek() byte {
	if w.blanks(); w.at < len(w.text) {
		return w.text[w.at]
	}
	return 0
}

// next reads a word. Behind a NUL there is none.
func (w *words) next() word {
	c, start := w.peek(), w.at
	switch {
	case c == 0:
		return word{at: start}
	case c == '"':
		return w.literal()
	case named(c):
		for w.at < len(w.text) && (named(w.text[w.at]) || w.text[w.at] == '.' || w.text[w.at] >= '0' && w.text[w.at] <= '9') {
			w.at++
		}
		return word{'n', w.text[start:w.at], start}
	}
	w.at++
	return word{c, w.text[start:w.at], start}
}

// named reports whether a name may start with a character.
func named(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// literal reads a text in quotation marks.
func (w *words) literal() word {
	start := w.at
	w.at++
	if n := strings.IndexAny(w.text[w.at:], "\"\\"); n >= 0 && w.text[w.at+n] == '"' { // as it stands
		w.at += n + 1
		return word{'"', w.text[start+1 : w.at-1], start}
	}
	var out strings.Builder
	for ; w.at < len(w.text); w.at++ {
		switch c := w.text[w.at]; c {
		case '"':
			w.at++
			return word{'"', out.String(), start}
		case '\\':
			if w.at+1 < len(w.text) {
				w.at++
			}
			out.WriteByte(w.text[w.at])
		default:
			out.WriteByte(c)
		}
	}
	return word{'!', "", start}
}
