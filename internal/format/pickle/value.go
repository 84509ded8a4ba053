package pickle

// A Value is something that the machine's stack holds. It is a handle, valid
// until the next effect: constants are remembered by where they lie in the file
// and read when something depends on them, objects by their number.
//
// Zero is no value at all, which is not the same as unknown.
type Value uint64

// The top byte of a Value says what it is, the others where or how much.
const (
	tagUnknown   = iota + 1 // nothing is known
	tagNone                 //
	tagBool                 // 0 or 1
	tagInt                  // a signed integer of 56 bits
	tagLong                 // offset of the opcode of a larger integer
	tagFloat                // offset of the opcode
	tagStr                  // offset of the opcode
	tagBytes                // offset of the opcode
	tagByteArray            // offset of the opcode
	tagObject               // number of the object
	tagForgotten            // its Kind, and the number of its class
)

const (
	tagShift    = 56
	payloadMask = 1<<tagShift - 1
	maxInt      = 1<<(tagShift-1) - 1
	minInt      = -1 << (tagShift - 1)
)

const (
	unknown Value = tagUnknown << tagShift
	none    Value = tagNone << tagShift
	pyFalse Value = tagBool << tagShift
	pyTrue  Value = pyFalse | 1
)

// tag says which kind of value it is.
func (v Value) tag() int { return int(v >> tagShift) }

// payload is the number, the offset or the index that the kind wants.
func (v Value) payload() int64 { return int64(v & payloadMask) }

// small returns the integer of a tagInt.
func (v Value) small() int64 { return int64(v<<(64-tagShift)) >> (64 - tagShift) }

// constant is a value that lies in the file, where it is read again when it is
// needed.
func constant(tag int, offset int64) Value { return Value(tag)<<tagShift | Value(offset)&payloadMask }

// smallInt is an int that fits beside its tag.
func smallInt(n int64) Value { return Value(tagInt)<<tagShift | Value(n)&payloadMask }

// boolean is True or False.
func boolean(b bool) Value {
	if b {
		return pyTrue
	}
	return pyFalse
}

// A Kind is the type of a Value as far as it is known.
type Kind uint8

// Kinds of values.
const (
	Unknown Kind = iota
	None
	Bool
	Int
	Float
	Str
	Bytes
	ByteArray
	Tuple
	List
	Dict
	Set
	FrozenSet
	Global     // a module, or something found by name in one
	Call       // what a call returned: most often an instance of a class
	Attr       // an attribute of another value
	Persistent // what the loader gives for a persistent id
	Extension  // what the loader's extension registry holds under a code
	Buffer     // an out-of-band buffer
)

var kindNames = [...]string{
	"unknown", "None", "bool", "int", "float", "str", "bytes", "bytearray", "tuple", "list", "dict", "set",
	"frozenset", "global", "call", "attribute", "persistent", "extension", "buffer",
}

// String returns Python's name of the type where it has one.
func (k Kind) String() string { return kindNames[k] }

// An object is what a Value cannot hold itself.
type object struct {
	kind  Kind
	flags flag
	// ref is the name of a Global, the computed content of a Str, Bytes or Int, or the
	// code of an Extension; of a Call it is one more than the number of the dict of the
	// items set on it, 0 if none were and -1 if that is forgotten.
	ref   int32
	lost  int32   // items that were not kept
	deep  float32 // how many values are in it, with those of its items as often as these stand there
	fn    Value   // Call: what was called; Attr: the object it is taken of; Persistent: the id
	kw    Value   // Call: keyword arguments, a dict, or none; Attr: the name
	state Value   // what BUILD set on it; of a pure call, its result
	items []Value // elements; keys and values by turns; arguments of a call
}

type flag uint16

const (
	flagPure     flag = 1 << iota // a call whose result can be computed when it is needed
	flagForced                    // it was computed: the result is in state; of an Attr: it was imported by computed names
	flagForcing                   // it is being computed
	flagNew                       // a call of __new__ alone
	flagSpent                     // an iterator that was consumed
	flagCalled                    // a Global that was called
	flagCallable                  // a Global that an opcode has called: no str, or nothing behind it is read
	flagTaken                     // a dict that something was filled with, or a list that is iterated over
	flagChanged                   // a container that may hold something else by now, or what a call made that may have been changed
	flagWatched                   // somebody asked to be told of changes
)

const (
	objectPage = 1 << 6
	itemPage   = 1 << 9
	objectSize = 64 // bytes, for the memory budget
)

// A heap holds objects by number, in pages so that growing copies nothing.
type heap struct {
	pages []*[objectPage]object
	n     int
	slabs []*[itemPage]Value
	slab  []Value // the rest of the last of them
	kept  int     // items held by all objects
}

// get returns the i-th object.
func (h *heap) get(i int64) *object { return &h.pages[uint64(i)/objectPage][uint64(i)%objectPage] }

// take returns room for n items, which hold anything.
func (h *heap) take(n int) []Value {
	if n > len(h.slab) {
		if n > itemPage/4 {
			return make([]Value, n)
		}
		h.slabs = another(h.slabs)
		h.slab = h.slabs[len(h.slabs)-1][:]
	}
	out := h.slab[:n:n]
	h.slab = h.slab[n:]
	return out
}

// Bounds on what containers remember. A container that lost items is known to
// have done so, and what depends on its items is then unknown.
const (
	keepItems  = 1 << 16 // of one container, while there is room
	keepTotal  = 1 << 20 // of all containers before room is scarce
	keepScarce = 64      // of one container from then on
)

// room returns how many more items a container with have of them may keep.
func (h *heap) room(have, n int) int {
	limit := keepItems
	if h.kept+n > keepTotal {
		limit = keepScarce
	}
	return max(0, min(n, limit-have))
}

// newObject makes an object; it returns unknown, with the fault recorded, if
// the memory budget is spent.
func (m *Machine) newObject(o object) Value {
	kept, v := m.add()
	if kept != nil {
		*kept = o
	}
	return v
}

// add makes room for one more object, which is zero. It returns nil and unknown,
// with the fault recorded, if the memory budget is spent.
func (m *Machine) add() (*object, Value) {
	h := &m.heap
	if h.n%objectPage == 0 {
		if !m.hold(objectPage * objectSize) {
			return nil, unknown
		}
		h.pages = another(h.pages)
	}
	h.n++
	return h.get(int64(h.n - 1)), constant(tagObject, int64(h.n-1))
}

// object returns the object that v names, or nil.
func (m *Machine) object(v Value) *object {
	if v.tag() != tagObject {
		return nil
	}
	return m.heap.get(v.payload())
}

// newContainer makes a container of copies of items, as many as are kept.
func (m *Machine) newContainer(kind Kind, items []Value) Value {
	o, v := m.add()
	if o != nil {
		o.kind = kind
		m.extend(o, items)
	}
	return v
}

// extend appends items to a container as far as there is room.
func (m *Machine) extend(o *object, items []Value) {
	h := &m.heap
	m.deepen(o, items)
	n := h.room(len(o.items), len(items))
	if o.kind == Dict {
		n &^= 1
	}
	if o.lost > 0 {
		n = 0
	}
	o.lost = saturate(int64(o.lost) + int64(len(items)-n))
	if n == 0 || !m.hold(uint64(n)*8) {
		return
	}
	h.kept += n
	if o.items == nil {
		o.items = h.take(n)
		copy(o.items, items)
		return
	}
	o.items = append(o.items, items[:n]...)
}

// deepen counts what items bring into a container. A few opcodes that take what
// stands in the memo twice double it each time.
func (m *Machine) deepen(o *object, items []Value) {
	deep := o.deep + float32(len(items))
	for _, v := range items {
		if p := m.object(v); p != nil {
			deep += p.deep
		}
	}
	if o.deep = deep; deep > m.deepest {
		m.deepest, m.deepestAt = deep, m.op.Offset
	}
}

// saturate keeps a count of what was lost within 32 bits: whether it is zero is
// what matters.
func saturate(n int64) int32 { return int32(min(n, 1<<31-1)) }

// kindOf is the Kind of what is no object.
var kindOf = [...]Kind{
	tagUnknown: Unknown, tagNone: None, tagBool: Bool, tagInt: Int, tagLong: Int, tagFloat: Float, tagStr: Str, tagBytes: Bytes, tagByteArray: ByteArray,
}

// Kind returns the type of v.
func (m *Machine) Kind(v Value) Kind {
	if t := v.tag(); t < len(kindOf) {
		return kindOf[t]
	}
	return m.objectKind(v)
}

// objectKind is Kind for an object, be it forgotten.
//
//go:noinline
func (m *Machine) objectKind(v Value) Kind {
	if o := m.object(v); o != nil {
		return o.kind
	}
	return Kind(uint8(v.payload() >> 32))
}

// Class returns what was called to make v: for an instance, its class. It is
// zero for what no call made.
func (m *Machine) Class(v Value) Value {
	switch v.tag() {
	case tagObject:
		if o := m.object(v); o.kind == Call {
			return o.fn
		}
	case tagForgotten:
		if class := v.payload() & forgottenClass; class != 0 {
			return constant(tagObject, class-1)
		}
	}
	return 0
}

// Computed returns what a call is known to return, or v.
func (m *Machine) Computed(v Value) Value { return m.force(v) }

// Items returns the elements of a container, the keys and values of a dict by
// turns, or the arguments of a call, and whether these are all.
func (m *Machine) Items(v Value) (items []Value, all bool) {
	o := m.object(m.force(v))
	if o == nil {
		return nil, false
	}
	return o.items, o.lost == 0
}

// Attribute returns the object and the name of an attribute that was taken of
// something that is not known by name, if the name is known.
func (m *Machine) Attribute(v Value) (base Value, name string, ok bool) {
	o := m.object(v)
	if o == nil || o.kind != Attr || o.flags&flagForced != 0 {
		return 0, "", false
	}
	name, ok = m.Str(o.kw)
	return o.fn, name, ok
}

// PersistentID returns the id for which the loader gave v, or zero.
func (m *Machine) PersistentID(v Value) Value {
	if o := m.object(v); o != nil && o.kind == Persistent {
		return o.fn
	}
	return 0
}

// State returns what BUILD gave an object, or zero.
func (m *Machine) State(v Value) Value {
	if o := m.object(v); o != nil && o.flags&flagForced == 0 {
		return o.state
	}
	return 0
}

// Field looks a name up in the state that BUILD gives an object: a dict, or a
// pair of dicts of which the second sets slots.
// Who asks sees by Items whether all is known.
func (m *Machine) Field(state Value, name string) (Value, bool) {
	cut := m.cut
	v, ok := m.stateItem(state, name)
	m.cut = cut
	return v, ok
}
