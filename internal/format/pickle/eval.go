package pickle

import (
	"strings"
	"unicode/utf8"
)

// Results of calls are computed where that takes no more than the values in the
// file: what a name is put together from, what a decoder makes of a constant,
// which function a chain of getattr and partial comes to.

const (
	maxDepth = 32      // of calls that calls make
	maxItems = 1 << 16 // of one iteration

	// What computing may cost for one pickle: bytes and items looked at, and so
	// much for each call, in proportion to the file.
	minWork     = 16 << 20
	workPerByte = 32
	workPerCall = 64
)

// A call is a function with its arguments.
type call struct {
	fn    Value
	args  []Value
	kw    Value // a dict, or zero
	loose bool  // the arguments are not all known
	new   bool  // __new__ alone
	self  Value // of a method that is called as one
}

// A function is what the machine knows of a Python callable.
type function struct {
	// pure: the result follows from the arguments and nothing else happens, so
	// that it can be computed when it is needed.
	pure bool
	// name is which argument names what is imported or looked up, from 1, or 0.
	name int
	// eval returns what the call returns, and whether that is known. It makes the
	// calls that the callable makes.
	eval func(*Machine, *call) (Value, bool)
}

// spend pays for n bytes or items of computing; it reports whether there is no
// more to spend.
func (m *Machine) spend(n int64) bool {
	m.work += n + 1
	if m.work <= minWork+workPerByte*(m.s.r.End()-m.s.r.Start()) {
		return false
	}
	m.cut = true
	return true
}

// deep reports whether calls are made by calls, or results depend on results,
// further than is followed.
func (m *Machine) deep() bool {
	m.cut = m.cut || m.depth >= maxDepth
	return m.depth >= maxDepth
}

// call is a call made by the pickle. It emits it, after the calls that it makes
// itself, and returns its result: computed, or an object that remembers what was
// called.
func (m *Machine) call(c call) Value {
	if m.done || m.Err() != nil || !m.affords(&c) {
		return unknown
	}
	kind := Calls
	if c.new {
		kind = Makes
	}
	if !m.reading.Literal {
		c.fn = m.force(c.fn)
		if v, ok := m.compute(c); ok {
			m.emit(Effect{Kind: kind, Fn: c.fn, Args: c.args, Kw: c.kw, Value: v, Computed: true})
			return v
		}
		m.consume(c.fn, c.args)
		m.disturbed(&c)
	}
	o := object{kind: Call, fn: c.fn, kw: c.kw, items: c.args}
	if c.new {
		o.flags |= flagNew
	}
	if c.loose {
		o.lost = 1
	}
	m.deepen(&o, c.args)
	v := m.newObject(o)
	m.emit(Effect{Kind: kind, Fn: c.fn, Args: c.args, Kw: c.kw, Value: v})
	return v
}

// affords charges the budget for the arguments of a call, which everybody goes
// through who looks at it: a file can give the same million to any number of calls.
func (m *Machine) affords(c *call) bool {
	n := len(c.args)
	if o := m.object(c.kw); o != nil {
		n += len(o.items)
	}
	const free = 16 // by what the opcodes themselves are charged
	return n <= free || m.s.r.Budget().Steps(int64(n)) == nil
}

// compute finds what the machine knows of the callable and asks it.
func (m *Machine) compute(in call) (Value, bool) {
	o := m.object(in.fn)
	if o == nil || m.deep() || m.spend(workPerCall) || !m.s.r.Step() || !m.knows(o) {
		return 0, false
	}
	m.depth++
	defer func() { m.depth-- }()
	c := in // which is kept for those that know it: most calls are of something else
	switch o.kind {
	case Global:
		return m.computeGlobal(o, &c)
	case Attr:
		if name, ok := m.Str(o.kw); ok {
			c.self = o.fn
			return m.method(name, &c)
		}
	case Call:
		return m.Name(o.fn).instance(m, o, &c)
	}
	return 0, false
}

// knows reports whether the machine may know what is called, and notes that a
// name is.
func (m *Machine) knows(o *object) bool {
	switch o.kind {
	case Global:
		o.flags |= flagCalled
		n := &m.known[o.ref]
		return n.function != nil || strings.Contains(n.Name, ".")
	case Attr:
		return o.flags&flagForced == 0
	case Call:
		n := m.Name(o.fn)
		return n != nil && n.instance != nil
	}
	return false
}

// computeGlobal calls a name that the machine may know. A call without effects
// is only noted, to be computed if somebody asks for what it returns; one with
// an argument that may change is computed at once.
func (m *Machine) computeGlobal(o *object, c *call) (Value, bool) {
	n := &m.known[o.ref]
	f := n.function
	switch {
	case f == nil:
		return m.computeMethod(n, c)
	case f.pure && m.hasKeywords(c):
		return 0, false
	case f.name > 0 && f.name <= len(c.args):
		was := m.by(c.args[f.name-1])
		v, ok := f.eval(m, c)
		m.assembled = was
		return v, ok
	case !f.pure || c.loose:
		return f.eval(m, c)
	case m.mutable(c):
		return f.eval(m, c)
	}
	v := m.newObject(object{kind: Call, flags: flagPure, fn: c.fn, kw: c.kw, items: c.args})
	return v, true
}

// hasKeywords reports whether a call has keyword arguments that a function whose
// whole effect is its result is not known with.
func (m *Machine) hasKeywords(c *call) bool {
	o := m.object(c.kw)
	if o == nil {
		return c.kw != 0
	}
	return len(o.items) > 2 || o.lost > 0 || len(o.items) == 2 && !m.Reads(o.items[0], "encoding")
}

// mutable reports whether an argument may change after the call.
func (m *Machine) mutable(c *call) bool {
	for _, v := range c.args {
		switch m.Kind(v) {
		case List, Dict, Set, ByteArray:
			return true
		case Call:
			if o := m.object(v); o == nil || o.flags&flagPure == 0 {
				return true
			}
		}
	}
	return c.kw != 0
}

// force returns what a pure call returns, if that can be known, else the call.
func (m *Machine) force(v Value) Value {
	o := m.object(v)
	if o != nil && o.kind == Global && m.known[o.ref].text != "" && !m.reading.Literal {
		return m.newStr(m.known[o.ref].text)
	}
	if o == nil || o.flags&flagPure == 0 || o.flags&flagForcing != 0 {
		return v
	}
	if o.flags&flagForced != 0 {
		if o.state != 0 {
			return o.state
		}
		return v
	}
	if m.deep() {
		return v
	}
	m.depth++
	o.flags |= flagForcing
	c := call{fn: o.fn, args: o.items, kw: o.kw}
	result, ok := m.known[m.object(o.fn).ref].function.eval(m, &c)
	m.depth--
	o = m.object(v)
	o.flags = o.flags&^flagForcing | flagForced
	if !ok || result == v {
		return v
	}
	o.state = m.force(result)
	return o.state
}

// consume iterates over the lazy iterators among the arguments of a call that
// the machine does not know, and in containers of these: whoever takes one may
// run it. Few files make one.
func (m *Machine) consume(fn Value, args []Value) {
	if n := m.Name(fn); n != nil && n.iterator != nil {
		m.iterates = true
		return
	}
	if m.iterates {
		m.consumeAll(args)
	}
}

// consumeAll is consume for values.
func (m *Machine) consumeAll(values []Value) {
	if m.deep() || m.spend(int64(len(values))) {
		return
	}
	m.depth++
	for _, v := range values {
		switch o := m.object(v); {
		case m.lazy(v):
			m.iterate(v)
		case o != nil && (o.kind == Tuple || o.kind == List || o.kind == Set || o.kind == FrozenSet || o.kind == Dict):
			m.consumeAll(o.items)
		}
	}
	m.depth--
}

// lazy reports whether v is an iterator that calls a function.
func (m *Machine) lazy(v Value) bool {
	o := m.object(v)
	if o == nil || o.kind != Call || o.flags&(flagPure|flagSpent) != 0 {
		return false
	}
	n := m.Name(o.fn)
	return n != nil && n.iterator != nil
}

// exact reports whether all elements of v are known.
func (m *Machine) exact(v Value) bool {
	v = m.force(v)
	o := m.object(v)
	if o == nil {
		return m.Kind(v) == Str || m.Kind(v) == Bytes
	}
	switch o.kind {
	case Tuple, List, Set, FrozenSet, Dict:
		return o.lost == 0 && o.flags&flagChanged == 0
	}
	return m.lazy(v)
}

// elements returns what can be known of the elements of v.
func (m *Machine) elements(v Value) []Value {
	v = m.force(v)
	o := m.object(v)
	if o == nil || o.kind != Tuple {
		items, _ := m.iterate(v)
		return items
	}
	return o.items
}

// iterate returns the elements of v, and whether they are known. Calls that an
// iterator makes are made.
func (m *Machine) iterate(v Value) ([]Value, bool) {
	v = m.force(v)
	switch m.Kind(v) {
	case Str:
		return m.runes(v)
	case Bytes, ByteArray:
		return m.octets(v)
	}
	o := m.object(v)
	if o == nil || m.reading.Literal && o.kind == Call {
		return nil, false
	}
	known := o.lost == 0 && o.flags&flagChanged == 0 && !m.spend(int64(len(o.items)))
	switch o.kind {
	case Tuple, List:
		return o.items, known
	case Set, FrozenSet: // hashes decide on the order
		return o.items, known && len(o.items) < 2
	case Dict:
		if !known {
			return nil, false
		}
		return m.keys(o)
	case Call:
		return m.unroll(o)
	}
	return nil, false
}

// unroll runs an iterator.
func (m *Machine) unroll(o *object) ([]Value, bool) {
	n := m.Name(o.fn)
	if n == nil || o.flags&flagPure != 0 || m.deep() {
		return nil, false
	}
	if o.flags&flagSpent != 0 {
		// What it gave the first time. How much of that is left is not known.
		if again := m.object(o.state); again != nil {
			return again.items, false
		}
		return nil, false
	}
	if n.iterator == nil {
		return nil, false
	}
	o.flags |= flagSpent
	m.depth++
	items, ok := n.iterator(m, o.items)
	m.depth--
	if ok {
		o.state = m.newContainer(List, items)
	}
	return items, ok
}

// runes are the characters of a str, which Python iterates over.
func (m *Machine) runes(v Value) ([]Value, bool) {
	s, ok := m.Str(v)
	if !ok || len(s) > maxItems || m.spend(int64(len(s))) || !utf8.ValidString(s) {
		return nil, false
	}
	var out []Value
	for _, c := range s {
		out = append(out, m.newStr(string(c)))
	}
	return out, true
}

// octets are the numbers of bytes, which Python iterates over.
func (m *Machine) octets(v Value) ([]Value, bool) {
	s, ok := m.Bytes(v)
	if !ok || len(s) > maxItems || m.spend(int64(len(s))) {
		return nil, false
	}
	out := make([]Value, len(s))
	for i := range len(s) {
		out[i] = smallInt(int64(s[i]))
	}
	return out, true
}

// keys returns the keys of a dict in the order in which they came, and whether it
// is known that no two of them are equal.
func (m *Machine) keys(o *object) (keys []Value, unique bool) {
	keys, unique = make([]Value, 0, len(o.items)/2), true
	met := make(map[string]bool, len(o.items)/2)
	for i := 0; i+1 < len(o.items); i += 2 {
		s, ok := m.Str(o.items[i])
		unique = unique && (ok && !met[s] || len(o.items) == 2)
		met[s], keys = true, append(keys, o.items[i])
	}
	return keys, unique
}
