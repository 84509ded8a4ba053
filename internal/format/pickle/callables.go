package pickle

import "strings"

// arg returns the n-th argument of a call, or its keyword, or zero.
func (m *Machine) arg(c *call, n int, keyword string) Value {
	if n < len(c.args) {
		return c.args[n]
	}
	if c.kw != 0 && keyword != "" {
		if v, ok := m.stateItem(c.kw, keyword); ok {
			return v
		}
	}
	return 0
}

// strArg returns the n-th argument, if it is a str.
func (m *Machine) strArg(c *call, n int) (string, bool) {
	if n >= len(c.args) {
		return "", false
	}
	return m.str(c.args[n])
}

// Attributes, items and imports.

// getAttr is builtins.getattr. A third argument is a default, which does not
// matter where the attribute is known.
func getAttr(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 1)
	if !ok {
		return 0, false
	}
	return m.walkName(c.args[0], name), true
}

// lookUp is builtins.eval of a name alone: it returns what the arguments hold
// under the name. Paddle writes tensors that way.
func lookUp(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 0)
	if !ok || c.loose || c.kw != 0 || len(c.args) < 2 || len(c.args) > 3 || !isIdentifier(name) {
		return 0, false
	}
	for i := len(c.args) - 1; i > 0; i-- { // locals, then globals
		names := c.args[i]
		if m.Kind(names) != Dict || !m.exact(names) {
			return 0, false
		}
		if v, ok := m.stateItem(names, name); ok {
			return v, true
		}
	}
	return 0, false
}

// isIdentifier reports whether a text is a name of Python in ASCII.
func isIdentifier(s string) bool {
	for i := range len(s) {
		letter := s[i] == '_' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if digit := s[i] >= '0' && s[i] <= '9'; !letter && !(digit && i > 0) {
			return false
		}
	}
	return s != ""
}

// walkName is getattr with a name that may not be an identifier: getattr does
// not take a dotted name apart.
func (m *Machine) walkName(v Value, name string) Value {
	if strings.Contains(name, ".") {
		return unknown
	}
	return m.attr(v, name)
}

// setAttr is builtins.setattr. On a module or a class it plants what later
// imports find.
func setAttr(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 1)
	if !ok || len(c.args) < 3 {
		return 0, false
	}
	if n := m.Name(m.force(c.args[0])); n != nil {
		m.plant(n.Module, join(n.Name, name), c.args[2])
	}
	return 0, false // what it does is more than its result
}

// attrOf makes a function that returns one attribute of its argument.
func attrOf(name string) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		if len(c.args) != 1 {
			return 0, false
		}
		return m.attr(c.args[0], name), true
	}
}

// getItem is operator.getitem.
func getItem(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 {
		return 0, false
	}
	return m.item(c.args[0], c.args[1])
}

// setItemOf is operator.setitem, which plants where the container is a
// namespace.
func setItemOf(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 3 {
		m.plantItems(c.args[0], c.args[1:3])
	}
	return 0, false
}

// importTop is __import__, which returns the top package unless it is told what
// to take from the module.
func importTop(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 0)
	if !ok {
		return 0, false
	}
	if from := m.arg(c, 3, "fromlist"); from == 0 || m.Kind(from) == None {
		name, _, _ = strings.Cut(name, ".")
	}
	return m.importedModule(name), true
}

// importModule is importlib.import_module of an absolute name.
func importModule(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 0)
	if !ok || strings.HasPrefix(name, ".") {
		return 0, false
	}
	return m.importedModule(name), true
}

// typeByName is how cloudpickle and dill name the types of the interpreter that
// have no name in builtins.
func typeByName(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 0)
	if !ok || strings.Contains(name, ".") {
		return 0, false
	}
	return m.attr(m.importedModule("types"), name), true
}

// dillType is how dill names types: those of builtins and of types, and four of
// its own naming (dill._dill._reverse_typemap).
func dillType(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 0)
	if !ok || strings.Contains(name, ".") {
		return 0, false
	}
	module, named := "builtins", dillNames[name]
	switch {
	case named != "":
		module, name, _ = strings.Cut(named, ".")
	case strings.HasSuffix(name, "Type") || name == "SimpleNamespace":
		module = "types"
	}
	return m.attr(m.importedModule(module), name), true
}

var dillNames = map[string]string{
	"PartialType": "functools.partial", "SuperType": "builtins.super",
	"ItemGetterType": "operator.itemgetter", "AttrGetterType": "operator.attrgetter",
}

// importedModule tells of the import of a module by a call, since the import
// alone can run code, and returns the module.
func (m *Machine) importedModule(name string) Value {
	v := m.module(name)
	m.emitImport(v)
	return v
}

// importPath is one of the many functions from a dotted name to an object;
// some separate the module by a colon.
func importPath(m *Machine, c *call) (Value, bool) {
	path, ok := m.strArg(c, 0)
	if !ok || path == "" {
		return 0, false
	}
	module, name, colon := strings.Cut(path, ":")
	if !colon {
		module, name, _ = strings.Cut(path, ".")
	}
	v := m.importedModule(module)
	if name == "" {
		return v, true
	}
	return m.walk(v, name), true
}

// importPair imports a module and takes an attribute of it.
func importPair(m *Machine, c *call) (Value, bool) {
	module, ok1 := m.strArg(c, 0)
	name, ok2 := m.strArg(c, 1)
	if !ok1 || !ok2 {
		return 0, false
	}
	return m.attrBy(m.module(module), c.args[1], name), true
}

// Calls of arguments.

// callFirst calls its first argument with the others.
func callFirst(m *Machine, c *call) (Value, bool) { return m.callArg(c, 0) }

// callSecond calls its second argument with those behind it.
func callSecond(m *Machine, c *call) (Value, bool) { return m.callArg(c, 1) }

// callArg calls the n-th argument with those behind it.
func (m *Machine) callArg(c *call, n int) (Value, bool) {
	if n >= len(c.args) {
		return 0, false
	}
	return m.call(call{fn: c.args[n], args: c.args[n+1:], kw: c.kw, loose: c.loose}), true
}

// apply calls a function with an iterable of arguments and a dict of others,
// like apply of Python 2.
func apply(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 0 {
		return 0, false
	}
	in := call{fn: c.args[0], kw: m.arg(c, 2, "")}
	if len(c.args) > 1 {
		in.args, in.loose = m.elements(c.args[1]), !m.exact(c.args[1])
	}
	return m.call(in), true
}

// reduceItems is functools.reduce: a chain of calls, each with what the one
// before returned. Of items that are not known one call stands for all.
func reduceItems(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 2 {
		return 0, false
	}
	items, ok := m.iterate(c.args[1])
	if len(c.args) > 2 {
		items = append([]Value{c.args[2]}, items...)
	}
	if !ok || len(items) < 2 {
		m.call(call{fn: c.args[0], args: items, loose: true})
		return unknown, true
	}
	acc := items[0]
	for _, v := range items[1:] {
		acc = m.call(call{fn: c.args[0], args: []Value{acc, v}})
	}
	return acc, true
}

// rebuildFromType is torch's _rebuild_from_type_v2(func, type, args, state).
func rebuildFromType(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 3 {
		return 0, false
	}
	v := m.call(call{fn: c.args[0], args: m.elements(c.args[2]), loose: !m.exact(c.args[2])})
	return v, true
}

// constructor is numpy's __generator_ctor(name, ctor=…), which calls ctor(name).
func constructor(m *Machine, c *call) (Value, bool) {
	ctor := m.arg(c, 1, "bit_generator_ctor")
	if ctor == 0 || len(c.args) == 0 {
		return 0, false
	}
	m.call(call{fn: ctor, args: c.args[:1]})
	return 0, false
}

// reconstructor is copyreg._reconstructor(cls, base, state): base.__new__, and
// base.__init__ unless base is object.
func reconstructor(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 3 {
		return 0, false
	}
	v := m.call(call{fn: c.args[0], new: true})
	if n := m.Name(m.force(c.args[1])); n == nil || n.String() != "builtins.object" {
		m.call(call{fn: c.args[1], args: c.args[2:]})
	}
	return v, true
}

// newInstance is copyreg.__newobj__(cls, *args) and __newobj_ex__(cls, args, kw).
func newInstance(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 0 {
		return 0, false
	}
	in := call{fn: c.args[0], args: c.args[1:], new: true, loose: c.loose}
	if n := m.Name(c.fn); n.Name == "__newobj_ex__" && len(c.args) == 3 {
		in.args, in.loose, in.kw = m.elements(c.args[1]), !m.exact(c.args[1]), c.args[2]
	}
	return m.call(in), true
}

// addExtension is copyreg.add_extension(module, name, code).
func addExtension(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 3 {
		if code, ok := m.Int(c.args[2]); ok && code.IsInt64() {
			m.registerName(code.Int64(), c.args[0], c.args[1])
		}
	}
	return 0, false
}

// Instances that are called.

// callPartial calls a functools.partial, or a bound method.
func callPartial(m *Machine, o *object, c *call) (Value, bool) {
	if len(o.items) == 0 {
		return 0, false
	}
	args := append(m.copied(o.items[1:]), c.args...)
	kw := c.kw
	if kw == 0 {
		kw = o.kw
	}
	return m.call(call{fn: o.items[0], args: args, kw: kw, loose: c.loose || o.lost > 0}), true
}

// callAttrGetter calls an operator.attrgetter: the paths it was made with are
// walked from its argument.
func callAttrGetter(m *Machine, o *object, c *call) (Value, bool) {
	if len(c.args) != 1 || o.lost > 0 {
		return 0, false
	}
	var out []Value
	for _, p := range o.items {
		path, ok := m.str(p)
		if !ok {
			return 0, false
		}
		out = append(out, m.walkBy(c.args[0], p, path))
	}
	return m.oneOrTuple(out)
}

// callItemGetter calls an operator.itemgetter.
func callItemGetter(m *Machine, o *object, c *call) (Value, bool) {
	if len(c.args) != 1 || o.lost > 0 {
		return 0, false
	}
	var out []Value
	for _, k := range o.items {
		v, ok := m.item(c.args[0], k)
		if !ok {
			return 0, false
		}
		out = append(out, v)
	}
	return m.oneOrTuple(out)
}

// oneOrTuple is what the getters of operator return: what they were asked for,
// or a tuple if they were asked for several things.
func (m *Machine) oneOrTuple(vs []Value) (Value, bool) {
	switch len(vs) {
	case 0:
		return 0, false
	case 1:
		return vs[0], true
	}
	return m.newContainer(Tuple, vs), true
}

// callMethodCaller calls an operator.methodcaller: a method of its argument,
// with the arguments it was made with.
func callMethodCaller(m *Machine, o *object, c *call) (Value, bool) {
	if len(c.args) != 1 || len(o.items) == 0 {
		return 0, false
	}
	name, ok := m.str(o.items[0])
	if !ok {
		return 0, false
	}
	fn := m.attrBy(c.args[0], o.items[0], name)
	return m.call(call{fn: fn, args: o.items[1:], kw: o.kw, loose: o.lost > 0}), true
}

// retarget is the __setstate__ of functools.partial: (func, args, keywords, dict).
func (m *Machine) retarget(o *object, state Value) {
	n := m.Name(o.fn)
	s := m.object(state)
	if n == nil || n.instance == nil || n.String() != "functools.partial" || s == nil || s.kind != Tuple || len(s.items) < 3 {
		return
	}
	args := m.elements(s.items[1])
	if m.s.r.Budget().Steps(int64(len(args))) != nil {
		return
	}
	o.items = append([]Value{s.items[0]}, args...)
	o.lost = 0
	if !m.exact(s.items[1]) {
		o.lost = 1
	}
	if m.Kind(s.items[2]) == Dict {
		o.kw = s.items[2]
	}
}
