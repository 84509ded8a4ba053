package pickle

// The opcodes that push constants, and those that build containers.

// pushNone is NONE.
func (m *Machine) pushNone(*Op) { m.push(none) }

// pushBool is NEWTRUE or NEWFALSE.
func (m *Machine) pushBool(op *Op) { m.push(boolean(op.Code == opNewTrue)) }

// pushFloat is FLOAT or BINFLOAT; its value is read from the file where it is
// needed.
func (m *Machine) pushFloat(op *Op) {
	m.push(constant(tagFloat, op.Offset))
	if op.Code == opBinFloat {
		const size = 8
		m.gaps.note(op, op.Offset+1, size)
	}
}

// pushSmallInt is BININT, BININT1 or BININT2.
func (m *Machine) pushSmallInt(op *Op) { m.push(smallInt(op.Arg)) }

// pushInt is INT and LONG; "I00" and "I01" are the booleans of protocol 0.
func (m *Machine) pushInt(op *Op) {
	switch {
	case op.Code == opInt && op.Size == 2 && op.Arg>>1 == 0:
		m.push(boolean(op.Arg == 1))
	case !op.Big && op.Arg <= maxInt && op.Arg >= minInt:
		m.push(smallInt(op.Arg))
	default:
		m.pushConstant(op, tagLong)
	}
}

// pushLong is LONG1 and LONG4.
func (m *Machine) pushLong(op *Op) {
	if op.Size > 7 || op.Torn {
		m.pushConstant(op, tagLong)
		return
	}
	n := int64(0)
	for i, c := range m.s.at(op.Data, op.Size) {
		n |= int64(c) << (8 * i)
	}
	shift := 64 - 8*op.Size
	m.push(smallInt(n << shift >> shift))
}

// pushStr is an opcode of str.
func (m *Machine) pushStr(op *Op) { m.pushConstant(op, tagStr) }

// pushBytes is an opcode of bytes.
func (m *Machine) pushBytes(op *Op) {
	m.gaps.note(op, op.Data, op.Size)
	m.pushConstant(op, tagBytes)
}

// pushByteArray is BYTEARRAY8.
func (m *Machine) pushByteArray(op *Op) { m.pushConstant(op, tagByteArray) }

// pushConstant pushes a constant that is read again from the file when
// something depends on it. One that lies in two pieces is read now.
func (m *Machine) pushConstant(op *Op, tag int) {
	if !op.Torn {
		v := constant(tag, op.Offset)
		m.push(v)
		if tag == tagStr {
			m.words.note(m, op)
		}
		if op.Size >= lookSize && m.Look != nil && tag != tagLong {
			m.look(op, v)
		}
		if tag == tagStr {
			m.lastText, m.lastTextOp = v, m.ops
		}
		return
	}
	kind := map[int]Kind{tagStr: Str, tagBytes: Bytes, tagByteArray: ByteArray, tagLong: Int}[tag]
	content, ok := m.decode(op.Code, op.Data, op.Size)
	if !ok {
		m.push(unknown)
		return
	}
	m.push(m.newText(kind, content))
}

// look yields a constant that the consumer wants to see.
func (m *Machine) look(op *Op, v Value) {
	kind, head := m.Kind(v), int64(lookStart)
	if kind != Str && op.Size <= LookBytes {
		head = LookBytes
	}
	if !m.Look(kind, m.s.at(op.Data, min(op.Size, head)), op.Data, op.Size) {
		return
	}
	e := Effect{Kind: Holds, Fn: v}
	if m.ops-m.lastTextOp <= keyDistance {
		e.Value = m.lastText
	}
	m.emit(e)
}

// keyDistance is how many opcodes a key of a dict stands before its value, at
// most: the one that puts it into the memo stands between them.
const keyDistance = 2

// How many bytes Look is shown: of text, which may be written with escapes, the
// start; of bytes, which stand in the file as they are, the start of many and all of few.
const (
	lookStart = 64
	LookBytes = 16 << 10
)

// emptyDict is EMPTY_DICT.
func (m *Machine) emptyDict(*Op) { m.push(m.newContainer(Dict, nil)) }

// emptyList is EMPTY_LIST.
func (m *Machine) emptyList(*Op) { m.push(m.newContainer(List, nil)) }

// emptySet is EMPTY_SET.
func (m *Machine) emptySet(*Op) { m.push(m.newContainer(Set, nil)) }

// emptyTuple is EMPTY_TUPLE.
func (m *Machine) emptyTuple(*Op) { m.push(m.newContainer(Tuple, nil)) }

// list is LIST: what lies above the mark.
func (m *Machine) list(*Op) { m.collect(List) }

// tuple is TUPLE.
func (m *Machine) tuple(*Op) { m.collect(Tuple) }

// frozenSet is FROZENSET.
func (m *Machine) frozenSet(*Op) { m.collect(FrozenSet) }

// dict is DICT: keys and values in turn.
func (m *Machine) dict(*Op) { m.collect(Dict) }

// collect makes a container of what lies above the mark.
func (m *Machine) collect(kind Kind) {
	items, ok := m.popToMark()
	switch {
	case !ok:
	case kind == Dict && len(items)%2 != 0:
		m.fail("DICT with a key that has no value")
	default:
		m.push(m.newContainer(kind, items))
	}
}

// tupleN is TUPLE1, TUPLE2 and TUPLE3.
func (m *Machine) tupleN(op *Op) {
	n := int(op.Code-opTuple1) + 1
	at := len(m.stack) - n
	if at < m.fence {
		m.fail("%s takes from an empty stack", op.Code)
		return
	}
	items := m.stack[at:]
	m.stack = m.stack[:at]
	m.push(m.newContainer(Tuple, items))
}

// appendOne is APPEND.
func (m *Machine) appendOne(*Op) {
	m.pair[0] = m.pop()
	m.appendTo(m.pair[:1])
}

// appends is APPENDS.
func (m *Machine) appends(*Op) {
	if items, ok := m.popToMark(); ok {
		m.appendTo(items)
	}
}

// appendTo is APPEND and APPENDS: anything but a list has its extend called, or
// its append for each item. The unpickler in Python calls extend for no items
// too.
func (m *Machine) appendTo(items []Value) {
	target, ok := m.top()
	if !ok {
		return
	}
	if m.Kind(target) == List {
		if o := m.object(target); o != nil {
			m.refill(o, items)
		}
		return
	}
	m.addTo(target, items, "extend", "append")
}

// addItems is ADDITEMS.
func (m *Machine) addItems(*Op) {
	items, ok := m.popToMark()
	if !ok {
		return
	}
	target, ok := m.top()
	if !ok || len(items) == 0 {
		return
	}
	if m.Kind(target) == Set {
		if o := m.object(target); o != nil {
			m.extend(o, items)
		}
		return
	}
	m.addTo(target, items, "", "add")
}

// addTo adds items to a target that is none of Python's own containers, by its
// method all if it has one, else by one for each item.
func (m *Machine) addTo(target Value, items []Value, all, one string) {
	m.disturb(target, 1)
	if fn, ok := m.hook(target, all); ok {
		m.call(call{fn: fn, args: []Value{m.newContainer(List, items)}})
		return
	}
	if fn, ok := m.hook(target, one); ok {
		for _, v := range items {
			m.call(call{fn: fn, args: []Value{v}})
		}
		return
	}
	m.emit(Effect{Kind: Appends, Fn: target, Args: items})
}

// setItem is SETITEM.
func (m *Machine) setItem(*Op) {
	m.pair[1] = m.pop()
	m.pair[0] = m.pop()
	m.setItemsOf(m.pair[:])
}

// setItems is SETITEMS.
func (m *Machine) setItems(*Op) {
	if items, ok := m.popToMark(); ok {
		m.setItemsOf(items)
	}
}

// setItemsOf is SETITEM and SETITEMS. The unpickler in Python sets what has a
// value before it refuses a last key that has none.
func (m *Machine) setItemsOf(items []Value) {
	target, ok := m.top()
	if !ok || len(items) == 0 {
		return
	}
	if len(items)%2 != 0 {
		defer m.fail("%s with a key that has no value", m.op.Code)
		if items = items[:len(items)-1]; len(items) == 0 {
			return
		}
	}
	if m.Kind(target) == Dict {
		if o := m.object(target); o != nil {
			m.refill(o, items)
		}
		return
	}
	m.disturb(target, 1)
	if fn, ok := m.hook(target, "__setitem__"); ok {
		items = m.copied(items)
		for i := 0; i+1 < len(items); i += 2 {
			m.call(call{fn: fn, args: items[i : i+2]})
		}
		return
	}
	if o := m.object(target); o != nil {
		m.fill(o, items)
	}
	m.plantItems(target, items)
	m.emit(Effect{Kind: SetsItem, Fn: target, Args: items})
}
