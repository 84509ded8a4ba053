// Package ubjson reads Universal Binary JSON (https://ubjson.org, draft 12),
// token by token, with the typed containers that XGBoost writes.
package ubjson

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// MaxDepth is how many containers may be open at once.
	MaxDepth = 10_000
	// maxText is how much of a text a token carries, in bytes.
	maxText = 64 << 10
)

// A Kind is a kind of token; the zero Kind is the end, or a fault.
type Kind uint8

// The kinds of tokens.
const (
	Object Kind = iota + 1
	ObjectEnd
	Array
	ArrayEnd
	Name // of a member; its value follows
	Text
	Number
	Other  // null, true, false, no-op and characters
	Packed // the elements of an array of one type, jumped over
)

// A Token is one token with its place.
type Token struct {
	Kind   Kind
	Offset int64
	Text   string // of Name and Text, cut behind 64 KiB
	Int    int64  // of a Number that is an integer; of Packed, the number of elements
	Type   byte   // of Packed: their type
	End    int64  // of Packed: offset behind the last one
}

// A Decoder reads one value, which must fill the window of its Reader.
type Decoder struct {
	r    *hostile.Reader
	open []frame
	done bool
}

// A frame is a container that is not closed yet.
type frame struct {
	object  bool
	named   bool // of an object: a name was read, its value comes next
	counted bool // it ends after left elements rather than with a mark
	left    uint64
	typed   byte // type of every element, 0 for any
}

// NewDecoder reads from the cursor of r to the end of its window.
func NewDecoder(r *hostile.Reader) *Decoder { return &Decoder{r: r} }

// Err returns the fault that ended the tokens, or nil.
func (d *Decoder) Err() error { return d.r.Err() }

// Next returns the next token. Its Kind is zero at the end and after a fault.
func (d *Decoder) Next() Token {
	if !d.r.Step() {
		return Token{}
	}
	t := d.next()
	if d.r.Err() != nil {
		return Token{}
	}
	return t
}

// next reads the next token, whatever its place.
func (d *Decoder) next() Token {
	if len(d.open) == 0 {
		if d.done {
			if d.r.Left() > 0 {
				d.r.Fail(hostile.Malformed, "%d bytes behind the end of the value", d.r.Left())
			}
			return Token{}
		}
		d.done = true
		return d.value(d.mark())
	}
	f := &d.open[len(d.open)-1]
	if f.object {
		return d.member(f)
	}
	return d.element(f)
}

// mark reads a type marker; no-operations before it are skipped.
func (d *Decoder) mark() byte {
	for d.r.Step() {
		if c := d.r.Uint8(); c != 'N' {
			return c
		}
	}
	return 0
}

// member reads a name or the value of one, in an object.
func (d *Decoder) member(f *frame) Token {
	if f.named {
		f.named = false
		return d.typedValue(f)
	}
	at := d.r.Offset()
	if f.counted && f.left == 0 || !f.counted && d.at('}') {
		return d.close(ObjectEnd, at)
	}
	f.left--
	f.named = true
	return Token{Kind: Name, Offset: at, Text: d.text()}
}

// element reads the next element of an array, or its end.
func (d *Decoder) element(f *frame) Token {
	at := d.r.Offset()
	if f.counted && f.left == 0 || !f.counted && d.at(']') {
		return d.close(ArrayEnd, at)
	}
	f.left--
	return d.typedValue(f)
}

// at steps over a closing marker, if that is what comes.
func (d *Decoder) at(c byte) bool {
	p := d.r.Peek(1)
	if len(p) == 1 && p[0] == c {
		d.r.Skip(1)
		return true
	}
	return false
}

// typedValue reads a value, whose type may be given once for the whole
// container.
func (d *Decoder) typedValue(f *frame) Token {
	if f.typed != 0 {
		return d.value(f.typed)
	}
	return d.value(d.mark())
}

// close ends the innermost container.
func (d *Decoder) close(k Kind, at int64) Token {
	d.open = d.open[:len(d.open)-1]
	return Token{Kind: k, Offset: at}
}

// widths are the sizes of the numbers, in bytes.
var widths = map[byte]uint64{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8, 'd': 4, 'D': 8}

// value reads the value behind a type marker.
func (d *Decoder) value(mark byte) Token {
	t := Token{Offset: d.r.Offset(), Kind: Other}
	switch mark {
	case 'Z', 'T', 'F', 'N':
	case 'C':
		d.r.Skip(1)
	case 'i', 'U', 'I', 'l', 'L':
		t.Kind, t.Int = Number, d.integer(mark)
	case 'd', 'D':
		t.Kind = Number
		d.r.Skip(widths[mark])
	case 'H', 'S':
		t.Kind, t.Text = Text, d.text()
	case '{', '[':
		return d.container(mark == '{', t.Offset)
	default:
		d.r.Fail(hostile.Malformed, "%q is no type of UBJSON", mark)
	}
	return t
}

// integer reads a whole number of the type that the mark says, big endian.
func (d *Decoder) integer(mark byte) int64 {
	width := int(widths[mark])
	if width == 0 || mark == 'd' || mark == 'D' {
		d.r.Fail(hostile.Malformed, "%q where an integer belongs", mark)
		return 0
	}
	v := d.r.UintBE(width)
	if mark == 'U' {
		return int64(v)
	}
	shift := 64 - 8*width
	return int64(v<<shift) >> shift
}

// text reads a length and as many bytes.
func (d *Decoder) text() string {
	n := d.size()
	p := d.r.Peek(int(min(n, maxText)))
	s := string(p)
	d.r.Skip(n)
	return s
}

// size reads a length, which is a number with a type of its own.
func (d *Decoder) size() uint64 {
	n := d.integer(d.mark())
	if n < 0 {
		d.r.Fail(hostile.Malformed, "a length of %d", n)
		return 0
	}
	return uint64(n)
}

// container opens an array or object, with a type and a count if it has them.
func (d *Decoder) container(object bool, at int64) Token {
	f := frame{object: object}
	if d.at('$') {
		f.typed = d.r.Uint8()
		if !d.at('#') {
			d.r.Fail(hostile.Malformed, "a type without a count")
			return Token{}
		}
		f.counted, f.left = true, d.size()
	} else if d.at('#') {
		f.counted, f.left = true, d.size()
	}
	if f.counted && !strings.ContainsRune("ZTFN", rune(f.typed)) { // those take no byte each
		d.r.Count(f.left, 1)
	}
	if width, ok := widths[f.typed]; ok && !object {
		n := d.r.Count(f.left, int64(width))
		d.r.Skip(uint64(n) * width)
		return Token{Kind: Packed, Offset: at, Int: int64(n), Type: f.typed, End: d.r.Offset()}
	}
	if len(d.open) == MaxDepth {
		d.r.Fail(hostile.OverBudget, "containers nested more than %d deep", MaxDepth)
	}
	d.open = append(d.open, f)
	if object {
		return Token{Kind: Object, Offset: at}
	}
	return Token{Kind: Array, Offset: at}
}
