package pickle

import (
	"strings"
	"unicode/utf8"
)

// Attributes and items of values.

// attr is getattr(v, name).
func (m *Machine) attr(v Value, name string) Value {
	v = m.force(v)
	if w, ok := m.hook(v, name); ok {
		if m.classless(v) {
			m.taken(v, name)
		}
		return w
	}
	if n := m.Name(v); n != nil {
		module, path := n.Module, name
		if n.Name != "" {
			path = n.Name + "." + name
		}
		w := m.lookup(module, path)
		m.emitImport(w)
		return w
	}
	if o := m.object(v); o != nil && o.kind == Call && o.lost == 0 {
		if w, ok := m.partOf(o, name); ok {
			return w
		}
	}
	return m.taken(v, name)
}

// taken is an attribute of which it is not known what it is, and tells of it.
func (m *Machine) taken(v Value, name string) Value {
	w := m.newObject(object{kind: Attr, fn: v, kw: m.newStr(name)})
	m.emit(Effect{Kind: Takes, Fn: v, Value: w, Computed: m.assembled})
	return w
}

// classless reports whether v is an instance of a class that has no name: one that the
// file makes may have a property in the place of what the instance was filled with.
func (m *Machine) classless(v Value) bool {
	o := m.object(v)
	if o == nil || o.kind != Call {
		return false
	}
	class := m.object(o.fn)
	return class != nil && class.kind == Call
}

// by has the effects tell whether the pickle puts the name together that it gives
// as a value, until assembled is what it was, which is returned.
func (m *Machine) by(name Value) (was bool) {
	was = m.assembled
	m.assembled = was || name.tag() != tagStr
	return was
}

// attrBy is attr by a name that the pickle gives as a value.
func (m *Machine) attrBy(v, name Value, text string) Value {
	was := m.by(name)
	v = m.attr(v, text)
	m.assembled = was
	return v
}

// walkBy is walk along a path that the pickle gives as a value.
func (m *Machine) walkBy(v, path Value, text string) Value {
	was := m.by(path)
	v = m.walk(v, text)
	m.assembled = was
	return v
}

// walk follows a dotted path of attributes.
func (m *Machine) walk(v Value, path string) Value {
	for part := range strings.SplitSeq(path, ".") {
		if !m.s.r.Step() {
			return unknown
		}
		v = m.attr(v, part)
	}
	return v
}

// partOf returns what an instance of a well-known class has under a name.
func (m *Machine) partOf(o *object, name string) (Value, bool) {
	n := m.Name(o.fn)
	if n == nil {
		return 0, false
	}
	switch n.String() + " " + name {
	case "functools.partial func", "types.MethodType __func__":
		if len(o.items) > 0 {
			return o.items[0], true
		}
	case "functools.partial args":
		if len(o.items) > 0 {
			return m.newContainer(Tuple, o.items[1:]), true
		}
	}
	return 0, false
}

// planted returns an attribute that the file has given an object: the state of
// an instance, or what was set on its class or on a module.
func (m *Machine) planted(v Value, name string) (Value, bool) {
	o := m.object(v)
	switch {
	case o == nil || name == "" || m.reading.Literal:
		m.cut = m.cut || v.tag() == tagForgotten && v.payload()&forgottenState != 0 && !m.reading.Literal
		return 0, false
	// Few files set anything on a module: the table is empty nearly always.
	case o.kind == Global && len(m.patched) > 0:
		n := m.known[o.ref]
		w, ok := m.patched[[2]string{n.Module, join(n.Name, name)}]
		return w, ok
	case o.kind != Call || o.flags&flagPure != 0:
		return 0, false
	}
	if o.state != 0 {
		if w, ok := m.stateItem(o.state, name); ok {
			return w, true
		}
	}
	if n := m.Name(o.fn); n != nil && len(m.patched) > 0 {
		w, ok := m.patched[[2]string{n.Module, join(n.Name, name)}]
		return w, ok
	}
	return 0, false
}

// join puts an attribute's name behind a dotted path, which may be empty.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// stateItem looks a name up in what BUILD was given: a dict, or a pair of dicts
// of which the second sets slots.
func (m *Machine) stateItem(state Value, name string) (Value, bool) {
	// The default state of an object with __slots__ (object.__getstate__).
	if o := m.object(state); o != nil && o.kind == Tuple && len(o.items) == 2 {
		if w, ok := m.dictState(o.items[1], name); ok {
			return w, true
		}
		return m.dictState(o.items[0], name)
	}
	return m.dictState(state, name)
}

// dictState looks a name up in a state that is a dict.
func (m *Machine) dictState(state Value, name string) (Value, bool) {
	o := m.object(state)
	if o == nil {
		m.cut = m.cut || state.tag() == tagForgotten
		return 0, false
	}
	if o.kind != Dict {
		return 0, false
	}
	if o.flags&flagChanged != 0 {
		m.cut = true
		return 0, false
	}
	if !m.visits(o) {
		return 0, false
	}
	for i := len(o.items) - 2; i >= 0 && m.Spells(name); i -= 2 {
		if m.Reads(o.items[i], name) {
			return o.items[i+1], true
		}
	}
	m.cut = m.cut || o.lost > 0
	return 0, false
}

// visits charges the budget for going through all items of an object, and reports
// whether that is left. If it is not, the next opcode is the last: it finds the
// budget spent.
func (m *Machine) visits(o *object) bool { return m.s.r.Budget().Steps(int64(len(o.items))) == nil }

// plantState remembers attributes that BUILD sets on a module, a class or a
// function: later imports of them give what was planted.
func (m *Machine) plantState(target, state Value) {
	o := m.object(state)
	switch {
	case o == nil || !m.visits(o):
	case o.kind == Tuple:
		for _, v := range o.items {
			if m.Kind(v) == Dict {
				m.plantState(target, v)
			}
		}
	case o.kind == Dict:
		n := m.known[m.object(target).ref]
		for i := 0; i+1 < len(o.items); i += 2 {
			if s, ok := m.str(o.items[i]); ok {
				m.plant(n.Module, join(n.Name, s), o.items[i+1])
			}
		}
	}
}

// plant remembers what the file puts in the place of a name: imports of it, and
// of what lies below it, find that instead of what Python has there.
func (m *Machine) plant(module, name string, v Value) {
	if m.hold(uint64(256 + len(module) + len(name))) {
		m.patched[[2]string{module, name}] = v
	}
}

// plantItems remembers items set on the dicts that names are looked up in.
func (m *Machine) plantItems(target Value, items []Value) {
	n := m.Name(m.force(target))
	if n == nil || m.reading.Literal {
		return
	}
	name := *n
	for i := 0; i+1 < len(items); i += 2 {
		m.plantItem(&name, items[i], items[i+1])
	}
}

// plantItem is an item set in a dict that a module owns: the registry of
// extensions (copyreg._extension_registry and its inverse), or a namespace such
// as sys.modules and a module's __dict__.
func (m *Machine) plantItem(n *Name, k, v Value) {
	if n.Module == "copyreg" {
		m.register(n.Name, k, v)
		return
	}
	key, ok := m.str(k)
	if !ok {
		return
	}
	if module, path, ok := namespace(n, key); ok {
		m.plant(module, path, v)
	}
}

// register is what setting an item of one of copyreg's tables does to EXT1,
// EXT2 and EXT4.
func (m *Machine) register(table string, k, v Value) {
	code, ok := m.Int(k)
	if !ok || !code.IsInt64() {
		return
	}
	switch table {
	case "_extension_cache":
		m.registry[code.Int64()] = v
	case "_inverted_registry":
		if o := m.object(v); o != nil && o.kind == Tuple && len(o.items) == 2 {
			m.registerName(code.Int64(), o.items[0], o.items[1])
		}
	}
}

// registerName gives an extension code a name, as copyreg.add_extension does:
// EXT1, EXT2 and EXT4 of the same file then mean it.
func (m *Machine) registerName(code int64, module, name Value) {
	s, ok1 := m.str(module)
	n, ok2 := m.str(name)
	if ok1 && ok2 && m.hold(sparseMemoCost) {
		m.registry[code] = m.intern(s, n, s, n)
	}
}

// namespace returns where the item of a dict of names is an attribute:
// sys.modules, and the __dict__, __globals__ and __builtins__ of things. The
// item of a module object is its attribute, since __builtins__ is one or the
// other.
func namespace(n *Name, key string) (module, name string, ok bool) {
	owner, last := "", n.Name
	if i := strings.LastIndexByte(n.Name, '.'); i >= 0 {
		owner, last = n.Name[:i], n.Name[i+1:]
	}
	switch {
	case n.Module == "sys" && n.Name == "modules":
		return key, "", true
	case last == "__builtins__":
		return "builtins", key, true
	case last == "__globals__" || last == "" || last == "f_globals":
		return n.Module, key, true
	case last == "__dict__":
		return n.Module, join(owner, key), true
	}
	return "", "", false
}

// item is v[k].
func (m *Machine) item(v, k Value) (Value, bool) {
	v = m.force(v)
	if n := m.Name(v); n != nil {
		key, ok := m.str(k)
		if !ok {
			return 0, false
		}
		module, name, ok := namespace(n, key)
		if !ok {
			return 0, false
		}
		w := m.lookup(module, name)
		m.emit(Effect{Kind: Imports, Value: w})
		return w, true
	}
	switch m.Kind(v) {
	case Dict:
		if o := m.object(v); o != nil {
			w, found, _ := m.dictItem(o, k)
			return w, found
		}
	case Str, Bytes, ByteArray, Tuple, List:
		return m.at(v, k)
	}
	return 0, false
}

// at is the element of a sequence at an index or a slice.
func (m *Machine) at(v, k Value) (Value, bool) {
	if o := m.object(k); o != nil && o.kind == Call {
		if n := m.Name(o.fn); n != nil && n.String() == "builtins.slice" {
			return m.slice(v, o.items)
		}
		return 0, false
	}
	i, ok := m.Int(k)
	if !ok || !i.IsInt64() {
		return 0, false
	}
	if m.Kind(v) == Str {
		s, _, ok := m.textOf(v)
		r := []rune(s)
		n, in := index(i.Int64(), len(r))
		if !ok || !in || !utf8.ValidString(s) {
			return 0, false
		}
		return m.newStr(string(r[n])), true
	}
	items, ok := m.iterate(v)
	n, in := index(i.Int64(), len(items))
	if !ok || !in {
		return 0, false
	}
	return items[n], true
}

// index turns an index of Python, which counts from the end if it is negative,
// into one of Go. It reports whether there is such an item among n.
func index(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// slice is v[start:stop:step].
func (m *Machine) slice(v Value, bounds []Value) (Value, bool) {
	items, ok := m.iterate(v)
	if !ok {
		return 0, false
	}
	picked, ok := m.pick(len(items), bounds)
	if !ok {
		return 0, false
	}
	var out []Value
	for _, i := range picked {
		out = append(out, items[i])
	}
	switch kind := m.Kind(v); kind {
	case Str:
		return m.joined(Str, "", out)
	case Bytes, ByteArray:
		return m.fromOctets(kind, out)
	default:
		return m.newContainer(kind, out), true
	}
}

// pick returns the indices that a slice selects of n items.
func (m *Machine) pick(n int, bounds []Value) ([]int, bool) {
	if len(bounds) == 1 {
		bounds = []Value{none, bounds[0], none}
	}
	var b [3]int64
	var given [3]bool
	for i, v := range bounds[:min(3, len(bounds))] {
		x, ok := m.Int(v)
		if ok && x.IsInt64() {
			b[i], given[i] = x.Int64(), true
		} else if m.Kind(v) != None {
			return nil, false
		}
	}
	step := int64(1)
	if given[2] {
		step = max(-int64(n)-1, min(int64(n)+1, b[2])) // no further, so that adding it cannot overflow
	}
	if step == 0 {
		return nil, false
	}
	lowest, highest := int64(0), int64(n)
	start, stop := lowest, highest
	if step < 0 {
		lowest, highest = -1, int64(n)-1
		start, stop = highest, lowest
	}
	if given[0] {
		start = clip(b[0], int64(n), lowest, highest)
	}
	if given[1] {
		stop = clip(b[1], int64(n), lowest, highest)
	}
	var out []int
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		out = append(out, int(i))
	}
	return out, true
}

// clip is the bound of a slice as Python's PySlice_AdjustIndices has it:
// counted from the end if it is negative, and never outside of lowest and
// highest.
func clip(i, n, lowest, highest int64) int64 {
	if i < 0 {
		i += n
	}
	return max(lowest, min(highest, i))
}
