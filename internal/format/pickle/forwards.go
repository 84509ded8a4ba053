package pickle

import "github.com/modelaudit/modelaudit/internal/format/marshal"

// A function of which the file carries the code can be followed where that code does
// nothing but to call its first argument with the others. Numba's objects are
// rebuilt by such a one: cloudpickle writes the class method _CustomPickled._rebuild
// by value, since it is not found by its name as a function.

// makesFunction is cloudpickle's _make_function(code, globals, …).
const makesFunction = "cloudpickle.cloudpickle._make_function"

// callForwarder calls a function that the file carries.
func callForwarder(m *Machine, o *object, c *call) (Value, bool) {
	if len(o.items) == 0 || o.flags&flagChanged != 0 || o.state != 0 || o.lost > 0 || !m.forwards(o.items[0]) {
		return 0, false
	}
	if len(c.args) != marshal.ForwardedArguments || c.loose || c.kw != 0 {
		return 0, false
	}
	return m.callArg(c, 0)
}

// forwards reports whether a code object forwards its arguments. Those of CodeType
// are: arguments, those of them that are positional only and keyword only, variables,
// stack size, flags, bytecode, constants, names, and more; the last are the table of
// exceptions (from Python 3.11 on), free variables and cells.
func (m *Machine) forwards(code Value) bool {
	o := m.object(code)
	if o == nil || o.kind != Call || o.lost > 0 || o.kw != 0 {
		return false
	}
	if n := m.Name(o.fn); n == nil || n.dotted != "types.CodeType" {
		return false
	}
	layout, enough := marshal.Python311, int64(4) // values on the stack
	switch len(o.items) {
	case 18:
	case 16: // without a table of exceptions
		layout, enough = marshal.Python38, 3
	default:
		return false
	}
	args, shared := o.items, o.items[len(o.items)-2:]
	const plain, noFree = 0x03, 0x40 // CO_OPTIMIZED and CO_NEWLOCALS; CO_NOFREE
	for i, want := range [...]int64{marshal.ForwardedArguments, 0, 0, marshal.ForwardedArguments, enough} {
		if args[i] != smallInt(want) {
			return false
		}
	}
	if args[5] != smallInt(plain) && args[5] != smallInt(plain|noFree) {
		return false
	}
	bytecode, ok := m.Bytes(args[6])
	return ok && marshal.Forwards(bytecode, layout) && m.hasNone(args[8]) && m.hasNone(shared[0]) && m.hasNone(shared[1]) &&
		(layout == marshal.Python38 || m.hasNone(args[15]))
}

// hasNone reports whether v is an empty tuple or empty bytes.
func (m *Machine) hasNone(v Value) bool {
	if s, ok := m.Bytes(v); ok {
		return s == ""
	}
	o := m.object(v)
	return o != nil && o.kind == Tuple && len(o.items) == 0 && o.lost == 0
}

// setFunctionState is cloudpickle's _function_setstate(function, (state, slots)),
// which sets attributes: another code is one of them.
func setFunctionState(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 || c.loose || c.kw != 0 {
		return 0, false
	}
	if o := m.object(c.args[1]); o == nil || o.kind != Tuple || len(o.items) != 2 || !m.keepsCode(o.items[0]) || !m.keepsCode(o.items[1]) {
		return 0, false
	}
	const depth = 3 // as of any call
	m.disturb(c.args[1], depth)
	if o := m.object(c.args[0]); o != nil && o.kind == Call {
		for _, v := range o.items { // the namespace of the function
			m.disturb(v, depth)
		}
	}
	return none, true
}

// keepsCode reports whether a dict of attributes has none that is the code of a
// function.
func (m *Machine) keepsCode(attributes Value) bool {
	o := m.object(attributes)
	if o == nil || o.kind != Dict || !m.exact(attributes) || !m.visits(o) {
		return false
	}
	for i := 0; i < len(o.items); i += 2 {
		if name, ok := m.Str(m.force(o.items[i])); !ok || name == "__code__" {
			return false
		}
	}
	return true
}
