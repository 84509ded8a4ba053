package artifact

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// minText is the least size of what is told to be text, in characters.
const minText = 20

// IsText reports whether the file starts like text: in UTF-8, in UTF-16, or in
// another encoding that has ASCII in it.
func (h *Head) IsText() bool { return h.has(text, isText) }

func isText(h *Head) bool {
	if len(h.First) >= minText && bytes.IndexByte(h.First, 0) < 0 && (validUTF8(h.First) || visible(h.First)) {
		return true
	}
	return UTF16(h.First) != nil
}

// IsJSON reports whether the file may be an object or an array of JSON, in any
// encoding. White space of any length may stand in front of it: a file that shows
// nothing else may be one.
func (h *Head) IsJSON() bool { return h.has(json, isJSON) }

func isJSON(h *Head) bool {
	const space = " \t\r\n"
	text := bytes.TrimLeft(h.First, "\x00\xff\xfe\xef\xbb\xbf"+space)
	if len(text) == 0 {
		return h.Size > int64(len(h.First)) && bytes.ContainsAny(h.First, space)
	}
	return text[0] == '{' || text[0] == '['
}

// validUTF8 reports whether a text is UTF-8, its last character perhaps cut.
func validUTF8(p []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(p) {
			return true
		}
		p = p[:len(p)-1]
	}
	return false
}

// visible reports whether a text has no control characters of ASCII but those
// that are white space.
func visible(p []byte) bool {
	return bytes.IndexFunc(p, func(c rune) bool { return c < ' ' && (c < '\t' || c > '\r') || c == 0x7f }) < 0
}

// UTF16 returns the order of the bytes in a text of which the start is given, if
// it reads as UTF-16, with a mark of that order or without; nil if it does not.
func UTF16(first []byte) binary.ByteOrder {
	if len(first) < 2*minText {
		return nil
	}
	// Nine in ten characters are letters or the like, of which one byte is zero.
	ascii := bytes.Count(first, []byte{0}) >= len(first)/2*9/10
	switch {
	case binary.LittleEndian.Uint16(first) == 0xfeff || ascii && letters(first, 0):
		return binary.LittleEndian
	case binary.BigEndian.Uint16(first) == 0xfeff || ascii && letters(first, 1):
		return binary.BigEndian
	}
	return nil
}

// letters reports whether nine in ten characters of UTF-16 are of ASCII. low is the
// place of the lower byte in each.
func letters(p []byte, low int) bool {
	others := len(p)/2 - len(p)/2*9/10
	for i := 0; i+1 < len(p) && others >= 0; i += 2 {
		c := p[i+low]
		if p[i+1-low] != 0 || (c < ' ' || c >= 0x7f) && c != '\n' && c != '\r' && c != '\t' {
			others--
		}
	}
	return others >= 0
}

// Narrow returns the ASCII of a text in UTF-16, in place, which is what names,
// credentials and encodings are made of; any other character becomes a space.
func Narrow(p []byte, order binary.ByteOrder) []byte {
	n := len(p) / 2
	for i := range n {
		c := order.Uint16(p[2*i:])
		if c >= utf8.RuneSelf {
			c = ' '
		}
		p[i] = byte(c)
	}
	return p[:n]
}
