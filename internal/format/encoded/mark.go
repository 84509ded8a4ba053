package encoded

import "bytes"

// marks are what encoded text can be found by: the signs of escapes and brackets,
// and words of programs with their letters turned by 13 places: import, curl and
// wget with the space behind them, /bin/.
var marks = [...][]byte{
	[]byte(`\`), []byte("%"), []byte("<~"), []byte("vzcbeg"), []byte("phey "), []byte("jtrg "), []byte("/ova/"),
}

// found visits what a mark at a place belongs to and returns where that ends.
func (f *finder) found(mark []byte, at int) int {
	switch mark[0] {
	case '\\':
		return f.backslash(at)
	case '%':
		return f.percent(at)
	case '<':
		return f.bracket(at)
	}
	return f.turned(at)
}

// block is how much of a text is searched for one mark before it is for the
// next: what the processor's cache keeps.
const block = 64 << 10

// marks visits what there are marks of.
func (f *finder) marks() {
	var at [len(marks)]int
	for end := 0; end < len(f.text); {
		end = min(end+block, len(f.text))
		for i, m := range marks {
			to := min(end+len(m)-1, len(f.text))
			for at[i] < to {
				n := bytes.Index(f.text[at[i]:to], m)
				if n < 0 {
					at[i] = max(at[i], to-len(m)+1)
					break
				}
				at[i] += n
				at[i] = max(at[i]+1, f.found(m, at[i]))
			}
		}
	}
}

// bracket visits what stands in the brackets of Adobe's Ascii85.
func (f *finder) bracket(at int) int {
	n := bytes.Index(f.text[at:], []byte("~>"))
	if n < 0 {
		return len(f.text)
	}
	f.visit(stretch{start: at, end: at + n + 2, forms: a85Forms})
	return at + n
}

// backslash visits strings with escapes: those in which characters are escaped
// that need not be, and, without a space, those with quotation marks, which
// Ascii85 has as well.
func (f *finder) backslash(at int) int {
	switch {
	case at+1 == len(f.text):
	case f.text[at+1] == '"':
		f.quoted(at + 1)
		return at + 2
	case needless(f.text[at:]):
		return f.escapes(at)
	}
	return at + 1
}

// quoted visits the string around an escaped quotation mark, once.
func (f *finder) quoted(at int) {
	if at < f.literal {
		return
	}
	start, end := around(f.text, at, '"')
	if s := f.text[start:end]; len(s) >= minBase85 && bytes.IndexByte(s, ' ') < 0 {
		f.visit(stretch{start: start, end: end, forms: literals})
	}
	f.literal = end
}

// escapes visits the string around an escape, if it has many of them, and returns
// where it ends.
func (f *finder) escapes(at int) int {
	return enclosing(f.text, at, func(start, end int) {
		count := 0
		for i := start; i < end; i++ {
			if f.text[i] == '\\' && needless(f.text[i:]) {
				count++
			}
		}
		if count >= minEscapes {
			f.visit(stretch{start: start, end: end, forms: escapeForms})
			// Once more from the first escape on: what stands before it may
			// keep the whole from being of a kind.
			f.visit(stretch{start: firstEscape(f.text[:at]), end: end, forms: escapeForms})
		}
	})
}

// firstEscape returns where the escapes of characters begin with which a text
// ends, or its end: what a writer of JSON escapes may stand before what it does
// not.
func firstEscape(text []byte) int {
	const size = len(`\u0000`)
	for {
		text = bytes.TrimRight(text, `\`) // escaped themselves
		at := len(text) - size + 1
		if at < 1 || text[at-1] != '\\' || text[at] != 'u' {
			return len(text)
		}
		text = text[:at-1]
	}
}

// needless reports whether a text starts with an escape that no writer of JSON
// makes: of a byte, or of a letter or digit.
func needless(text []byte) bool {
	if len(text) > 3 && text[1] == 'x' {
		return hexDigit(text[2]) && hexDigit(text[3])
	}
	if len(text) < 6 || text[1] != 'u' || text[2] != '0' || text[3] != '0' || text[4] < '3' || text[4] > '7' {
		return false
	}
	decoded, _ := appendEscape(nil, text[1:])
	return len(decoded) == 1 && bytes.IndexByte([]byte(digits+letters), decoded[0]) >= 0
}

// letter reports whether a byte may be of a word.
func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// hexDigit reports whether a byte is a hexadecimal digit in either case.
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

// percent visits percent-encoded texts.
func (f *finder) percent(at int) int {
	if !isPercent(f.text[at:]) {
		return at + 1
	}
	start, end := at, at
	for start > 0 && at-start < maxString && class[f.text[start-1]]&inURL != 0 {
		start--
	}
	for end < len(f.text) && class[f.text[end]]&inURL != 0 {
		end++
	}
	if bytes.Count(f.text[start:end], []byte("%")) >= minPercent {
		f.visit(stretch{start: start, end: end, forms: percentages})
	}
	return end
}

// turned visits the strings that a turned word stands in, and the whole text.
func (f *finder) turned(at int) int {
	if !f.rotated && len(f.text) <= maxString {
		f.visit(stretch{start: 0, end: len(f.text), forms: rotations})
	}
	f.rotated = true
	_, end := around(f.text, at, '"')
	f.visit(stretch{start: at, end: end, forms: rotations})
	return enclosing(f.text, at, func(start, end int) {
		f.visit(stretch{start: start, end: end, forms: rotations})
	})
}
