package pickle

// The opcodes that import, call and fill objects.

// global is GLOBAL.
func (m *Machine) global(op *Op) {
	module, name := m.lines(op)
	m.push(m.importName(module, name))
}

// lines returns the two lines of GLOBAL and INST.
func (m *Machine) lines(op *Op) (module, name string) {
	module = string(m.s.at(op.Data, op.Size))
	return module, string(m.s.at(op.Name, op.NameSize))
}

// stackGlobal is STACK_GLOBAL. What is no string makes every unpickler stop;
// what is not known to be one may be any name.
func (m *Machine) stackGlobal(*Op) {
	name, module := m.pop(), m.pop()
	if m.Err() != nil {
		return
	}
	// The same two constants name the same object, unless the file has planted
	// another there.
	key := [2]Value{module, name}
	if g, ok := m.byValue[key]; ok && m.protocol >= 4 && len(m.patched) == 0 {
		m.emitImport(g)
		m.push(g)
		return
	}
	moduleText, ok1 := m.nameText(module)
	nameText, ok2 := m.nameText(name)
	if m.Err() != nil {
		return
	}
	if !ok1 || !ok2 {
		m.push(m.importComputed(module, name))
		return
	}
	// A name that stands in the file as it is, and not one that was put
	// together.
	written := module.tag() == tagStr && name.tag() == tagStr
	m.assembled = !written
	g := m.importName(moduleText, nameText)
	m.assembled = false
	if written && m.protocol >= 4 {
		if len(m.byValue) >= maxPairs { // every one of them may be written again each time
			clear(m.byValue)
		}
		m.byValue[key] = g
	}
	m.push(g)
}

// maxPairs is how many pairs of operands of STACK_GLOBAL are remembered.
const maxPairs = 1 << 14

// nameText returns the text of an operand of STACK_GLOBAL, if it is known.
func (m *Machine) nameText(v Value) (string, bool) {
	if s, ok := m.Str(v); ok {
		return s, true
	}
	v = m.force(v)
	switch k := m.Kind(v); k {
	// Any of these may come to a str at run time.
	case Global:
		if m.function(v) {
			m.fail("STACK_GLOBAL of %s, which is no string", m.Name(v))
		}
	case Unknown, Str, Attr, Persistent, Extension:
	case Call:
		n := m.instanceOf(v)
		if n == nil {
			n = m.made(v)
		}
		if n != nil && n.String() != "builtins.str" {
			m.fail("STACK_GLOBAL of an instance of %s", n)
		}
	default:
		m.fail("STACK_GLOBAL of a value of type %s, where it takes two strings", k)
	}
	return "", false
}

// instanceOf returns the class that an instance was made of by __new__ alone, or
// nil. A class that inherits from str does not pass for it.
func (m *Machine) instanceOf(v Value) *Name {
	if o := m.object(v); o != nil && o.flags&flagNew != 0 {
		return m.Name(o.fn)
	}
	return nil
}

// importComputed is an import of a name that is not known.
func (m *Machine) importComputed(module, name Value) Value {
	v := m.newObject(object{kind: Attr, fn: module, kw: name, flags: flagForced})
	m.emit(Effect{Kind: Imports, Value: v, Args: []Value{module, name}})
	return v
}

// reduce is REDUCE. The C unpickler wants a tuple, the one in Python takes
// anything that it can iterate over.
func (m *Machine) reduce(*Op) {
	args := m.pop()
	fn := m.pop()
	if m.Err() == nil {
		m.iterated(args)
		m.apply(call{fn: fn, args: m.elements(args), loose: !m.exact(args)})
	}
}

// iterated tells of an object that stands where a tuple of arguments belongs: the
// unpickler in Python makes a tuple of it, which runs its methods.
func (m *Machine) iterated(args Value) {
	if o := m.object(args); o != nil && o.kind == Call && o.flags&flagPure == 0 && !m.lazy(args) {
		m.call(call{fn: m.intern("builtins", "tuple", "builtins", "tuple"), args: []Value{args}})
	}
}

// inst is INST. The unpickler in Python imports before it looks for the mark.
func (m *Machine) inst(op *Op) {
	module, name := m.lines(op)
	fn := m.importName(module, name)
	if items, ok := m.popToMark(); ok {
		m.push(m.call(call{fn: fn, args: m.copied(items)}))
	}
}

// obj is OBJ.
func (m *Machine) obj(*Op) {
	items, ok := m.popToMark()
	if !ok {
		return
	}
	if len(items) == 0 {
		m.fail("OBJ without a class")
		return
	}
	m.apply(call{fn: items[0], args: m.copied(items[1:])})
}

// newObj is NEWOBJ: cls.__new__(cls, *args), which runs no __init__.
func (m *Machine) newObj(*Op) {
	args := m.pop()
	fn := m.pop()
	if m.Err() == nil {
		m.iterated(args)
		m.apply(call{fn: fn, args: m.elements(args), loose: !m.exact(args), new: true})
	}
}

// newObjEx is NEWOBJ_EX: cls.__new__(cls, *args, **kwargs).
func (m *Machine) newObjEx(*Op) {
	kw := m.pop()
	args := m.pop()
	fn := m.pop()
	if m.Err() == nil {
		m.apply(call{fn: fn, args: m.elements(args), kw: m.filledWith(kw), loose: !m.exact(args), new: true})
	}
}

// build is BUILD.
func (m *Machine) build(*Op) {
	state := m.pop()
	target, ok := m.top()
	if !ok {
		return
	}
	// A file can give an object a __setstate__ of its choice, which BUILD then
	// calls.
	state = m.filledWith(state)
	if fn, ok := m.hook(target, "__setstate__"); ok {
		m.call(call{fn: fn, args: []Value{state}})
		return
	}
	m.pair[0] = state
	m.emit(Effect{Kind: Builds, Fn: target, Args: m.pair[:1]})
	m.setState(target, state)
	if m.reading.Arrays {
		m.array(target)
	}
}

// setState remembers what BUILD gave an object.
func (m *Machine) setState(target, state Value) {
	o := m.object(m.force(target))
	if o == nil || m.reading.Literal {
		return
	}
	m.stir(o)
	if o.kind == Global {
		m.plantState(target, state)
		return
	}
	if o.kind == Call && o.flags&flagPure == 0 {
		m.retarget(o, state)
		o.state = m.take(o, state)
	}
}

// extension is EXT1, EXT2 and EXT4.
func (m *Machine) extension(op *Op) {
	if op.Arg <= 0 {
		m.fail("%s of the code %d", op.Code, op.Arg)
		return
	}
	if v, ok := m.registry[op.Arg]; ok {
		m.emitImport(v)
		m.push(v)
		return
	}
	v := m.newObject(object{kind: Extension, ref: int32(op.Arg)})
	m.emit(Effect{Kind: Extends, Value: v})
	m.push(v)
}

// persID is PERSID.
func (m *Machine) persID(op *Op) {
	m.persistent(m.newText(Str, string(m.s.at(op.Data, min(op.Size, small)))))
}

// binPersID is BINPERSID, of which the ID is any object.
func (m *Machine) binPersID(*Op) {
	if id := m.pop(); m.Err() == nil {
		m.persistent(id)
	}
}

// persistent is what persistent_load returns for an ID: a value of which only
// the ID is known, or the class that the ID names.
func (m *Machine) persistent(id Value) {
	v := m.newObject(object{kind: Persistent, fn: id})
	if class := m.persistentClass(id); class != 0 {
		v = class
	}
	m.emit(Effect{Kind: Persists, Fn: id, Value: v})
	m.push(v)
}

// persistentClass returns the class that PyTorch's older loader gives for the
// id ("module", class, file, source).
func (m *Machine) persistentClass(id Value) Value {
	o := m.object(id)
	if o == nil || o.kind != Tuple || len(o.items) < 2 || m.Name(o.items[1]) == nil {
		return 0
	}
	if s, ok := m.Str(o.items[0]); !ok || s != "module" {
		return 0
	}
	return o.items[1]
}

// nextBuffer is NEXT_BUFFER: a loader that was given buffers takes one.
func (m *Machine) nextBuffer(op *Op) {
	m.push(m.newObject(object{kind: Buffer}))
}

// readOnlyBuffer is READONLY_BUFFER, which changes nothing that can be seen
// here.
func (m *Machine) readOnlyBuffer(*Op) { m.top() }

// copied returns items in a slice that outlives the stack's.
func (m *Machine) copied(items []Value) []Value {
	if len(items) == 0 || !m.hold(uint64(len(items))*8) {
		return nil
	}
	m.heap.kept += len(items)
	out := m.heap.take(len(items))
	copy(out, items)
	return out
}
