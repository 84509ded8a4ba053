// Package json reads JSON text (RFC 8259) whose author may be an attacker, token
// by token or as a tree. Unlike encoding/json it keeps what loaders disagree
// about: members that stand twice, their order, and where each value lies. Like
// Python's json it takes NaN and Infinity for numbers.
package json

import (
	"hash/maphash"
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxDepth is how many arrays and objects may be open at once. Python's json
// gives up at about a thousand.
const maxDepth = 10_000

// A Kind is a kind of token, or of value where it names one.
type Kind uint8

// The kinds of tokens. The zero Kind is the end of the text, or a fault.
const (
	Object    Kind = iota + 1 // {
	ObjectEnd                 // }
	Array                     // [
	ArrayEnd                  // ]
	Name                      // of a member; its value follows
	String
	Number
	True
	False
	Null
)

// A Token is one token with its place.
type Token struct {
	Kind   Kind
	Offset int64  // of its first byte in the file
	Text   string // of Name and String: the characters, unescaped; of Number: the literal
	Again  bool   // of Name: the object has had a member of this name before
}

// A Decoder reads one JSON value, which must fill the window of its Reader. A
// fault of the text becomes the Reader's fault and ends the tokens.
type Decoder struct {
	r    *hostile.Reader
	open []frame
	done bool // the outermost value is complete
	seed maphash.Seed
	text []byte // scratch of string
}

// A frame is an array or object that is not closed yet.
type frame struct {
	array bool
	named bool // of an object: a name was read, its value comes next
	items int
	names map[uint64]struct{} // hashes of the names so far
}

// NewDecoder reads from the Reader's cursor to the end of its window, in UTF-8.
func NewDecoder(r *hostile.Reader) *Decoder {
	return &Decoder{r: r, seed: maphash.MakeSeed()}
}

// Err returns the fault that ended the tokens, or nil at the end of the text.
func (d *Decoder) Err() error { return d.r.Err() }

// Next returns the next token. Its Kind is zero at the end and after a fault.
func (d *Decoder) Next() Token {
	if !d.r.Step() {
		return Token{}
	}
	c, more := d.char()
	switch {
	case d.r.Err() != nil:
		return Token{}
	case len(d.open) == 0 && d.done && more:
		return d.malformed("text behind the end of the JSON value")
	case len(d.open) == 0 && d.done:
		return Token{}
	case !more:
		d.r.Fail(hostile.Truncated, "the JSON text ends inside a value")
		return Token{}
	case len(d.open) == 0:
		return d.value(c)
	}
	f := &d.open[len(d.open)-1]
	if f.array {
		return d.element(f, c)
	}
	return d.member(f, c)
}

// Skip reads to the end of the value whose first token is t.
func (d *Decoder) Skip(t Token) {
	if t.Kind != Object && t.Kind != Array {
		return
	}
	for depth := len(d.open); len(d.open) >= depth && d.Next().Kind != 0; {
	}
}

// element reads an array's next element, or its end; c is the character ahead.
func (d *Decoder) element(f *frame, c byte) Token {
	switch {
	case c == ']' && f.items == 0:
		return d.close(ArrayEnd)
	case f.items == 0:
	case c == ']':
		return d.close(ArrayEnd)
	case c != ',':
		return d.malformed("neither a comma nor ] follows an element")
	default:
		d.r.Skip(1)
		c, _ = d.char()
	}
	f.items++
	return d.value(c)
}

// member reads an object's next name, the value of the last one, or the end.
func (d *Decoder) member(f *frame, c byte) Token {
	switch {
	case f.named:
		f.named = false
		return d.value(c)
	case c == '}':
		return d.close(ObjectEnd)
	case f.items == 0:
	case c != ',':
		return d.malformed("neither a comma nor } follows a member")
	default:
		d.r.Skip(1)
		c, _ = d.char()
	}
	// RFC 8259 has no comma behind the last member, and Python refuses one.
	if c != '"' {
		return d.malformed("a member without a name in quotation marks")
	}
	return d.name(f)
}

// name reads the name of a member, with its colon.
func (d *Decoder) name(f *frame) Token {
	t := Token{Kind: Name, Offset: d.r.Offset(), Text: d.string()}
	if c, _ := d.char(); c != ':' {
		return d.malformed("no colon follows the name of a member")
	}
	d.r.Skip(1)
	f.named = true
	f.items++
	t.Again = d.again(f, t.Text)
	if d.r.Err() != nil {
		return Token{}
	}
	return t
}

// nameCost is what keeping the hash of one name takes, in bytes.
const nameCost = 32

// again reports whether the object had the name before, and remembers it.
func (d *Decoder) again(f *frame, name string) bool {
	// A seed of our own: names that collide on purpose would have to guess it.
	sum := maphash.String(d.seed, name)
	if _, found := f.names[sum]; found {
		return true
	}
	if err := d.r.Budget().Hold(nameCost); err != nil {
		d.r.Fail(hostile.OverBudget, "an object of %d members: %v", f.items, err)
		return false
	}
	if f.names == nil {
		f.names = make(map[uint64]struct{})
	}
	f.names[sum] = struct{}{}
	return false
}

// value reads a value's first token; c is the character ahead.
func (d *Decoder) value(c byte) Token {
	t := Token{Offset: d.r.Offset()}
	switch c {
	case '{':
		t.Kind = d.push(Object)
	case '[':
		t.Kind = d.push(Array)
	case '"':
		t.Kind, t.Text = String, d.string()
	case 't':
		t.Kind = d.word("true", True)
	case 'f':
		t.Kind = d.word("false", False)
	case 'n':
		t.Kind = d.word("null", Null)
	case 'N':
		t.Kind, t.Text = d.word("NaN", Number), "NaN"
	case 'I':
		t.Kind, t.Text = d.word("Infinity", Number), "Infinity"
	default:
		t.Kind, t.Text = Number, d.number()
	}
	if d.r.Err() != nil {
		return Token{}
	}
	d.done = d.done || len(d.open) == 0
	return t
}

// push opens an object or an array.
func (d *Decoder) push(k Kind) Kind {
	if len(d.open) == maxDepth {
		d.r.Fail(hostile.Unsupported, "JSON nested more than %d deep", maxDepth)
	}
	d.r.Skip(1)
	d.open = append(d.open, frame{array: k == Array})
	return k
}

// close ends the innermost object or array.
func (d *Decoder) close(k Kind) Token {
	t := Token{Kind: k, Offset: d.r.Offset()}
	d.r.Skip(1)
	d.open = slices.Delete(d.open, len(d.open)-1, len(d.open))
	d.done = len(d.open) == 0
	return t
}

// word reads true, false or null.
func (d *Decoder) word(w string, k Kind) Kind {
	if string(d.r.Peek(len(w))) != w {
		d.malformed("not a JSON value")
	}
	d.r.Skip(uint64(len(w)))
	return k
}

// malformed is the fault of what is no JSON.
func (d *Decoder) malformed(detail string) Token {
	d.r.Fail(hostile.Malformed, "%s", detail)
	return Token{}
}

// char skips white space and returns the character ahead, without moving behind
// it, and whether there is one.
func (d *Decoder) char() (byte, bool) {
	// Indented text has long runs of spaces.
	const chunk = 256
	for {
		p := d.r.Peek(chunk)
		for i, c := range p {
			if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				d.r.Skip(uint64(i))
				return c, true
			}
		}
		if len(p) < chunk || !d.r.Step() {
			d.r.Skip(uint64(len(p)))
			return 0, false
		}
		d.r.Skip(chunk)
	}
}
