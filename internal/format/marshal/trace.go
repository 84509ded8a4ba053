package marshal

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A trace follows the instructions in their order. It keeps no stack: a name
// that is loaded and the attributes taken from it directly afterwards make a
// path, and a store gives the path to a variable.
type trace struct {
	code    *Code
	table   *opcodes
	bound   map[string]Reference // what variables hold
	now     Reference
	from    string            // the module that IMPORT_FROM takes names out of
	dotted  string            // the module that "import a.b as c" names, of which the code gets a
	none    bool              // the last instruction loaded None
	ready   string            // what the last instruction was about, if it said nothing
	called  string            // the module that a function was just given to import
	gap     int               // instructions since then that say nothing
	foreign bool              // the layout is not that of the table's version
	modules map[string]string // imported, by themselves
	found   []Reference
	seen    map[path]int // places in found
}

// note adds a reference to those found, once.
func (t *trace) note(r Reference, used bool) {
	if r.Path != "" {
		r.Used = used
		t.found = merge(t.found, t.seen, r)
	}
}

// run follows the instructions in a straight line: which names are reached does
// not depend on the jumps taken.
func (t *trace) run() []Reference {
	arg := uint(0)
	b := t.code.Bytecode
	step := t.width()
	for i := 0; i < len(b); {
		op := b[i]
		n := step(op)
		if n > 1 && i+1 < len(b) {
			arg |= uint(b[i+1])
		}
		if n > 2 && i+2 < len(b) {
			arg |= uint(b[i+2]) << 8
		}
		i += n
		if op == t.table.extended && t.code.Layout != Python2 {
			arg <<= 8
			continue
		}
		t.layout(op, b[min(i, len(b)):]) // the last may be cut
		t.instruction(op, arg)
		if op != 0 && t.now.Path != "" {
			t.ready = ""
		}
		t.none = op == t.table.loadConst && t.isNone(arg)
		arg = 0
	}
	t.end()
	return t.found
}

// layout notes whether as many instructions CACHE, whose number is zero, follow as
// the version writes.
func (t *trace) layout(op uint8, rest string) {
	want := 0
	switch {
	case t.code.Layout != Python311:
		return
	case op == t.table.loadGlobal:
		want = t.table.globalCaches
	case op == t.table.loadAttr:
		want = t.table.attrCaches
	default:
		return
	}
	n := 0
	for 2*n < len(rest) && rest[2*n] == 0 {
		n++
	}
	t.foreign = t.foreign || n != want
}

// width returns the size of an instruction: two bytes since 3.6; before, one,
// or three for those with an argument. The 3.0 layout served both.
func (t *trace) width() func(op uint8) int {
	const haveArgument = 90
	if t.code.Layout != Python2 {
		return func(uint8) int { return 2 }
	}
	return func(op uint8) int {
		if op >= haveArgument {
			return 3
		}
		return 1
	}
}

// instruction notes what one instruction refers to.
func (t *trace) instruction(op uint8, arg uint) {
	s := t.table
	switch {
	case op == 0: // CACHE, and no instruction of older versions
	case op == s.loadGlobal:
		t.load(t.name(arg >> s.globalShift))
	case op == s.loadName:
		t.load(t.name(arg))
	case op == s.loadAttr && s.attrShift == 0, op == s.loadMethod && s.loadMethod != 0:
		t.attribute(t.name(arg))
	case op == s.importFrom:
		t.importFrom(t.name(arg))
	case op == s.loadAttr:
		t.attribute(t.name(arg >> s.attrShift))
	case op == s.superAttr && s.superAttr != 0:
		t.end()
	case op == s.importName:
		t.importName(t.name(arg))
	case op == s.storeName, op == s.storeGlobal:
		t.store(t.name(arg))
	case op == s.storeFast:
		t.store(t.variable(arg))
	case op == s.storeDeref:
		t.store(t.cell(arg))
	case op == s.loadDeref:
		t.load(t.cell(arg))
	case slices.Contains(s.loadFast, op):
		t.load(t.variable(arg))
	case op == s.loadConst:
		t.constant(arg)
	case op == s.storeLoad && s.storeLoad != 0:
		t.store(t.variable(arg >> 4))
		t.load(t.variable(arg & 15))
	case op == s.storeStore && s.storeStore != 0:
		t.store(t.variable(arg >> 4))
	default:
		t.ready = t.now.Path // PUSH_NULL stands behind it since 3.13
		t.end()
		// Of a call there are two instructions at most.
		if t.gap++; t.gap > 2 {
			t.called = ""
		}
	}
}

// importers are functions that return the module whose name they are given.
var importers = []string{"__import__", "importlib.import_module", "import_module", "importlib.__import__"}

// importName follows IMPORT_NAME, which gives the module that it names if it is to
// take names from it, and else the package at the start of the name.
func (t *trace) importName(name string) {
	t.end()
	t.from, t.dotted = name, ""
	t.now = Reference{Path: name, Imported: true}
	if root, _, dotted := strings.Cut(name, "."); dotted && t.none {
		t.note(t.now, false)
		t.from, t.dotted, t.now.Path = root, name, root
	}
	t.modules[t.now.Path] = t.now.Path
}

// importFrom follows IMPORT_FROM, by which "import a.b.c as d" goes from a to c,
// too. That the code came here without the names to take is no more than likely.
func (t *trace) importFrom(name string) {
	t.now = Reference{Path: t.from}
	t.attribute(name)
	t.now.Imported = true
	if t.dotted != "" {
		t.from = t.now.Path
		t.note(Reference{Path: t.dotted + "." + name, Doubtful: true}, true)
	}
}

// name returns a name by index; an index out of range is of another version's
// instruction, or would crash the interpreter.
func (t *trace) name(i uint) string {
	if i < uint(len(t.code.Names)) {
		return t.code.Names[i]
	}
	return ""
}

// variable returns a mark for a local variable that no name can equal.
func (t *trace) variable(i uint) string {
	if i < uint(len(t.code.Variables)) {
		return "\x00" + t.code.Variables[i]
	}
	return ""
}

// cell returns the name of a variable that functions share. A function that
// shares it with the one around it binds it to nothing: the name is all that
// says what it is, as with a global.
func (t *trace) cell(i uint) string {
	if i += uint(t.code.Cells); i < uint(len(t.code.Variables)) {
		return t.code.Variables[i]
	}
	return ""
}

// constant follows a constant: a text behind a module, as in getattr(os, "system"),
// may be the name of something in it.
func (t *trace) constant(i uint) {
	r, ready := t.now, t.ready
	t.end()
	t.called = ""
	if i < uint(len(t.code.Constants)) && t.code.Constants[i] != nil && t.code.Constants[i].Text == builtins {
		t.note(Reference{Path: "." + builtins}, true)
	}
	if i >= uint(len(t.code.Constants)) || t.code.Constants[i] == nil || t.code.Constants[i].Kind != Text {
		return
	}
	c := t.code.Constants[i]
	t.importer(cmp.Or(r.Path, ready), c.Text)
	if !r.Imported || r.Path != t.modules[r.Path] {
		return
	}
	if identifier(c.Text) && len(r.Path)+len(c.Text) < maxPath {
		t.note(Reference{Path: r.Path + "." + c.Text, Imported: true}, true)
	}
}

// importer notes that a function is given a text that names a module. Of a dotted
// one __import__ returns the package at its start.
func (t *trace) importer(function, text string) {
	if !slices.Contains(importers, function) || len(text) >= maxPath || !identifier(strings.ReplaceAll(text, ".", "_")) {
		return
	}
	if strings.HasSuffix(function, "__import__") {
		text, _, _ = strings.Cut(text, ".")
	}
	t.called, t.gap = text, 0
}

// isNone reports whether a constant is None.
func (t *trace) isNone(i uint) bool {
	return i < uint(len(t.code.Constants)) && t.code.Constants[i] != nil && t.code.Constants[i].Kind == Nothing
}

// identifier reports whether a text can be the name of something in a module.
func identifier(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// load starts a path at a name, or goes on with what a variable holds.
func (t *trace) load(name string) {
	t.end()
	t.called = ""
	if r, ok := t.bound[name]; ok {
		t.now = r
		return
	}
	switch {
	case name == builtins:
		t.now = Reference{Path: "." + name}
	case name != "" && name[0] != 0:
		t.now = Reference{Path: name}
	}
}

// builtins is a global of every module by which code gets at functions without
// naming them; it is reported like an attribute.
const builtins = "__builtins__"

// maxPath is the length from which on a path means nothing: attributes of it are
// taken by themselves.
const maxPath = 1 << 10

// attribute goes from what was loaded last to an attribute of it.
func (t *trace) attribute(name string) {
	switch {
	case name == "":
	case t.now.Path != "" && len(t.now.Path)+len(name) < maxPath:
		t.now.Path += "." + name
	case t.called != "" && t.now.Path == "": // what a call of an importer returned
		t.now = Reference{Path: t.called + "." + name, Imported: true}
		t.called = ""
	default: // of a value that is not followed: the name alone may tell
		t.end()
		t.now = Reference{Path: "." + name}
	}
}

// store remembers what a variable was bound to.
func (t *trace) store(variable string) {
	if t.now.Path == "" && t.called != "" {
		t.now = Reference{Path: t.called, Imported: true}
	}
	if variable != "" && t.now.Path != "" {
		r := t.now
		if root, _, dotted := strings.Cut(r.Path, "."); dotted && root == strings.TrimPrefix(variable, "\x00") {
			r.Path = root // "import os.path" binds os
		}
		t.bound[variable] = r
	}
	t.note(t.now, false)
	t.now = Reference{}
	t.called = ""
}

// end closes the path that is being built.
func (t *trace) end() {
	t.note(t.now, true)
	t.now = Reference{}
}
