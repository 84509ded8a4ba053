package rds

import "github.com/modelaudit/modelaudit/internal/hostile"

// Types of objects (Rinternals.h) and of what stands for them in a stream
// (serialize.c).
const (
	symbolType     = 1
	listType       = 2
	closureType    = 3
	envType        = 4
	promiseType    = 5
	languageType   = 6
	specialType    = 7
	builtinType    = 8
	charType       = 9
	logicalType    = 10
	integerType    = 13
	realType       = 14
	complexType    = 15
	stringType     = 16
	dotsType       = 17
	vectorType     = 19
	expressionType = 20
	bytecodeType   = 21
	pointerType    = 22
	weakType       = 23
	rawType        = 24
	objectType     = 25

	altrep          = 238
	attrList        = 239
	attrLanguage    = 240
	baseEnv         = 241
	emptyEnv        = 242
	sharedReference = 243
	sharedCode      = 244
	genericClass    = 245
	classReference  = 246
	persistent      = 247
	packageEnv      = 248
	namespaceEnv    = 249
	baseNamespace   = 250
	missingArg      = 251
	unbound         = 252
	globalEnv       = 253
	null            = 254
	reference       = 255
)

// A flag word starts every object.
type flags struct {
	kind            int
	attributes, tag bool
	active          bool // of a cell in an environment: its value is what a function returns
	packed          int  // of a reference: its index, if it is small
	offset          int64
}

// activeBinding is the flag of an active binding (ACTIVE_BINDING_MASK of envir.c)
// among the levels, which start at bit 12.
const activeBinding = 1 << 15 << 12

// flags unpacks a flag word (R Internals 1.8): the type in 8 bits, the bits of
// object, attributes and tag, then 16 bits of levels, or the index of a
// reference in the place of all but the type.
func (w *walker) flags() flags {
	at := w.r.Offset()
	n := w.int()
	return flags{kind: n & 0xff, attributes: n&(1<<9) != 0, tag: n&(1<<10) != 0, active: n&activeBinding != 0, packed: int(uint32(n) >> 8), offset: at}
}

// An item is what is kept of an object.
type item struct {
	kind     int
	text     string // of a symbol: its name; of strings: the start of the first
	pkg      string // of a call pkg::name
	call     string // of a call pkg::name
	function string // of a call: its name
	next     *item  // of a list among constants: its second element
}

// enter goes into an object, and reports whether it may be read: those around it
// are not too many, and the budget is not spent. Whoever enters leaves.
func (w *walker) enter() bool {
	if w.depth++; w.depth > maxDepth {
		w.r.Fail(hostile.Unsupported, "objects nested more than %d deep", maxDepth)
	}
	return w.r.Step()
}

// leave ends what enter began.
func (w *walker) leave() { w.depth-- }

// item reads one object.
func (w *walker) item() item {
	defer w.leave()
	if !w.enter() {
		return item{}
	}
	return w.finish(w.flags())
}

// finish reads the rest of an object.
func (w *walker) finish(f flags) item {
	it := item{kind: f.kind}
	switch f.kind {
	case null, emptyEnv, baseEnv, globalEnv, unbound, missingArg, baseNamespace:
	case reference:
		return w.refer(f)
	case symbolType:
		it.text = w.item().text
		w.remember(it.text)
	case persistent, packageEnv, namespaceEnv:
		w.names()
		w.remember("")
	case envType:
		w.environment()
	case listType, dotsType, languageType, closureType, promiseType:
		return w.pair(f)
	case altrep:
		w.altrep()
	default:
		it.text = w.data(f)
		if f.attributes {
			w.item()
		}
	}
	return it
}

// remember adds an object to those that a later one may refer to.
func (w *walker) remember(name string) {
	if err := w.r.Budget().Hold(uint64(32 + len(name))); err != nil {
		w.r.Fail(hostile.OverBudget, "%d symbols and environments: %v", len(w.refs), err)
		return
	}
	w.refs = append(w.refs, name)
}

// refer returns what a reference stands for, as far as it is kept: the name of
// a symbol.
func (w *walker) refer(f flags) item {
	i := f.packed
	if i == 0 {
		i = w.int()
	}
	if i < 1 || i > len(w.refs) {
		w.r.FailAt(f.offset, hostile.Malformed, "a reference to object %d of %d", i, len(w.refs))
		return item{}
	}
	if name := w.refs[i-1]; name != "" {
		return item{kind: symbolType, text: name}
	}
	return item{kind: envType}
}

// names reads the strings that name a package, a namespace or a persistent
// object.
func (w *walker) names() {
	if w.int() != 0 {
		w.r.Fail(hostile.Malformed, "names of a package with names of their own")
	}
	for range w.count(w.length()) {
		w.item()
	}
}

// environment reads the enclosure, the frame, the table and the attributes.
func (w *walker) environment() {
	w.int() // locked
	w.remember("")
	outer := w.ctx
	w.ctx.Environment, w.ctx.Active = true, false
	for range 4 {
		w.item()
	}
	w.ctx = outer
}

// data reads an object that is no list, and returns the start of its first
// string.
func (w *walker) data(f flags) string {
	switch f.kind {
	case charType:
		return w.string(w.int())
	case specialType, builtinType:
		return w.text(w.int())
	case logicalType, integerType:
		w.skip(w.length(), 4)
	case realType:
		w.skip(w.length(), 8)
	case complexType:
		w.skip(w.length(), 16)
	case stringType, vectorType, expressionType:
		return w.elements(f.kind)
	case rawType:
		w.raw(w.length())
	case bytecodeType:
		w.bytecode()
	// An external pointer: what it protects and its tag follow, the address is
	// not stored.
	case pointerType:
		w.remember("")
		w.item()
		w.item()
	// Weak references are written without key and value.
	case weakType:
		w.remember("")
	// An S4 object is its attributes.
	case objectType:
	default:
		w.r.FailAt(f.offset, hostile.Unsupported, "an object of type %d", f.kind)
	}
	return ""
}

// minText is the size of the shortest string that is told: shorter ones are names.
const minText = 20

// string reads a string of n bytes and tells it.
func (w *walker) string(n int) string {
	at := w.r.Offset()
	switch {
	case n < minText:
		return w.text(n)
	case !w.ascii:
		text := w.text(n)
		w.content(Event{Kind: Text, Offset: at, Size: int64(n)})
		return text
	}
	defer w.r.Budget().Release(w.r.Budget().Held())
	text := w.escaped(n, n)
	w.content(Event{Kind: Text, Offset: at, Size: int64(n), Content: text})
	return string(text[:min(len(text), kept)])
}

// raw reads a raw vector of n bytes and tells it.
func (w *walker) raw(n uint64) {
	at := w.r.Offset()
	if !w.ascii {
		w.skip(n, 1)
		w.content(Event{Kind: Raw, Offset: at, Size: int64(n)})
		return
	}
	defer w.r.Budget().Release(w.r.Budget().Held())
	w.content(Event{Kind: Raw, Offset: at, Size: int64(n), Content: w.hex(int(min(n, 1<<62)))})
}

// content tells bytes that were read.
func (w *walker) content(e Event) {
	if w.r.Err() == nil {
		w.emit(e)
	}
}

// elements reads the strings or objects of a vector, and returns the start of
// the first string.
func (w *walker) elements(kind int) string {
	var first string
	for i := range w.count(w.length()) {
		it := w.item()
		if i == 0 && kind == stringType {
			first = it.text
		}
		if w.r.Err() != nil {
			break
		}
	}
	return first
}

// altrep reads a vector in another representation: its class, state and
// attributes. That of a mapped file has the file's name in its state.
func (w *walker) altrep() {
	at := w.r.Offset()
	class := w.item().text
	state := w.item()
	w.item()
	// mmap_integer and mmap_real of altclasses.c, which open the file when the
	// object is read.
	if len(class) > 5 && class[:5] == "mmap_" {
		w.emit(Event{Kind: Mapped, Offset: at, Name: state.text})
	}
}
