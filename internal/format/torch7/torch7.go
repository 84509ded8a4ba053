// Package torch7 reads the object streams of Lua Torch (torch.save, File.lua of
// torch7), in the binary and the ASCII form. Tensors are passed over; strings,
// classes and functions are told.
package torch7

import (
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxDepth is how deep objects may nest: Lua's own limit of C calls is 200, and
// File.lua recurses in Lua.
const maxDepth = 10_000

// A Kind is a kind of event.
type Kind uint8

// The kinds of events.
const (
	Text     Kind = iota + 1 // a string
	Class                    // an object of a class
	Function                 // a dumped Lua function: bytecode
	Trailing                 // bytes behind the last object
)

// An Event is something in a stream that is not a number.
type Event struct {
	Kind         Kind
	Offset, Size int64  // of the bytes of a Text, Function or Trailing
	Name         string // of a Class
}

// Types of objects in a stream.
const (
	typeNil = iota
	typeNumber
	typeString
	typeTable
	typeTorch
	typeBoolean
	typeFunction
	typeLegacyFunction
	typeRecursiveFunction
)

// Looks reports whether a file that starts with first may be a stream: a table,
// an object with a version, or a function comes first.
func Looks(first []byte) bool {
	const text = "\x03\x00\x00\x00V "
	head := string(first[:min(len(first), 24)])
	if instance(head) {
		return true
	}
	if len(head) < 14 || head[7] != 0 { // the number of an object is small, and any
		return false
	}
	switch kind, rest := head[:4], head[8:]; kind {
	case "\x04\x00\x00\x00":
		return strings.HasPrefix(rest, text)
	case "\x03\x00\x00\x00":
		if len(head) <= 20 {
			return false
		}
		key := head[12]
		return head[10] == 0 && head[11] == 0 && (key == typeNumber || key == typeString) && head[13:16] == "\x00\x00\x00"
	case "\x08\x00\x00\x00", "\x07\x00\x00\x00":
		return strings.HasPrefix(rest[4:], "\x1bL")
	case "\x06\x00\x00\x00":
		return strings.HasPrefix(rest, "\x1bL")
	}
	return false
}

// instance reports whether an object of a class starts here, in the form that is
// text: its type, its number and its version.
func instance(head string) bool {
	number, ok := strings.CutPrefix(head, "4\n")
	rest := strings.TrimLeft(number, "0123456789")
	return ok && len(rest) < len(number) && strings.HasPrefix(rest, "\n3\nV ")
}

// Walk reads the objects of a stream and tells what it meets. An error is a
// *hostile.Fault, or one of the machine; what was told stands.
func Walk(r *hostile.Reader, tell func(Event)) error {
	w := &walker{r: r, tell: tell, seen: make(map[int64]bool)}
	if p := r.Peek(2); len(p) == 2 && p[0] >= '0' && p[0] <= '9' && p[1] == '\n' {
		w.ascii = true
	}
	w.object()
	if w.ascii {
		r.Blanks()
	}
	if r.Err() == nil && r.Left() > 0 {
		tell(Event{Kind: Trailing, Offset: r.Offset(), Size: r.Left()})
	}
	return r.Err()
}

// A walker reads one stream.
type walker struct {
	r     *hostile.Reader
	ascii bool
	tell  func(Event)
	seen  map[int64]bool // indexes of the objects that were written out
	depth int
}

// object reads one object.
func (w *walker) object() {
	if w.depth++; w.depth > maxDepth {
		w.r.Fail(hostile.Unsupported, "objects nested more than %d deep", maxDepth)
	}
	defer func() { w.depth-- }()
	if !w.r.Step() {
		return
	}
	at := w.r.Offset()
	switch kind := w.int(); kind {
	case typeNil:
	case typeNumber:
		w.elements(1, 8)
	case typeBoolean:
		w.int()
	case typeString:
		w.text(Text)
	case typeTable:
		w.table()
	case typeTorch:
		w.instance()
	// Bytecode of string.dump, then a table of upvalues.
	case typeFunction:
		w.text(Function)
		w.object()
	case typeLegacyFunction, typeRecursiveFunction:
		if w.again() {
			return
		}
		w.text(Function)
		w.object()
	default:
		w.r.FailAt(at, hostile.Malformed, "an object of type %d", kind)
	}
}

// again reads the index of an object and reports whether it was written out
// before.
func (w *walker) again() bool {
	i := w.int()
	if w.seen[i] || w.r.Err() != nil {
		return true
	}
	const cost = 32
	if err := w.r.Budget().Hold(cost); err != nil {
		w.r.Fail(hostile.OverBudget, "%d objects: %v", len(w.seen), err)
		return true
	}
	w.seen[i] = true
	return false
}

// table reads pairs of a key and a value, each an object.
func (w *walker) table() {
	if w.again() {
		return
	}
	for range w.count(w.int(), 2) {
		w.object()
		w.object()
		if w.r.Err() != nil {
			return
		}
	}
}

// instance reads an object of a class: its version, class and content. Classes
// that write themselves are tensors and storages; the others are tables.
func (w *walker) instance() {
	if w.again() {
		return
	}
	name := w.name()
	// Before versions there was the class alone.
	if strings.HasPrefix(name, "V ") {
		name = w.name()
	}
	if w.r.Err() != nil {
		return
	}
	w.tell(Event{Kind: Class, Offset: w.r.Offset(), Name: name})
	short, _ := strings.CutPrefix(name, "torch.")
	switch {
	// The C data structures of tds write themselves, in a form of their own.
	case strings.HasPrefix(name, "tds."):
		w.r.Fail(hostile.Unsupported, "an object of class tds")
	case name != short && strings.HasSuffix(short, "Tensor"):
		dims := w.count(w.int(), 1)
		w.elements(2*int64(dims)+1, 8)
		w.object()
	case name != short && strings.HasSuffix(short, "Storage"):
		n := w.long()
		size, ok := sizes[strings.TrimPrefix(strings.TrimSuffix(short, "Storage"), "Cuda")]
		if !ok {
			w.r.Fail(hostile.Unsupported, "a storage of elements that are not known")
		}
		w.elements(n, size)
	default:
		w.object()
	}
}

// sizes are those of the elements of a storage, in bytes, by what stands in front
// of "Storage"; that of the GPU without a word is of floats.
var sizes = map[string]int64{"Byte": 1, "Char": 1, "Short": 2, "Int": 4, "Long": 8, "Float": 4, "Double": 8, "Half": 2, "": 4}

// count is a safe bound for a loop over n records.
func (w *walker) count(n, size int64) int {
	if n < 0 {
		w.r.Fail(hostile.Malformed, "%d records", n)
		return 0
	}
	return w.r.Count(uint64(n), size)
}

// elements passes over n numbers of size bytes. In ASCII those of one byte are
// bytes, and the others words.
func (w *walker) elements(n, size int64) {
	if !w.ascii || size == 1 {
		if k := w.count(n, size); w.r.Err() == nil {
			w.r.Skip(uint64(k) * uint64(size))
		}
		return
	}
	for range w.count(n, 2) {
		if w.word(); !w.r.Step() {
			return
		}
	}
}

// text tells a string or a function of the length in front of it.
func (w *walker) text(k Kind) {
	n := w.count(w.int(), 1)
	if w.r.Err() == nil {
		w.tell(Event{Kind: k, Offset: w.r.Offset(), Size: int64(n)})
	}
	w.r.Skip(uint64(n))
	w.lineEnd()
}

// name reads a string that names a class or a version.
func (w *walker) name() string {
	const longest = 256
	n := w.count(w.int(), 1)
	if n > longest {
		w.r.Fail(hostile.Malformed, "a class with a name of %d bytes", n)
		return ""
	}
	s := string(w.r.Peek(n))
	w.r.Skip(uint64(n))
	w.lineEnd()
	return s
}

// int reads what File.lua writes by writeInt.
func (w *walker) int() int64 {
	if w.ascii {
		return w.number()
	}
	return int64(int32(w.r.UintLE(4)))
}

// long reads what File.lua writes by writeLong, 64 bits on the machines that
// matter.
func (w *walker) long() int64 {
	if w.ascii {
		return w.number()
	}
	return int64(w.r.UintLE(8))
}

// number reads an integer of the ASCII form, and the one line end behind it:
// text that follows starts right there.
func (w *walker) number() int64 {
	n, err := strconv.ParseInt(w.word(), 10, 64)
	if err != nil {
		w.r.Fail(hostile.Malformed, "no number where one is due")
	}
	if p := w.r.Peek(1); len(p) > 0 && p[0] == '\n' {
		w.r.Skip(1)
	}
	return n
}

// word reads a word of the ASCII form, a number.
func (w *walker) word() string {
	const longest = 64
	return w.r.Word(longest)
}

// lineEnd passes over the line end behind a string of the ASCII form.
func (w *walker) lineEnd() {
	if p := w.r.Peek(1); w.ascii && len(p) > 0 && p[0] == '\n' {
		w.r.Skip(1)
	}
}
