package pickle

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Names is what the machine has to be told about Python's modules.
type Names struct {
	// Py2 returns the Python 3 name of a Python 2 one; unpicklers ask for it
	// below protocol 3.
	Py2 func(module, name string) (string, string)
	// Resolve walks a qualified name through re-exports to where the object
	// lives; a name that ends at a module comes back empty.
	Resolve func(module, qualname string) (string, string)
}

// A Reading chooses between ways to read one pickle, where loaders differ.
type Reading struct {
	// DropTail reads as CPython's C unpickler reads a file object without peek: of
	// a frame that ends inside an argument the rest is lost.
	DropTail bool
	// Arrays skips the array that joblib's loader reads from the stream whenever
	// it has built a NumpyArrayWrapper.
	Arrays bool
	// Shared reads on behind STOP, as one unpickler that is asked for pickle after
	// pickle: what one of them memoised, the next may get.
	Shared bool
	// Literal follows the opcodes alone: no result of a call is computed.
	Literal bool
}

// A Machine follows one pickle. It keeps what CPython's unpickler keeps, with
// abstract values in the place of objects, and calls nothing. It is used once.
type Machine struct {
	// Look is asked about every string and bytes of lookSize bytes or more as it
	// is pushed, with its first bytes (all of up to LookBytes bytes) and its place in
	// the file; those that it wants to see become effects. It may be nil.
	Look func(kind Kind, head []byte, at, size int64) bool
	// Array is told where the elements of an array lie that joblib's loader reads
	// from the stream. It may be nil.
	Array func(at, size int64)

	s       scanner
	names   Names
	reading Reading
	library
	yield func(Effect) bool

	op       Op
	protocol int64
	// assembled: the import that is under way is of a computed name.
	assembled bool
	stack     []Value
	marks     []uint32 // heights of the stack
	fence     int      // the lowest height that the opcodes may pop to: the last of marks, or 0
	memo      memo
	bigMemo   map[string]Value
	changed   map[Value]bool // bytearrays that stand in the file
	heap      heap
	// forgetNext is how many objects are held before old ones are forgotten.
	forgetNext int
	pair       [2]Value    // what APPEND and SETITEM take
	outer      []unpickler // of the pickles around this one

	tables
	cache textCache
	gaps  gaps
	head  [9]byte // of an opcode that is read again
	depth int     // of calls that calls make
	work  int64   // spent on computing results

	result     Value
	ops        int64
	words      vocabulary
	lastText   Value // the string that was pushed last, and after how many opcodes
	lastTextOp int64
	held       int64
	done       bool  // STOP was reached, or the consumer has had enough
	stopped    bool  // STOP was reached
	ended      int64 // offset behind the last STOP
	iterates   bool  // an iterator was made that runs what it is given
	stirred    bool  // what is watched has changed
	missing    bool  // the reading ended at a memo key that is not there
	protoAt    int64 // offset of the first PROTO that does not start a pickle, plus one
	memoKey    int64 // the highest key of a PUT, at memoKeyAt
	memoKeyAt  int64
	deepest    float32 // the most values in one container, at deepestAt
	deepestAt  int64
	cut        bool // a bound left something out that another call depends on
}

// lookSize is the size from which on a Machine asks Look about a constant: no
// shorter pickle calls a function with an argument.
const lookSize = 20

// A library is what the machine knows how to do. The tables are reached through
// the machine, since what stands in them uses the machine.
type library struct {
	run       *[256]func(*Machine, *Op)
	functions map[string]*function
	instances map[string]instance
	iterators map[string]iterator
}

// An instance calls an instance of a class, given the call that made it.
type instance func(m *Machine, o *object, c *call) (Value, bool)

// An iterator iterates over an instance of a class, given the arguments that it
// was made with.
type iterator func(m *Machine, args []Value) ([]Value, bool)

// New returns a machine for the pickle at the cursor of r.
func New(r *hostile.Reader, names Names, reading Reading) *Machine {
	m := spare.Get().(*Machine)
	m.s, m.names, m.reading, m.forgetNext = scanner{r: r, dropTail: reading.DropTail}, names, reading, forgetAt
	m.library = library{run: &handlers, functions: functions, instances: instances, iterators: iterators}
	m.cache = m.cache.fit(r.Left())
	m.tables = m.tables.made()
	return m
}

// Run follows the pickle up to its STOP and yields what loading it would do, in
// that order. The cursor is left behind STOP, or where Err says that reading
// ended; the effects before a fault stand.
func (m *Machine) Run() iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		m.yield = yield
		m.follow()
	}
}

// follow runs opcodes until STOP or a fault. It forgets what nothing refers to
// when the heap has grown.
func (m *Machine) follow() {
	for !m.done && m.s.next(&m.op) {
		m.ops++
		m.run[m.op.Code](m, &m.op)
		// A file may make objects without end; what it cannot reach any more
		// need not be kept.
		if m.heap.n >= m.forgetNext {
			m.forget()
		}
	}
}

// Err returns what ended the reading before STOP, or nil.
func (m *Machine) Err() error { return m.s.r.Err() }

// Stopped reports whether STOP was reached with something on the stack.
func (m *Machine) Stopped() bool { return m.stopped }

// Ended returns the offset behind the last STOP, or 0.
func (m *Machine) Ended() int64 { return m.ended }

// Missing reports whether reading ended at a GET of a key that is not in the memo.
func (m *Machine) Missing() bool { return m.missing }

// Cut reports whether something was not computed that what the pickle does may
// depend on: it takes too much, or rests on what the machine had to forget.
func (m *Machine) Cut() bool { return m.cut }

// Deepest returns how many values whoever goes through the largest structure of
// the pickle meets, and where it was filled. What stands in it twice is met twice.
func (m *Machine) Deepest() (values float64, at int64) { return float64(m.deepest), m.deepestAt }

// MemoKey returns the highest key that a PUT names, and where. CPython's memo has
// room for all keys below it.
func (m *Machine) MemoKey() (key, at int64) { return m.memoKey, m.memoKeyAt }

// Ops returns how many opcodes were followed.
func (m *Machine) Ops() int64 { return m.ops }

// Protocol returns the protocol that the pickle last claimed, or 0.
func (m *Machine) Protocol() int { return int(m.protocol) }

// Result returns what loading returns: the top of the stack at STOP.
func (m *Machine) Result() Value { return m.result }

// Torn returns the offset of the first opcode whose argument, or frame, crosses
// the end of its frame. CPython's readers then see different pickles.
func (m *Machine) Torn() (int64, bool) { return m.s.torn - 1, m.s.torn > 0 }

// BadFrame returns the offset of the first frame that begins inside another or
// ends behind the file, which some unpicklers refuse.
func (m *Machine) BadFrame() (int64, bool) {
	at := m.s.nested
	if at == 0 || m.s.pastEnd != 0 && m.s.pastEnd < at {
		at = m.s.pastEnd
	}
	return at - 1, at > 0
}

// Misplaced returns the offset of the first PROTO that does not start a pickle, as
// every pickler has it.
func (m *Machine) Misplaced() (int64, bool) { return m.protoAt - 1, m.protoAt > 0 }

// fail ends the run with a fault at the current opcode.
func (m *Machine) fail(format string, args ...any) {
	m.s.r.FailAt(m.op.Offset, hostile.Malformed, format, args...)
}

// hold reserves memory, or ends the run.
func (m *Machine) hold(n uint64) bool {
	if m.s.r.Hold(n) != nil {
		return false
	}
	m.held += int64(n)
	return true
}

// release gives back memory that hold reserved.
func (m *Machine) release(n int64) {
	b := m.s.r.Budget()
	m.held -= n
	b.Release(b.Held() - n)
}

// push puts a value on the stack, paying for its growth.
func (m *Machine) push(v Value) {
	if len(m.stack) < cap(m.stack) {
		m.stack = append(m.stack, v)
		return
	}
	m.pushGrowing(v)
}

// pushGrowing is push where the stack has no room.
func (m *Machine) pushGrowing(v Value) {
	if larger, ok := grown(m, m.stack); ok {
		m.stack = append(larger, v)
	}
}

// grown returns a stack with room for more, paying for its memory: while it is
// copied, that of both.
func grown[T Value | uint32](m *Machine, s []T) ([]T, bool) {
	const entry, large = 8, 1 << 20 // which is not doubled any more
	n := cap(s)
	more := max(64, n)
	if n >= large {
		more = n / 2
	}
	if !m.hold(uint64(n+more) * entry) {
		return s, false
	}
	larger := append(make([]T, 0, n+more), s...)
	m.release(int64(n) * entry)
	return larger, true
}

// pop takes the top of the stack; below it is a mark or nothing, that is a
// fault, and what comes back is unknown.
func (m *Machine) pop() Value {
	v, ok := m.top()
	if ok {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v
}

// top returns the top of the stack without taking it.
func (m *Machine) top() (Value, bool) {
	if n := len(m.stack) - 1; n >= m.fence {
		return m.stack[n], true
	}
	return m.empty()
}

// empty is the fault of an opcode that wants something on the stack. What it is
// called by is small enough to be inlined, if it is not.
//
//go:noinline
func (m *Machine) empty() (Value, bool) {
	m.fail("%s finds the stack empty", m.op.Code)
	return unknown, false
}

// setMarks leaves so many marks on the stack, the last of which is its fence.
func (m *Machine) setMarks(marks []uint32) {
	m.marks, m.fence = marks, 0
	if n := len(marks); n > 0 {
		m.fence = int(marks[n-1])
	}
}

// popToMark takes everything above the last mark, and the mark. The slice is
// valid until the next push.
func (m *Machine) popToMark() ([]Value, bool) {
	n := len(m.marks)
	if n == 0 {
		m.fail("%s without a mark", m.op.Code)
		return nil, false
	}
	at := m.marks[n-1]
	m.setMarks(m.marks[:n-1])
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items, true
}

// mark is MARK. Unlike CPython's its stack of marks holds heights of the one
// stack, which is the same thing.
func (m *Machine) mark(*Op) {
	marks := m.marks
	if len(marks) == cap(marks) {
		larger, ok := grown(m, marks)
		if !ok {
			return
		}
		marks = larger
	}
	m.setMarks(append(marks, uint32(len(m.stack))))
}

// stop is STOP. Where several pickles share a memo the machine goes on with the
// next one, as an Unpickler does that is asked to load again.
func (m *Machine) stop(*Op) {
	m.done = true
	m.result = m.pop()
	m.stopped = m.Err() == nil
	if !m.stopped || len(m.outer) > 0 {
		return
	}
	m.ended = m.s.r.Offset()
	// A frame ends with its pickle, whatever length it claimed.
	if m.reading.Shared && m.s.r.Left() > 0 {
		m.s.leaveFrame()
		// The memo stays: that is what one unpickler for all means.
		m.setMarks(m.marks[:0])
		m.stack, m.protocol = m.stack[:0], 0
		m.done, m.stopped = false, false
	}
}

// popOne is POP: where the top is a mark, it takes that.
func (m *Machine) popOne(*Op) {
	if n := len(m.marks); n > 0 && int(m.marks[n-1]) == len(m.stack) {
		m.setMarks(m.marks[:n-1])
		return
	}
	m.pop()
}

// popMark is POP_MARK.
func (m *Machine) popMark(*Op) { m.popToMark() }

// dup is DUP.
func (m *Machine) dup(*Op) {
	if v, ok := m.top(); ok {
		m.push(v)
	}
}

// nothing is for opcodes that do nothing here.
func (m *Machine) nothing(*Op) {}

// proto is PROTO. CPython refuses a protocol that it does not know, and takes
// any other at any place.
func (m *Machine) proto(op *Op) {
	if op.Arg > MaxProtocol {
		m.fail("protocol %d claimed, %d is the highest", op.Arg, MaxProtocol)
		return
	}
	if m.protoAt == 0 && (m.protocol != 0 || len(m.stack)+len(m.marks) > 0) {
		m.protoAt = op.Offset + 1
	}
	m.protocol = op.Arg
}

// put is PUT, BINPUT and LONG_BINPUT.
func (m *Machine) put(op *Op) {
	v, ok := m.top()
	switch {
	case !ok:
	case op.Arg < 0:
		m.fail("PUT under the key %d", op.Arg)
	case op.Big:
		m.putBig(op, v)
	default:
		if op.Arg > m.memoKey {
			m.memoKey, m.memoKeyAt = op.Arg, op.Offset
		}
		m.memo.put(uint64(op.Arg), v, m.hold)
	}
}

// putBig stores under a key that only the unpickler in Python takes.
func (m *Machine) putBig(op *Op, v Value) {
	if !m.hold(uint64(op.Size) + sparseMemoCost) {
		return
	}
	if m.bigMemo == nil {
		m.bigMemo = make(map[string]Value)
	}
	key := bigKey(m.s.at(op.Data, op.Size))
	if _, ok := m.bigMemo[key]; !ok {
		m.memo.n++
	}
	m.bigMemo[key] = v
}

// bigKey is the key of the memo that a decimal line of many digits spells, in
// one spelling.
func bigKey(line []byte) string {
	if len(line) > small {
		return string(line)
	}
	n, _ := parseIndex(line)
	return n.String()
}

// memoize stores under the number of keys in use, which after a gap is not the
// highest key plus one.
func (m *Machine) memoize(*Op) {
	if v, ok := m.top(); ok && !m.memo.next(v) {
		m.memo.put(uint64(m.memo.n), v, m.hold)
	}
}

// get is GET, BINGET or LONG_BINGET.
func (m *Machine) get(op *Op) {
	var v Value
	if op.Big {
		v = m.bigMemo[bigKey(m.s.at(op.Data, op.Size))]
	} else {
		v = m.memo.get(uint64(op.Arg))
	}
	if v != 0 {
		m.push(v)
		return
	}
	m.missing = true
	m.fail("%s of the memo key %d, which is not there", op.Code, op.Arg)
}
