// Package encoded finds content that is written down as text, as in a string of a
// header that is the base64 form of a pickle.
package encoded

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// minRun is the shortest text that is decoded, in characters: what the
	// smallest pickle that calls something takes in base64.
	minRun = 20
	// maxLevels is how many encodings around each other are undone.
	maxLevels = 4
)

// A Content is what one stretch of a text stands for.
type Content struct {
	Encodings []string // outermost first: "base64", "hex", "zlib"
	Kind      string   // what it starts like: see the function Kind, Text and Bytecode
	Offset    int      // of the stretch in the text, in bytes
	Data      []byte
}

// Kinds of content beside those that the function Kind tells.
const (
	Text     = "text"     // UTF-8 that is neither binary nor of a Kind
	Bytecode = "bytecode" // what may be a marshalled code object of Python
)

// A Walk looks for what is encoded in texts.
type Walk struct {
	Budget *hostile.Budget
	// Visit is called with each content that comes out, by offset and from the
	// outside in. It returns whether that is all that is wanted of it: otherwise
	// what is compressed or encoded in it is looked for.
	Visit func(Content) bool
	// Deep is set when something is encoded more than maxLevels times over, or
	// may be: it was not decoded.
	Deep bool

	wanted int // contents of which nothing more is wanted
}

// In looks through a text. Its error is a *hostile.Fault of the budget.
func (w *Walk) In(text []byte) error {
	return w.text(text, nil, -1)
}

// text looks through a text that was found at an offset of the outermost one, or
// through the outermost if the offset is negative.
func (w *Walk) text(text []byte, encodings []string, at int) error {
	if err := w.Budget.Steps(int64(len(text) / 64)); err != nil {
		return err
	}
	f := finder{text: text, walk: w, encodings: encodings, at: at}
	f.all()
	return f.err
}

// Promising reports whether a Walk would decode anything of a text. It allocates
// next to nothing.
func Promising(text []byte) bool {
	f := finder{text: text, at: -1}
	f.all()
	return f.promised
}

// probe is how many characters are decoded before the rest is, and promising how
// many bytes of text make it worth while.
const (
	probe     = 80
	promising = 12
)

// promises reports whether the start of a text decodes to what content starts
// with.
func promises(f *form, text []byte) bool {
	switch f {
	case escapesForm, latinForm, percentForm, queryForm, rot13Form, rotatedForm:
		return true // what they are found by
	}
	if !may(f, text) {
		return false
	}
	head := f.decode(beginning(f, text))
	return starts(head) || len(head) >= promising && (readable(head) || wide(head) != nil)
}

// beginning returns the start of a text, without a number that it cuts.
func beginning(f *form, text []byte) []byte {
	head := text[:min(len(text), probe)]
	if i := bytes.LastIndexAny(head, " ,;:-\n"); f == numbersForm && i > 0 && len(head) < len(text) {
		head = head[:i]
	}
	return head
}

// starts reports whether data starts like content of a kind.
func starts(data []byte) bool {
	if len(data) < promising {
		return false
	}
	return Kind(data) != "" || marshal.Looks(data) || compress.Sniff(data) != nil || data[0] == 'M' && data[1] == 'Z'
}

// decode undoes one form and goes on with what comes out. Stretches of a text may
// lie in each other, which is why each counts.
func (w *Walk) decode(f *form, text []byte, encodings []string, at int) error {
	mark := w.Budget.Held()
	defer w.Budget.Release(mark)
	if err := w.Budget.Hold(f.held(text)); err != nil {
		return err
	}
	if err := w.Budget.Steps(int64(len(text) / 8)); err != nil {
		return err
	}
	data := f.decode(text)
	if len(data) < promising || bytes.Equal(data, text) {
		return nil
	}
	return w.content(Content{Encodings: with(encodings, f.name), Offset: at, Data: data})
}

// with returns a list with one more element, sharing nothing.
func with(list []string, more string) []string {
	return append(list[:len(list):len(list)], more)
}

// content visits a content and, unless that is enough, what is in it.
func (w *Walk) content(c Content) error {
	classify(&c)
	if c.Kind != "" && w.Visit(c) {
		w.wanted++
		return nil
	}
	if len(c.Encodings) >= maxLevels {
		w.Deep = w.Deep || c.Kind == Text && Promising(c.Data) || compress.Sniff(c.Data) != nil
		return nil
	}
	if c.Kind == Text || c.Kind == "script" {
		return w.text(c.Data, c.Encodings, c.Offset)
	}
	if packed := compress.Sniff(c.Data); packed != nil {
		return w.unpack(c, packed)
	}
	return nil
}

// classify tells of what kind a content is.
func classify(c *Content) {
	if c.Kind = Kind(c.Data); c.Kind != "" {
		return
	}
	switch {
	case readable(c.Data):
		c.Kind = Text
	case marshal.Looks(c.Data):
		c.Kind = Bytecode
	case wide(c.Data) != nil:
		c.Kind, c.Data = Text, wide(c.Data)
	}
}

// unpack undoes a compression, as far as the stream is sound. What is too large
// for memory is text of nobody's.
func (w *Walk) unpack(c Content, f *compress.Format) error {
	mark := w.Budget.Held()
	defer w.Budget.Release(mark)
	content, _ := f.Unpack(hostile.Bytes(c.Data), int64(len(c.Data)), w.Budget)
	if err := w.Budget.Spent(); err != nil {
		return err
	}
	data, whole := content.Whole()
	if !whole || len(data) == 0 {
		return nil
	}
	return w.content(Content{Encodings: with(c.Encodings, f.Name), Offset: c.Offset, Data: data})
}

// readable reports whether data is UTF-8 without control characters, its last
// character perhaps cut.
func readable(data []byte) bool {
	for len(data) > 0 {
		c, n := rune(data[0]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRune(data)
		}
		switch {
		case c == utf8.RuneError && n == 1:
			return len(data) < utf8.UTFMax && !utf8.FullRune(data)
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f', c == 0x7f:
			return false
		}
		data = data[n:]
	}
	return true
}

// wide returns text in UTF-16, little-endian as PowerShell takes its commands,
// as UTF-8, and nil if data is none, or none of Latin letters.
func wide(data []byte) []byte {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		if data[i+1] != 0 {
			return nil
		}
		units = append(units, uint16(data[i]))
	}
	out := []byte(string(utf16.Decode(units)))
	if len(out) == 0 || !readable(out) {
		return nil
	}
	return out
}
