package pickle

// What the machine knows of a container holds as long as the file's own opcodes
// alone fill it. A function that is given one may change it, and so may a method:
// what depends on it from then on is not known.

// disturbed notes what a call may have changed whose effect the machine does not
// know. An iterator that is made changes nothing, but may know how long a list is.
func (m *Machine) disturbed(c *call) {
	if n := m.Name(c.fn); n != nil && n.iterator != nil {
		for _, v := range c.args {
			if o := m.object(v); o != nil {
				o.flags |= flagTaken
			}
		}
		return
	}
	const depth = 3 // of containers in containers
	m.disturb(c.fn, depth)
	m.disturb(c.kw, depth)
	for _, v := range c.args {
		m.disturb(v, depth)
	}
}

// disturb notes that a value may change, with those in it as deep as depth.
func (m *Machine) disturb(v Value, depth int) {
	if v.tag() == tagByteArray {
		m.disturbedBytes(v)
	}
	o := m.object(v)
	if o == nil || depth == 0 {
		return
	}
	switch o.kind {
	case List, Dict, Set, ByteArray:
		if o.flags&flagChanged != 0 {
			return
		}
		o.flags |= flagChanged
	case Attr: // a method, of what it may change
		m.disturb(o.fn, depth)
		return
	case Call:
		if m.lazy(v) {
			o.flags |= flagSpent
		}
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
	if o.flags&flagTaken != 0 {
		o.flags |= flagChanged
	}
	m.extend(o, items)
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
