package pickle

const (
	// forgetAt is how many objects the machine holds before it forgets old ones:
	// a file of millions of small objects is followed in constant memory.
	forgetAt = 1 << 17
	// remember is how many of the newest are kept, exact.
	remember = 1 << 15

	// forgottenClass masks the number of the class, plus one, in a forgotten
	// value. forgottenState is set for an object that BUILD gave a state: the file
	// may have planted something there.
	forgottenClass = 1<<32 - 1
	forgottenState = 1 << 40
)

// forget drops the objects that are not among the newest, but for globals. What
// still refers to one of them knows its type and, of an instance, its class.
// Arguments of calls are always new, so that this loses the content of old
// containers only; what depends on one is then unknown.
func (m *Machine) forget() {
	old := m.heap
	m.release(int64(len(old.pages)*objectPage*objectSize + old.kept*8))
	cut := old.n - remember
	moved := make([]uint32, old.n)
	m.heap = heap{}
	for i := range old.n {
		o := old.get(int64(i))
		if i >= cut || o.kind == Global {
			v := m.newObject(*o)
			moved[i] = uint32(v.payload()) + 1
			m.heap.kept += len(o.items)
		}
	}
	rewrite := func(v Value) Value { return old.rewrite(v, moved) }
	for i := range m.heap.n {
		m.heap.get(int64(i)).each(rewrite)
	}
	rewriteAll(m.stack, rewrite)
	m.memo.each(rewrite)
	rewriteMap(m.bigMemo, rewrite)
	for _, c := range m.outer {
		rewriteAll(c.stack, rewrite)
		c.memo.each(rewrite)
		rewriteMap(c.bigMemo, rewrite)
	}
	m.rewriteTables(rewrite)
	m.forgetNext = max(forgetAt, 2*m.heap.n)
}

// rewrite returns v as it is named once objects have moved.
func (h *heap) rewrite(v Value, moved []uint32) Value {
	switch v.tag() {
	case tagObject:
	case tagForgotten:
		if class := v.payload() & forgottenClass; class != 0 {
			return v&^forgottenClass | Value(moved[class-1])
		}
		return v
	default:
		return v
	}
	if to := moved[v.payload()]; to != 0 {
		return constant(tagObject, int64(to-1))
	}
	o := h.get(v.payload())
	class := int64(0)
	if o.kind == Call && o.fn.tag() == tagObject {
		class = int64(moved[o.fn.payload()]) // one more than its number; 0: not known
	}
	if o.kind == Call && o.flags&flagPure == 0 && o.state != 0 {
		class |= forgottenState
	}
	return constant(tagForgotten, int64(o.kind)<<32|class)
}

// each replaces every value that the object refers to by f of it.
func (o *object) each(f func(Value) Value) {
	o.fn, o.kw, o.state = f(o.fn), f(o.kw), f(o.state)
	if o.kind == Call && o.ref > 0 {
		items := f(constant(tagObject, int64(o.ref-1)))
		if o.ref = -1; items.tag() == tagObject {
			o.ref = int32(items.payload()) + 1
		}
	}
	for i, v := range o.items {
		o.items[i] = f(v)
	}
}

// rewriteAll replaces each value of a list.
func rewriteAll(vs []Value, f func(Value) Value) {
	for i, v := range vs {
		vs[i] = f(v)
	}
}

// rewriteMap replaces each value of a map.
func rewriteMap[K comparable](vs map[K]Value, f func(Value) Value) {
	for k, v := range vs {
		vs[k] = f(v)
	}
}
