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
