package pickle

// What the machine knows of a container holds as long as the file's own opcodes
// alone fill it. A function that is given one may change it, and so may a method:
// what depends on it from then on is not known.

// disturbed notes what a call may have changed whose effect the machine does not
// know. A partial or an iterator that is made changes nothing, but the one copies
// what it is given by name, and the other may know how long a list is.
func (m *Machine) disturbed(c *call) {
	kw := m.object(c.kw)
	if kw != nil {
		kw.flags |= flagTaken
	}
	n := m.Name(c.fn)
	switch {
	case n != nil && n.instance != nil && n.dotted != makesFunction:
		return
	case n != nil && n.iterator != nil:
		for _, v := range c.args {
			if o := m.object(v); o != nil {
				o.flags |= flagTaken
			}
		}
		return
	}
	const depth = 3 // of containers in containers
	m.disturb(c.fn, depth)
	if kw != nil {
		for _, v := range kw.items {
			m.disturb(v, depth)
		}
	}
	for _, v := range c.args {
		m.disturb(v, depth)
	}
}

// disturb notes that a value may change, with those in it as deep as depth.
func (m *Machine) disturb(v Value, depth int) {
	o := m.object(v)
	// What may change is what a method is of, which may be a method as well.
	for o != nil && o.kind == Attr {
		if m.spend(1) {
			return
		}
		v = o.fn
		o = m.object(v)
	}
	if v.tag() == tagByteArray {
		m.disturbedBytes(v)
	}
	if o == nil || depth == 0 {
		return
	}
	m.stir(o)
	switch o.kind {
	case List, Dict, Set, ByteArray:
		if o.flags&flagChanged != 0 {
			return
		}
		o.flags |= flagChanged
	case Call:
		if m.lazy(v) {
			o.flags |= flagSpent
		}
		o.flags |= flagChanged
	case Tuple:
	default:
		return
	}
	if m.spend(int64(len(o.items))) {
		return
	}
	for _, w := range o.items {
		m.disturb(w, depth-1)
	}
}

// Watch has Stirred tell if a container is filled or an object given a state from now
// on, or if a call may do so.
func (m *Machine) Watch(v Value) {
	if o := m.object(v); o != nil {
		o.flags |= flagWatched
	}
}

// Stirred reports whether anything has changed, or may have, that is watched.
func (m *Machine) Stirred() bool { return m.stirred }

// stir notes a change.
func (m *Machine) stir(o *object) { m.stirred = m.stirred || o.flags&flagWatched != 0 }

// disturbedBytes notes that a bytearray may change that stands in the file.
func (m *Machine) disturbedBytes(v Value) {
	if m.changed[v] || !m.hold(sparseMemoCost) {
		return
	}
	if m.changed == nil {
		m.changed = make(map[Value]bool)
	}
	m.changed[v] = true
}

// isChanged reports whether a value may hold something else by now.
func (m *Machine) isChanged(v Value) bool {
	if o := m.object(v); o != nil {
		return o.flags&flagChanged != 0
	}
	return v.tag() == tagByteArray && m.changed[v]
}

// refill is APPENDS and SETITEMS of a container, with which something may have been
// filled or made that does not change with it.
func (m *Machine) refill(o *object, items []Value) {
	m.stir(o)
	if o.flags&flagTaken != 0 {
		o.flags |= flagChanged
	}
	m.extend(o, items)
}

// fill notes the items that SETITEMS sets on an object, which may be a dict of a
// class of its own.
func (m *Machine) fill(o *object, items []Value) {
	if o.kind != Call {
		return
	}
	if o.ref > 0 {
		m.extend(m.heap.get(int64(o.ref-1)), items)
		return
	}
	if v := m.newContainer(Dict, items); o.ref == 0 && v != unknown {
		o.ref = int32(v.payload()) + 1
	}
}

// filledWith returns the dict of the items that were set on an object which is
// taken for a dict, or v. Such stand in the two parts of a state as well.
func (m *Machine) filledWith(v Value) Value {
	o := m.object(v)
	if o == nil || o.kind != Tuple || len(o.items) != 2 {
		return m.filled(v)
	}
	first, second := m.filled(o.items[0]), m.filled(o.items[1])
	if first == o.items[0] && second == o.items[1] {
		return v
	}
	return m.newContainer(Tuple, []Value{first, second})
}

// filled is filledWith for one dict.
func (m *Machine) filled(v Value) Value {
	if o := m.object(v); o != nil && o.kind == Call && o.ref > 0 && o.flags&flagPure == 0 && !m.reading.Literal {
		return constant(tagObject, int64(o.ref-1))
	}
	return v
}

// hook returns what stands in the place of a method of an object, which an opcode
// may call: what the file has put there, or anything, where it has filled the
// object with what is not known.
func (m *Machine) hook(target Value, name string) (Value, bool) {
	if fn, ok := m.planted(target, name); ok || name == "" {
		return fn, ok
	}
	o := m.object(target)
	if o == nil || o.kind != Call || o.state == 0 || m.reading.Literal {
		return 0, false
	}
	state := []Value{o.state}
	if s := m.object(o.state); s != nil && s.kind == Tuple && len(s.items) == 2 {
		state = s.items
	}
	for _, v := range state {
		switch s := m.object(v); m.Kind(v) {
		case Unknown, Call, Attr, Persistent, Extension:
			return unknown, true
		case Dict:
			if s == nil || !m.visits(s) || s.lost > 0 || s.flags&flagChanged != 0 || !m.plainKeys(s) {
				return unknown, true
			}
		}
	}
	return 0, false
}

// plainKeys reports whether the keys of a dict are constants.
func (m *Machine) plainKeys(o *object) bool {
	for i := 0; i < len(o.items); i += 2 {
		if !plainKind(m.Kind(m.force(o.items[i]))) {
			return false
		}
	}
	return true
}

// take returns what an object has that is filled with a second state: attributes
// of the first that the second does not name stay.
func (m *Machine) take(o *object, state Value) Value {
	s := m.object(state)
	if s == nil || s.kind != Dict {
		return state
	}
	s.flags |= flagTaken
	first := m.object(o.state)
	if first == nil || first.kind != Dict {
		return state
	}
	v := m.newContainer(Dict, first.items)
	if both := m.object(v); both != nil {
		both.lost += first.lost
		m.extend(both, s.items)
		both.lost = saturate(int64(both.lost) + int64(s.lost))
		both.flags |= (first.flags | s.flags) & flagChanged
	}
	return v
}
