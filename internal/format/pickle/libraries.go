package pickle

import "strings"

// What single libraries rebuild their objects with.

// numbaEnvironment is numba's _rebuild_env(modname, consts, env_name), which
// imports the module that a compiled function is of.
func numbaEnvironment(m *Machine, c *call) (Value, bool) {
	name, ok := m.str(m.arg(c, 0, "modname"))
	if !ok || c.loose || strings.HasPrefix(name, ".") {
		return 0, false
	}
	m.importedModule(name)
	return m.newObject(object{kind: Call, fn: c.fn, items: c.args}), true
}

// numbaType is numba's _type_reconstructor(reconstructor, args, state), which puts
// the state into the __dict__ of what the call makes.
func numbaType(m *Machine, c *call) (Value, bool) {
	fn, args := m.arg(c, 0, "reconstructor"), m.arg(c, 1, "reconstructor_args")
	if fn == 0 || args == 0 || c.loose {
		return 0, false
	}
	return m.call(call{fn: fn, args: m.elements(args), loose: !m.exact(args)}), true
}

// dillMethod is dill's _getattr(class, name, repr) for the methods of types. It
// evaluates what the repr says that the class is called, and takes the attribute
// of that: where both say the same, the result is known.
func dillMethod(m *Machine, c *call) (Value, bool) {
	name, ok := m.strArg(c, 1)
	repr, written := m.strArg(c, 2)
	if !ok || !written || c.loose || !isIdentifier(name) {
		return 0, false
	}
	class, quoted := m.Name(m.force(c.args[0])), strings.Split(repr, "'")
	if class == nil || len(quoted) < 4 {
		return 0, false
	}
	if quoted[3] != class.String() && (class.Module != "builtins" || quoted[3] != class.Name) {
		return 0, false
	}
	return m.attr(c.args[0], name), true
}

// restoreCurry is toolz's _restore_curry(cls, func, args, kwargs, userdict,
// is_decorated). A function that is given as text is a path: what it leads to was
// decorated, or holds the function.
func restoreCurry(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 6 || c.loose {
		return 0, false
	}
	fn := c.args[1]
	path, written := m.str(fn)
	if module, name, colon := strings.Cut(path, ":"); written && !colon {
		return 0, false
	} else if written {
		fn = m.walk(m.importedModule(module), name)
	}
	in := call{fn: c.args[0], args: append([]Value{fn}, m.elements(c.args[2])...), loose: !m.exact(c.args[2])}
	if m.Kind(c.args[3]) == Dict {
		in.kw = c.args[3]
	}
	made := m.call(in)
	if written {
		return fn, true
	}
	return made, true
}

// firstWithSecond calls the first argument with the second, as astropy's
// _recreate_irreducible_unit(cls, names, registered) does.
func firstWithSecond(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 2 || c.loose {
		return 0, false
	}
	return m.call(call{fn: c.args[0], args: c.args[1:2]}), true
}

// daskExpression is dask's Expr._reconstruct(cls, *operands, token, cache), which
// gives the class the token by name, and the instance what it has computed so far.
func daskExpression(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 3 || c.loose || c.kw != 0 {
		return 0, false
	}
	last := len(c.args) - 2
	token := m.newContainer(Dict, []Value{m.newStr("_determ_token"), c.args[last]})
	return m.call(call{fn: c.args[0], args: c.args[1:last], kw: token}), true
}

// compiledModule is torch's OptimizedModule(module, context), which calls the context
// to wrap the module. One of torch's own runs nothing for that.
func compiledModule(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 || c.loose || c.kw != 0 {
		return 0, false
	}
	context := m.object(c.args[1])
	if context == nil || context.kind != Call {
		return 0, false
	}
	if n := m.Name(context.fn); n == nil || n.dotted != "torch._dynamo.eval_frame.OptimizeContext" {
		return 0, false
	}
	return m.instanceBy(c)
}

// modelMatrix is formulaic's ModelMatrix(matrix, spec), which passes for its matrix
// from then on: what is done to it is done to that.
func modelMatrix(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 || c.loose || c.kw != 0 {
		return 0, false
	}
	matrix := m.object(c.args[0])
	if matrix == nil || matrix.kind != Call {
		return 0, false
	}
	n := m.Name(matrix.fn)
	if n == nil || n.dotted != "pandas.core.frame.DataFrame" && !reconstructs[n.dotted] && !strings.HasPrefix(n.Module, "scipy.sparse.") {
		return 0, false
	}
	return m.instanceBy(c)
}

// newClass is types.new_class(name, bases, {"metaclass": type}, fill) as dill calls it
// for classes that have generic ones among their bases: fill sets what dill's
// _setitems is given for its source. It makes what dill's _create_type does.
func newClass(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 4 || c.loose || c.kw != 0 || m.Kind(c.args[2]) != Dict || !m.exact(c.args[2]) {
		return 0, false
	}
	settings := m.object(c.args[2]).items
	meta, ok := m.dictState(c.args[2], "metaclass")
	fill := m.object(c.args[3])
	if !ok || len(settings) != 2 || m.Name(m.force(meta)) == nil || fill == nil || fill.kind != Call || fill.lost > 0 || len(fill.items) != 1 {
		return 0, false
	}
	partial, sets := m.Name(fill.fn), m.Name(m.force(fill.items[0]))
	if partial == nil || partial.dotted != "functools.partial" || sets == nil || sets.dotted != "dill._dill._setitems" {
		return 0, false
	}
	source, ok := m.dictState(fill.kw, "source")
	if !ok || m.Kind(source) != Dict || len(m.object(fill.kw).items) != 2 {
		return 0, false
	}
	create := m.intern("dill._dill", "_create_type", "dill._dill", "_create_type")
	return m.call(call{fn: create, args: []Value{meta, c.args[0], c.args[1], source}}), true
}
