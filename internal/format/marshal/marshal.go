// Package marshal reads what Python's marshal module writes: the constants and
// code objects of .pyc files, Keras lambdas and pickled functions, of Python 2.7
// and 3.0 to 3.14 (Python/marshal.c). Nothing is run; References says what a
// code object names.
package marshal

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind is the type of a Value, as far as a reader of code cares.
type Kind uint8

// The kinds of values.
const (
	Other     Kind = iota // numbers, ellipsis and the like
	Nothing               // None
	Text                  // str
	Bytes                 // bytes, and str of Python 2
	Container             // tuple, list, set, frozenset, dict, slice
	CodeKind              // code object
)

// A Value is one marshalled object. Values may contain themselves.
type Value struct {
	Kind  Kind
	Text  string   // of Text and Bytes
	Items []*Value // of a Container; of a dict, keys and values in turn
	Code  *Code    // of a CodeKind
}

// A Code is a code object.
type Code struct {
	Offset    int64 // of the object in the stream
	Layout    Layout
	Name      string
	Names     []string // globals, attributes and imports, by index
	Variables []string // locals, cells and free variables, by index
	Cells     int      // where the index of cells and free variables starts in Variables
	Constants []*Value
	Bytecode  string
}

// A Layout is an order of the fields of a code object.
type Layout uint8

// The layouts, newest first.
const (
	Python311 Layout = iota // 3.11 to 3.14
	Python38                // 3.8 to 3.10
	Python30                // 3.0 to 3.7
	Python2                 // 2.3 to 2.7
)

var layouts = [...]Layout{Python311, Python38, Python30, Python2}

// maxDepth bounds nesting as marshal.c does (MAX_MARSHAL_STACK_DEPTH).
const maxDepth = 2000

// Decode reads the object at the cursor of r and moves behind it. A stream does
// not say which Python wrote it: the newest layout in which the whole object
// parses is taken. The error is that of the layout that came furthest.
func Decode(r *hostile.Reader) (*Value, error) {
	start := r.Offset()
	var best error
	furthest := int64(-1)
	for _, layout := range layouts {
		d := decoder{r: r.At(uint64(start), uint64(r.End()-start)), layout: layout}
		held := r.Budget().Held()
		v := d.object(0)
		if d.r.Err() == nil {
			r.MoveTo(d.r.Offset())
			return v, r.Err()
		}
		r.Budget().Release(held)
		if d.r.Offset() > furthest {
			furthest, best = d.r.Offset(), d.r.Err()
		}
	}
	return nil, best
}

type decoder struct {
	r        *hostile.Reader
	layout   Layout
	refs     []*Value
	interned []string // of Python 2
}

// valueCost is what a Value takes beside its text, in bytes.
const valueCost = 96

// object reads one object; nil stands for the NULL that ends a dict.
func (d *decoder) object(depth int) *Value {
	if depth > maxDepth {
		d.r.Fail(hostile.Malformed, "objects nested more than %d deep", maxDepth)
	}
	if !d.r.Step() {
		return nil
	}
	if err := d.r.Budget().Hold(valueCost); err != nil {
		d.r.Fail(hostile.OverBudget, "marshalled objects: %v", err)
		return nil
	}
	at := d.r.Offset()
	code := d.r.Uint8()
	v := &Value{}
	if code&flagRef != 0 {
		d.refs = append(d.refs, v)
	}
	return d.typed(v, code&^flagRef, at, depth)
}

// flagRef in the type byte says that a later reference may name the object.
const flagRef = 0x80

// typed reads the object of a type into v, or returns the one referred to.
func (d *decoder) typed(v *Value, code uint8, at int64, depth int) *Value {
	switch code {
	case '0':
		return nil
	case 'N':
		v.Kind = Nothing
	case 'F', 'T', 'S', '.':
	case 'i':
		d.r.Skip(4)
	case 'I', 'g':
		d.r.Skip(8)
	case 'y':
		d.r.Skip(16)
	case 'f':
		d.r.Skip(uint64(d.r.Uint8()))
	case 'x':
		d.r.Skip(uint64(d.r.Uint8()))
		d.r.Skip(uint64(d.r.Uint8()))
	case 'l':
		d.long()
	case 'r', 'R':
		return d.reference(code)
	case 's', 't', 'u', 'a', 'A', 'z', 'Z':
		d.text(v, code)
	case '(', ')', '[', '<', '>', '{', ':':
		d.container(v, code, depth)
	case 'c':
		v.Kind = CodeKind
		v.Code = &Code{Offset: at, Layout: d.layout}
		d.code(v.Code, depth)
	default:
		d.r.FailAt(at, hostile.Malformed, "marshal has no type %#02x", code)
	}
	return v
}

// long steps over an integer: a signed count of 15-bit digits.
func (d *decoder) long() {
	n := int64(int32(d.r.UintLE(4)))
	d.r.Skip(uint64(2 * max(n, -n)))
}

// reference returns an object that stood earlier: any flagged one, or an
// interned string of Python 2.
func (d *decoder) reference(code uint8) *Value {
	i := d.r.UintLE(4)
	if code == 'R' && i < uint64(len(d.interned)) {
		return &Value{Kind: Bytes, Text: d.interned[i]}
	}
	if code == 'r' && i < uint64(len(d.refs)) {
		return d.refs[i]
	}
	d.r.Fail(hostile.Malformed, "a reference to object %d", i)
	return &Value{}
}

// text reads a string, whose length takes one byte or four.
func (d *decoder) text(v *Value, code uint8) {
	size := 4
	if code == 'z' || code == 'Z' {
		size = 1
	}
	v.Text = string(d.r.Bytes(d.r.UintLE(size)))
	v.Kind = Text
	if code == 's' || code == 't' && d.layout == Python2 {
		v.Kind = Bytes
	}
	if code == 't' && d.layout == Python2 {
		d.interned = append(d.interned, v.Text)
	}
}

// container reads what holds other objects.
func (d *decoder) container(v *Value, code uint8, depth int) {
	v.Kind = Container
	switch code {
	case '{':
		for d.r.Step() {
			key := d.object(depth + 1)
			if key == nil {
				return
			}
			v.Items = append(v.Items, key, d.object(depth+1))
		}
	case ':':
		for range 3 {
			v.Items = append(v.Items, d.object(depth+1))
		}
	case ')':
		d.items(v, uint64(d.r.Uint8()), depth)
	default:
		d.items(v, d.r.UintLE(4), depth)
	}
}

// items reads the objects of a tuple, a list or a set.
func (d *decoder) items(v *Value, n uint64, depth int) {
	for range d.r.Count(n, 1) {
		item := d.object(depth + 1)
		if d.r.Err() != nil {
			return
		}
		v.Items = append(v.Items, item)
	}
}

// code reads the fields of a code object in the order of the layout (w_object
// in marshal.c of each version).
func (d *decoder) code(c *Code, depth int) {
	numbers := map[Layout]uint64{Python311: 5, Python38: 6, Python30: 5, Python2: 4}
	d.r.Skip(4 * numbers[d.layout]) // counts of arguments and locals, stack size, flags
	c.Bytecode = d.wanted(Bytes, depth).Text
	c.Constants = d.wanted(Container, depth).Items
	c.Names = d.names(depth)
	c.Variables = d.names(depth)
	if d.layout == Python311 {
		d.wanted(Bytes, depth) // kinds of the variables
	} else {
		c.Cells = len(c.Variables)
		free := d.names(depth)
		cells := d.names(depth)
		c.Variables = append(c.Variables, append(cells, free...)...)
	}
	d.string(depth) // file name
	c.Name = d.string(depth)
	if d.layout == Python311 {
		d.string(depth) // qualified name
	}
	d.r.Skip(4) // first line
	d.wanted(Bytes, depth)
	if d.layout == Python311 {
		d.wanted(Bytes, depth) // exception table
	}
}

// wanted reads a field that must be of a kind; a wrong one says that the layout
// is.
func (d *decoder) wanted(k Kind, depth int) *Value {
	at := d.r.Offset()
	v := d.object(depth + 1)
	if v == nil || v.Kind != k {
		d.r.FailAt(at, hostile.Malformed, "a field of a code object is of the wrong type")
		return &Value{}
	}
	return v
}

// string reads an object that must be a text.
func (d *decoder) string(depth int) string {
	v := d.object(depth + 1)
	if v == nil || v.Kind != Text && v.Kind != Bytes {
		d.r.Fail(hostile.Malformed, "a name of a code object is no string")
		return ""
	}
	return v.Text
}

// nameCost is what a name of a code object takes beside its text, in bytes.
const nameCost = 16

// names reads a tuple of texts.
func (d *decoder) names(depth int) []string {
	items := d.wanted(Container, depth).Items
	// Any number of code objects can refer to one tuple.
	if d.r.Hold(uint64(len(items))*nameCost) != nil {
		return nil
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		if !d.r.Step() {
			return nil
		}
		if item == nil || item.Kind != Text && item.Kind != Bytes {
			d.r.Fail(hostile.Malformed, "a name of a code object is no string")
			return nil
		}
		out = append(out, item.Text)
	}
	return out
}

// Codes lists the code objects in v, outer ones first, each once.
func (v *Value) Codes() (all []*Code) {
	for _, u := range collect(v, -1, nil, make(map[*Value]bool)) {
		all = append(all, u.code)
	}
	return all
}

// Looks reports whether bytes may start a marshalled code object: its type byte
// and a plausible count of arguments behind it.
func Looks(head []byte) bool {
	return len(head) > 24 && head[0]&^flagRef == 'c' && !strings.ContainsFunc(string(head[2:5]), func(c rune) bool { return c != 0 })
}
