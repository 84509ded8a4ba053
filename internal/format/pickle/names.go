package pickle

import "strings"

// A Name is something that is found by name in a module.
type Name struct {
	// Module and Name say where the object lives; Name is empty for the module
	// itself.
	Module, Name string
	// AsModule and AsName are how the file spells it.
	AsModule, AsName string
	// ID numbers the names of one machine, from 0.
	ID int

	dotted string // what String returned when the machine met it
	text   string // what it is, if it is a constant text
	// What the machine knows of calling it, of calling an instance of it, and of
	// iterating over one.
	function *function
	instance instance
	iterator iterator
	wrapper  bool // joblib reads an array behind an instance of it
}

// constantTexts are the attributes of modules that are texts: alphabets to pick
// letters of.
var constantTexts = map[string]string{
	"string.ascii_lowercase": lowercase, "string.ascii_uppercase": uppercase, "string.ascii_letters": lowercase + uppercase,
	"string.digits": "0123456789", "string.hexdigits": "0123456789abcdefABCDEF", "string.octdigits": "01234567",
	"string.punctuation": punctuation, "string.whitespace": " \t\n\r\v\f",
	"string.printable": "0123456789" + lowercase + uppercase + punctuation + " \t\n\r\v\f",
	"posixpath.sep":    "/", "posixpath.curdir": ".", "posixpath.pathsep": ":", "os.sep": "/", "os.linesep": "\n", "os.name": "posix",
}

const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// textOfName returns the text that an attribute of a module is: an alphabet, or
// the name that a thing bears itself.
func textOfName(n *Name) string {
	const own = "__name__"
	if n.Name == own {
		return n.Module
	}
	if path, ok := strings.CutSuffix(n.Name, "."+own); ok {
		return path[strings.LastIndexByte(path, '.')+1:]
	}
	return constantTexts[n.String()]
}

// String returns the dotted name of where the object lives.
func (n *Name) String() string {
	i := len(n.Module)
	switch {
	case n.Name == "":
		return n.Module
	case len(n.dotted) == i+1+len(n.Name) && n.dotted[:i] == n.Module && n.dotted[i+1:] == n.Name:
		return n.dotted
	}
	return n.Module + "." + n.Name
}

// tables are what the machine has met by name.
type tables struct {
	known    []Name
	texts    []string
	globals  map[[4]string]Value // by Python's name and the file's spelling
	byValue  map[[2]Value]Value  // by the operands of STACK_GLOBAL
	patched  map[[2]string]Value // attributes that the file replaced
	registry map[int64]Value     // extension codes that the file registered
}

// made returns the tables, which are empty, with those that there are not yet.
func (t tables) made() tables {
	if t.globals != nil {
		return t
	}
	return tables{
		globals: make(map[[4]string]Value), byValue: make(map[[2]Value]Value),
		patched: make(map[[2]string]Value), registry: make(map[int64]Value),
	}
}

// rewriteTables follows objects that have moved.
func (m *Machine) rewriteTables(f func(Value) Value) {
	rewriteMap(m.globals, f)
	rewriteMap(m.byValue, f)
	rewriteMap(m.patched, f)
	rewriteMap(m.registry, f)
}

// Name returns what a Global is called, or nil.
func (m *Machine) Name(v Value) *Name {
	if o := m.object(v); o != nil && o.kind == Global {
		return &m.known[o.ref]
	}
	return nil
}

// importName is the unpickler's find_class.
func (m *Machine) importName(module, name string) Value {
	asModule, asName := module, name
	if m.protocol < 3 && m.names.Py2 != nil {
		module, name = m.names.Py2(module, name)
	}
	v := m.intern(module, name, asModule, asName)
	if len(m.patched) > 0 {
		if w, ok := m.patchedName(module, name); ok {
			v = w
		}
	}
	m.emitImport(v)
	return v
}

// emitImport tells of an import.
func (m *Machine) emitImport(v Value) {
	m.emit(Effect{Kind: Imports, Value: v, Computed: m.assembled})
}

// intern returns the Global of a name, one for each spelling. One that is longer
// than a line of names may be is like one that is computed in a way that is not
// followed.
func (m *Machine) intern(module, name, asModule, asName string) Value {
	if len(module) > longestName || len(name) > longestName {
		return m.newObject(object{kind: Attr, fn: unknown, kw: unknown, flags: flagForced})
	}
	key := [4]string{module, name, asModule, asName}
	if v, ok := m.globals[key]; ok {
		return v
	}
	const cost = 2 << 10 // of a name's tables, here and where it is judged, beside its text
	if !m.hold(uint64(cost+len(asModule)+len(asName))) || m.s.r.Budget().Steps(lookUps(module)+lookUps(name)) != nil {
		return unknown
	}
	homeModule, homeName := module, name
	if m.names.Resolve != nil {
		homeModule, homeName = m.names.Resolve(module, name)
	}
	n := Name{Module: homeModule, Name: homeName, AsModule: asModule, AsName: asName, ID: len(m.known)}
	n.dotted = n.String()
	n.function, n.instance, n.iterator = m.functions[n.dotted], m.instances[n.dotted], m.iterators[n.dotted]
	n.wrapper, n.text = arrayWrappers[n.dotted], textOfName(&n)
	m.known = append(m.known, n)
	v := m.newObject(object{kind: Global, ref: int32(len(m.known) - 1)})
	m.globals[key] = v
	return v
}

// lookUps is what it is worth in steps to look for a dotted name, and for each part
// of it, in the tables of what is known; most are looked through for the first parts,
// which may be modules.
func lookUps(name string) int64 {
	const part, module, mayBeModules = 100, 500, 256
	parts := int64(strings.Count(name, "."))
	return int64(len(name)) + part*parts + module*min(parts, mayBeModules)
}

// lookup returns an attribute of a module or of something in it.
func (m *Machine) lookup(module, name string) Value {
	if len(m.patched) > 0 {
		if v, ok := m.patchedName(module, name); ok {
			return v
		}
	}
	return m.intern(module, name, module, name)
}

// module returns a module as a value.
func (m *Machine) module(name string) Value { return m.intern(name, "", name, "") }

// patchedName returns what the file has put in the place of a name, or of a
// prefix of it.
func (m *Machine) patchedName(module, name string) (Value, bool) {
	key := [2]string{module, name}
	if m.names.Resolve != nil {
		key[0], key[1] = m.names.Resolve(module, name)
	}
	if v, ok := m.patched[key]; ok {
		return v, true
	}
	v, ok := m.patched[[2]string{module, name}]
	if ok {
		return v, true
	}
	for i := strings.LastIndexByte(name, '.'); i > 0 && !m.spend(int64(i)); i = strings.LastIndexByte(name[:i], '.') {
		if v, ok := m.patched[[2]string{module, name[:i]}]; ok {
			// What is planted there may be found by the same name again.
			if m.deep() || m.spend(workPerCall) {
				return 0, false
			}
			m.depth++
			w := m.walk(v, name[i+1:])
			m.depth--
			return w, true
		}
	}
	return 0, false
}
