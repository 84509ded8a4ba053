package finding

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// QuoteLimit is how many characters of hostile text a message repeats.
const QuoteLimit = 200

// Quote makes text from a file fit to be shown: control, format and bidi
// characters, invalid UTF-8 and the replacement character appear as escapes, and
// what is longer than QuoteLimit loses its middle. It adds no quotation marks.
func Quote(s string) string { return QuoteUpTo(s, QuoteLimit) }

// QuoteUpTo is Quote with a limit of its own, in characters.
func QuoteUpTo(s string, limit int) string { return Escape(shorten(s, limit)) }

// Code is QuoteUpTo for source code, whose strings are already written with
// escapes: a backslash stays one.
func Code(s string, limit int) string { return Show(shorten(s, limit)) }

// Show is Escape for text in which backslashes say what they say.
func Show(s string) string { return escape(s, `\`) }

// Escape makes hostile text visible without shortening it.
func Escape(s string) string { return escape(s, `\\`) }

// escape is Escape with what a backslash becomes.
func escape(s, backslash string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case c == '\\':
			b.WriteString(backslash)
		case Visible(c):
			b.WriteRune(c)
		default:
			q := strconv.QuoteRuneToASCII(c)
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	return b.String()
}

// Visible reports whether a terminal, a log and Markdown show c as one mark
// that changes nothing around it.
func Visible(c rune) bool {
	return c != utf8.RuneError && unicode.IsPrint(c) &&
		!unicode.In(c, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// shorten cuts the middle out of s so that at most limit characters stay, and
// says how many bytes are gone.
func shorten(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	head := byteIndex(s, limit*2/3)
	tail := len(s)
	for range limit - limit*2/3 {
		_, n := utf8.DecodeLastRuneInString(s[:tail])
		tail -= n
	}
	return fmt.Sprintf("%s…(%d bytes)…%s", s[:head], tail-head, s[tail:])
}

// byteIndex returns where the n-th character of s starts.
func byteIndex(s string, n int) int {
	at := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// UTF8 returns a name as it is if it is valid UTF-8, and escaped if it is not:
// for documents that must be UTF-8 and name files.
func UTF8(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	return Escape(name)
}
