package pickle

// What joblib writes is read in two ways: as joblib does, and as pickle.load
// does, to which the pickle of an array of objects is the rest of the file. Its
// memo is then that of the file around it, and gives values where names stood.
// No unpickler comes past those: it wants strings for a name, and something to
// call.

// products are classes of which the instances can be neither called nor taken for
// a string, and functions that return such.
var products = map[string]bool{
	"builtins.bool": true, "builtins.bytearray": true, "builtins.bytes": true, "builtins.complex": true,
	"builtins.dict": true, "builtins.float": true, "builtins.frozenset": true, "builtins.int": true,
	"builtins.list": true, "builtins.range": true, "builtins.set": true, "builtins.slice": true, "builtins.tuple": true,
	"collections.Counter": true, "collections.OrderedDict": true, "collections.defaultdict": true, "collections.deque": true,
	"datetime.date": true, "datetime.datetime": true, "datetime.time": true, "datetime.timedelta": true, "datetime.timezone": true,
	"decimal.Decimal": true, "fractions.Fraction": true, "pathlib.PosixPath": true, "pathlib.PurePosixPath": true,
	"pathlib.WindowsPath": true, "uuid.UUID": true,
	"joblib.numpy_pickle.NumpyArrayWrapper": true,
	"numpy.dtype":                           true, "numpy.ndarray": true,
	"numpy.random._pickle.__generator_ctor": true, "numpy.random._pickle.__randomstate_ctor": true,
	"pandas._libs.internals._unpickle_block": true, "pandas._libs.tslibs.timestamps._unpickle_timestamp": true,
}

// reconstructs are numpy's _reconstruct(subtype, shape, dtype) by its names.
var reconstructs = map[string]bool{"numpy.core.multiarray._reconstruct": true, "numpy._core.multiarray._reconstruct": true}

// apply is a call by an opcode. Behind one of what cannot be called an unpickler
// has stopped; what was called is no string.
func (m *Machine) apply(c call) {
	if !m.mayCall(c.fn) {
		return
	}
	m.push(m.call(c))
	if o := m.object(c.fn); o != nil && o.kind == Global {
		o.flags |= flagCallable
	}
}

// function reports whether a global is known to be no string: it was called, or
// is a class. Nothing is known when the file has planted other values.
func (m *Machine) function(v Value) bool {
	o := m.object(v)
	return o != nil && o.kind == Global && len(m.patched) == 0 && (o.flags&flagCallable != 0 || products[m.Name(v).String()])
}

// made returns what made a value that is known to be neither a string nor
// callable, or nil.
func (m *Machine) made(v Value) *Name {
	o := m.object(v)
	if o == nil || o.kind != Call || m.reading.Literal || len(m.patched) > 0 {
		return nil
	}
	n := m.Name(o.fn)
	switch {
	case n == nil:
	case products[n.String()]:
		return n
	case reconstructs[n.String()] && len(o.items) > 0:
		if class := m.Name(m.force(o.items[0])); class != nil && class.String() == "numpy.ndarray" {
			return class
		}
	}
	return nil
}

// mayCall ends the run at a call of what cannot be called, as every unpickler does.
func (m *Machine) mayCall(fn Value) bool {
	switch k := m.Kind(fn); k {
	case None, Bool, Int, Float, Str, Bytes, ByteArray, Tuple, List, Dict, Set, FrozenSet:
		m.fail("a call of a value of type %s", k)
		return false
	}
	if n := m.made(fn); n != nil {
		m.fail("a call of an instance of %s", n)
		return false
	}
	return true
}
