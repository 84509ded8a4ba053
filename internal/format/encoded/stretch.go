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
	escapeForms = []*form{escapesForm, latinForm}
	percentages = []*form{queryForm, percentForm}
	rotations   = []*form{rot13Form, rotatedForm}
	literals    = []*form{literalForm}
)

// A finder looks for stretches of one text, and visits what may be encoded in
// them.
type finder struct {
	text      []byte
	walk      *Walk    // that decodes what is promised, unless it is nil
	encodings []string // that the text came out of
	at        int      // the offset of the text in the outermost one; negative: it is the outermost
	promised  bool     // something was
	err       error
	literal   int  // where the string ends that was looked at for its quotation marks
	closed    int  // where the string ends that a word was looked for in last
	rotated   bool // the whole text was visited as rot13
}

// all visits every stretch.
func (f *finder) all() {
	wanted := f.wanted()
	if spaces := f.spaces(); spaces > 0 && len(f.text)-spaces >= minRun {
		f.spaced()
	}
	if f.wanted() == wanted {
		f.words()
	}
	f.numbers()
	f.marks()
}

// visit decodes a stretch in each form in which its start promises something,
// until one is all that is wanted.
func (f *finder) visit(s stretch) {
	if s.text == nil {
		s.text = f.text[s.start:s.end]
	}
	offset := f.at
	if f.at < 0 {
		offset = s.start
	}
	wanted := f.wanted()
	for _, form := range s.forms {
		if f.err != nil || !promises(form, s.text) {
			continue
		}
		f.promised = true
		if f.walk != nil && f.wanted() == wanted {
			f.err = f.walk.decode(form, s.text, f.encodings, offset)
		}
	}
}

// wanted counts the contents of which nothing more is wanted.
func (f *finder) wanted() int {
	if f.walk == nil {
		return 0
	}
	return f.walk.wanted
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// spaces counts the white space of a text that has no characters but that and
// those of base64; others have none.
func (f *finder) spaces() (n int) {
	for _, c := range f.text {
		switch {
		case isSpace(c):
			n++
		case class[c]&inBase64 == 0:
			return 0
		}
	}
	return n
}

// spaced visits a text of several lines or words without the space between them,
// if its start may promise something.
func (f *finder) spaced() {
	var room [headSize + len("0x")]byte
	head := withoutSpace(room[:0], f.text)
	for _, form := range alphabets {
		if may(form, head) {
			joined := withoutSpace(make([]byte, 0, len(f.text)), f.text)
			f.visit(stretch{end: len(f.text), text: joined, forms: alphabets})
			return
		}
	}
}

// withoutSpace appends a text without its white space, as far as there is room.
func withoutSpace(out, text []byte) []byte {
	for _, c := range text {
		if len(out) == cap(out) {
			break
		}
		if !isSpace(c) {
			out = append(out, c)
		}
	}
	return out
}

// words visits what is encoded without a space in it, but perhaps in lines.
func (f *finder) words() {
	last := 0
	for end := 0; end < len(f.text); {
		var start int
		var all uint8
		if start, end, all = next(f.text, end, minRun, inWord); start == end {
			return
		}
		if all&inBase64 != 0 {
			last = f.multiline(start, end, last)
		} else {
			last = f.mixed(start, end, last)
		}
	}
}

// mixed visits what is in a word of characters of several classes.
func (f *finder) mixed(start, end, last int) int {
	for from, to := start, start; to < end; {
		if from, to, _ = next(f.text[:end], to, minRun, inBase64); from < to {
			last = f.multiline(from, to, last)
		}
	}
	f.runs(start, end, inBase85, base85Forms)
	f.runs(start, end, inZ85, z85Forms)
	if start > 0 && f.text[start-1] == '"' {
		f.visit(stretch{start: start, end: f.closing(end), forms: literals})
	}
	return last
}

// runs visits the parts of a word that have characters of a class alone.
func (f *finder) runs(start, end int, of uint8, forms []*form) {
	for from, to := start, start; to < end; {
		if from, to, _ = next(f.text[:end], to, minBase85, of); from < to {
			f.visit(stretch{start: from, end: to, forms: forms})
		}
	}
}

// multiline visits a run of base64, alone and with the lines behind it, unless it
// belongs to the one that ended last, and returns where they end.
func (f *finder) multiline(start, end, last int) int {
	if start < last {
		return last
	}
	if i := bytes.IndexByte(f.text[start:end], '='); i >= 0 {
		end = start + i + len(f.text[start+i:end]) - len(bytes.TrimLeft(f.text[start+i:end], "="))
	}
	f.visit(stretch{start: start, end: end, forms: alphabets})
	joined, last := lines(f.text, start, end)
	if joined != nil {
		f.visit(stretch{start: start, end: last, text: joined, forms: alphabets})
	}
	return last
}

// numbers visits lists of numbers.
func (f *finder) numbers() {
	for start, end := 0, 0; end < len(f.text); {
		if start, end, _ = next(f.text, end, minNumbers, inNumber); start == end {
			return
		}
		for start > 0 && start < end && letter(f.text[start-1]) && hexDigit(f.text[start]) {
			start++ // the end of a word
		}
		f.visit(stretch{start: start, end: end, forms: numberForms})
	}
}

// closing returns the place of the quotation mark that ends a string which a
// place lies in, or of the text's end. The places that it is called with come in
// order, so that no part of the text is searched twice.
func (f *finder) closing(at int) int {
	for f.closed = max(f.closed, at); f.closed < len(f.text); f.closed++ {
		n := bytes.IndexByte(f.text[f.closed:], '"')
		if n < 0 {
			f.closed = len(f.text)
			break
		}
		if f.closed += n; f.text[f.closed-1] != '\\' {
			break
		}
	}
	return f.closed
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
