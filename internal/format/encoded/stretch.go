package encoded

import (
	"bytes"
	"strings"
)

// A stretch is a part of a text that may be content in one of some forms.
type stretch struct {
	start, end int
	text       []byte // what is decoded, when it is not text[start:end]
	forms      []*form
}

// The shortest stretches that are decoded, in characters: what the smallest
// pickle or program that does something takes.
const (
	minBase85  = 25
	minNumbers = 60
	minEscapes = 4 // escapes
	minPercent = 4 // escapes
)

var (
	alphabets   = []*form{hexForm, base32Form, base64Form}
	base85Forms = []*form{base85Form}
	z85Forms    = []*form{z85Form}
	a85Forms    = []*form{ascii85Form}
	numberForms = []*form{numbersForm}
	escapeForms = []*form{escapesForm}
	percentages = []*form{queryForm, percentForm}
	rotations   = []*form{rot13Form, rotatedForm}
	literals    = []*form{literalForm}
)

// stretches calls visit with what may be encoded in a text.
func stretches(text []byte, visit func(stretch)) {
	if joined := withoutSpace(text); joined != nil {
		visit(stretch{end: len(text), text: joined, forms: alphabets})
	} else {
		words(text, visit)
	}
	parts(text, 0, len(text), minNumbers, inNumber, func(start, end int, _ uint8) {
		for start > 0 && start < end && letter(text[start-1]) && hexDigit(text[start]) {
			start++ // the end of a word
		}
		visit(stretch{start: start, end: end, forms: numberForms})
	})
	brackets(text, visit)
	quoted(text, visit)
	escaped(text, visit)
	percents(text, visit)
	rotated(text, visit)
}

// withoutSpace returns a text of several lines or words that has no characters
// but those of base64, without the space between them; otherwise nil.
func withoutSpace(text []byte) []byte {
	isSpace := func(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
	spaces := 0
	for _, c := range text {
		switch {
		case isSpace(c):
			spaces++
		case class[c]&inBase64 == 0:
			return nil
		}
	}
	if spaces == 0 || len(text)-spaces < minRun {
		return nil
	}
	out := make([]byte, 0, len(text)-spaces)
	for _, c := range text {
		if !isSpace(c) {
			out = append(out, c)
		}
	}
	return out
}

// words visits what is encoded without a space in it, but perhaps in lines.
func words(text []byte, visit func(stretch)) {
	last := 0
	parts(text, 0, len(text), minRun, inWord, func(start, end int, all uint8) {
		base64 := func(start, end int, _ uint8) {
			if start >= last {
				last = multiline(text, start, end, visit)
			}
		}
		if all&inBase64 != 0 {
			base64(start, end, all)
			return
		}
		parts(text, start, end, minRun, inBase64, base64)
		parts(text, start, end, minBase85, inBase85, func(start, end int, _ uint8) {
			visit(stretch{start: start, end: end, forms: base85Forms})
		})
		parts(text, start, end, minBase85, inZ85, func(start, end int, _ uint8) {
			visit(stretch{start: start, end: end, forms: z85Forms})
		})
		if start > 0 && text[start-1] == '"' {
			visit(stretch{start: start, end: closing(text, end), forms: literals})
		}
	})
}

// multiline visits a run of base64, alone and with the lines behind it, and
// returns where they end.
func multiline(text []byte, start, end int, visit func(stretch)) int {
	if i := bytes.IndexByte(text[start:end], '='); i >= 0 {
		end = start + i + len(text[start+i:end]) - len(bytes.TrimLeft(text[start+i:end], "="))
	}
	visit(stretch{start: start, end: end, forms: alphabets})
	joined, last := lines(text, start, end)
	if joined != nil {
		visit(stretch{start: start, end: last, text: joined, forms: alphabets})
	}
	return last
}

// closing returns the place of the quotation mark that ends a string which a
// place lies in, or of the text's end.
func closing(text []byte, at int) int {
	for i := at; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			break
		}
		if i += n; i == 0 || text[i-1] != '\\' {
			return i
		}
	}
	return len(text)
}

// literal undoes the escapes of visible characters in a string of JSON.
func literal(text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out = append(out, text[i])
	}
	return out
}

// lines returns the text from start to end together with the lines that follow
// it, as long as they are of base64 and equally long (MIME, PEM), and where they
// end. Line ends may be escaped, and lines indented.
func lines(text []byte, start, end int) (joined []byte, last int) {
	size, last := end-start, end
	for {
		at := lineEnd(text, last)
		if at == last {
			return joined, last
		}
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
		to := at
		for to < len(text) && to-at < size && class[text[to]]&inBase64 != 0 {
			to++
		}
		if to == at || to < len(text) && !strings.ContainsRune("\r\n\\\"'", rune(text[to])) {
			return joined, last
		}
		if joined == nil {
			joined = bytes.Clone(text[start:end])
		}
		joined, last = append(joined, text[at:to]...), to
		if to-at < size {
			return joined, last
		}
	}
}

// lineEnd returns the place behind a line's end at a place, or the place.
func lineEnd(text []byte, at int) int {
	for _, end := range []string{"\r\n", "\n", `\r\n`, `\n`} {
		if bytes.HasPrefix(text[at:], []byte(end)) {
			return at + len(end)
		}
	}
	return at
}

// brackets visits what stands in the brackets of Adobe's Ascii85.
func brackets(text []byte, visit func(stretch)) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("<~"))
		if i < 0 {
			return
		}
		at += i
		n := bytes.Index(text[at:], []byte("~>"))
		if n < 0 {
			return
		}
		visit(stretch{start: at, end: at + n + 2, forms: a85Forms})
		at += n
	}
}

// quoted visits strings of JSON without a space that have quotation marks, which
// Ascii85 has as well.
func quoted(text []byte, visit func(stretch)) {
	for at := 0; at < len(text); {
		i := bytes.Index(text[at:], []byte(`\"`))
		if i < 0 {
			return
		}
		at += i + 1
		start, end := around(text, at, '"')
		if s := text[start:end]; len(s) >= minBase85 && bytes.IndexByte(s, ' ') < 0 {
			visit(stretch{start: start, end: end, forms: literals})
		}
		at = max(at, end)
	}
}

// escaped visits strings in which characters are escaped that need not be.
func escaped(text []byte, visit func(stretch)) {
	for at := 0; at < len(text); {
		i := bytes.IndexByte(text[at:], '\\')
		if i < 0 {
			return
		}
		at += i
		if !needless(text[at:]) {
			at += 2 + len(text[at+1:]) - len(bytes.TrimLeft(text[at+1:], `\`))
			continue
		}
		at = max(at+2, enclosing(text, at, func(start, end int) {
			count := 0
			for i := start; i < end; i++ {
				if text[i] == '\\' && needless(text[i:]) {
					count++
				}
			}
			if count >= minEscapes {
				visit(stretch{start: start, end: end, forms: escapeForms})
				visit(stretch{start: at, end: end, forms: escapeForms})
			}
		}))
	}
}

// needless reports whether a text starts with an escape that no writer of JSON
// makes: of a byte, or of a letter or digit.
func needless(text []byte) bool {
	for len(text) > 1 && text[1] == '\\' {
		text = text[1:]
	}
	if len(text) > 3 && text[1] == 'x' {
		return hexDigit(text[2]) && hexDigit(text[3])
	}
	if len(text) < 6 || text[1] != 'u' || text[2] != '0' || text[3] != '0' || text[4] < '3' || text[4] > '7' {
		return false
	}
	decoded, _ := appendEscape(nil, text[1:])
	return len(decoded) == 1 && bytes.IndexByte([]byte(digits+letters), decoded[0]) >= 0
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

func hexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// maxString is how far the ends of a string are looked for, in bytes.
const maxString = 1 << 20

// enclosing visits the string that a place lies in, in either kind of quotation
// marks or on one line, and returns where the longer of them ends.
func enclosing(text []byte, at int, visit func(start, end int)) int {
	from, to := around(text, at, '"')
	visit(from, to)
	start, end := around(text, at, '\'')
	if start != from || end != to {
		visit(start, end)
	}
	return max(end, to)
}

// around returns the bounds of the string or line that a place lies in.
func around(text []byte, at int, quote byte) (start, end int) {
	ends := func(i int) bool {
		return text[i] == '\n' || text[i] == quote && (i == 0 || text[i-1] != '\\')
	}
	for start, end = at, at; start > 0 && at-start < maxString && !ends(start-1); {
		start--
	}
	for end < len(text) && end-at < maxString && !ends(end) {
		end++
	}
	return start, end
}

// percents visits percent-encoded texts.
func percents(text []byte, visit func(stretch)) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '%')
		if i < 0 {
			return
		}
		at += i
		if !isPercent(text[at:]) {
			at++
			continue
		}
		start, end := at, at
		for start > 0 && class[text[start-1]]&inURL != 0 {
			start--
		}
		for end < len(text) && class[text[end]]&inURL != 0 {
			end++
		}
		if bytes.Count(text[start:end], []byte("%")) >= minPercent {
			visit(stretch{start: start, end: end, forms: percentages})
		}
		at = end
	}
}

// turned are words of programs, their letters turned by 13 places: import, exec,
// curl and wget with the space behind them, /bin/.
var turned = [][]byte{[]byte("vzcbeg"), []byte("phey "), []byte("jtrg "), []byte("/ova/")}

// rotated visits the strings that turned words stand in, and the whole text.
func rotated(text []byte, visit func(stretch)) {
	whole := false
	for _, word := range turned {
		for at := 0; ; {
			i := bytes.Index(text[at:], word)
			if i < 0 {
				break
			}
			at += i
			if !whole && len(text) <= maxString {
				visit(stretch{start: 0, end: len(text), forms: rotations})
			}
			whole = true
			_, end := around(text, at, '"')
			visit(stretch{start: at, end: end, forms: rotations})
			at = max(at+1, enclosing(text, at, func(start, end int) {
				visit(stretch{start: start, end: end, forms: rotations})
			}))
		}
	}
}
