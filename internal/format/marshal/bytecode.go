package marshal

import (
	"strings"
	"unicode"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Reference is what code loads and could call: a dotted path from a global
// name, a builtin or an imported module ("os.system").
type Reference struct {
	Path     string
	Imported bool // it starts at a module that this code imports
	Used     bool // somewhere it is loaded for more than to be kept in a variable
	Doubtful bool // it is so only in a reading that the code does not bear out
}

// An opcodes table gives the numbers of the instructions that name things, and
// how their argument does (Include/opcode_ids.h and Lib/opcode.py of each
// version). A number of zero means that the version lacks the instruction.
type opcodes struct {
	extended, resume, loadConst       uint8
	loadGlobal, loadName, loadAttr    uint8
	loadMethod, superAttr             uint8
	importName, importFrom            uint8
	storeName, storeGlobal, storeFast uint8
	storeDeref, loadDeref             uint8
	loadFast                          []uint8
	storeLoad, storeStore             uint8
	globalShift, attrShift            uint // of the argument to the index of the name
	globalCaches, attrCaches          int  // instructions CACHE behind loadGlobal and loadAttr
}

var old = opcodes{
	extended: 144, loadConst: 100, loadGlobal: 116, loadName: 101, loadAttr: 106, loadMethod: 160,
	importName: 108, importFrom: 109, storeName: 90, storeGlobal: 97, storeFast: 125,
	storeDeref: 137, loadDeref: 136, loadFast: []uint8{124},
}

var python311 = opcodes{
	extended: 144, resume: 151, loadConst: 100, loadGlobal: 116, loadName: 101, loadAttr: 106, loadMethod: 160,
	importName: 108, importFrom: 109, storeName: 90, storeGlobal: 97, storeFast: 125,
	storeDeref: 138, loadDeref: 137, loadFast: []uint8{124}, globalShift: 1, globalCaches: 5, attrCaches: 4,
}

var python312 = opcodes{
	extended: 144, resume: 151, loadConst: 100, loadGlobal: 116, loadName: 101, loadAttr: 106, superAttr: 141,
	importName: 108, importFrom: 109, storeName: 90, storeGlobal: 97, storeFast: 125,
	storeDeref: 138, loadDeref: 137, loadFast: []uint8{124, 127}, globalShift: 1, attrShift: 1,
	globalCaches: 4, attrCaches: 9,
}

var python313 = opcodes{
	extended: 71, resume: 149, loadConst: 83, loadGlobal: 91, loadName: 92, loadAttr: 82, superAttr: 93,
	importName: 75, importFrom: 74, storeName: 114, storeGlobal: 113, storeFast: 110,
	storeDeref: 109, loadDeref: 84, loadFast: []uint8{85, 87}, storeLoad: 111, storeStore: 112,
	globalShift: 1, attrShift: 1,
	globalCaches: 4, attrCaches: 9,
}

var python314 = opcodes{
	extended: 69, resume: 128, loadConst: 82, loadGlobal: 92, loadName: 93, loadAttr: 80, superAttr: 96,
	importName: 73, importFrom: 72, storeName: 116, storeGlobal: 115, storeFast: 112,
	storeDeref: 111, loadDeref: 83, loadFast: []uint8{84, 86, 88}, storeLoad: 113, storeStore: 114,
	globalShift: 1, attrShift: 1,
	globalCaches: 4, attrCaches: 9,
}

// tables returns the tables that may fit the bytecode. Only its RESUME tells
// the versions of one layout apart; without one all are tried.
func (c *Code) tables() []*opcodes {
	if c.Layout != Python311 {
		return []*opcodes{&old}
	}
	all := []*opcodes{&python311, &python312, &python313, &python314}
	var fit []*opcodes
	for _, t := range all {
		if c.resumes(t.resume) {
			fit = append(fit, t)
		}
	}
	if fit == nil {
		return all
	}
	return fit
}

// prologue is how many instructions may stand before RESUME.
const prologue = 64

// resumes reports whether RESUME stands near the start, with an argument that
// it can have.
func (c *Code) resumes(op uint8) bool {
	for i := 0; i+1 < len(c.Bytecode) && i < 2*prologue; i += 2 {
		if c.Bytecode[i] == op {
			return c.Bytecode[i+1] < 8
		}
	}
	return false
}

// References lists what the code itself, without the code objects among its
// constants, loads by name, each path once, in order, and whether these are all
// that methods of the classes that it names could be. Where several versions may
// have written it, those of a version that lays code out differently are Doubtful
// and not Imported. It spends steps of the budget for the instructions, which many
// code objects can share, and for what it lists; when they are spent, what was
// found until then is not all.
func (c *Code) References(budget *hostile.Budget) (out []Reference, all bool) {
	all = true
	seen := make(map[path]int)
	tables := c.tables()
	for _, t := range tables {
		if budget.Steps(int64(len(c.Bytecode))) != nil {
			return out, false
		}
		t := trace{code: c, table: t, bound: make(map[string]Reference), modules: make(map[string]string), seen: make(map[path]int)}
		found := t.run()
		possible, complete := methods(found, budget)
		all = all && complete
		for _, r := range append(found, possible...) {
			r.Doubtful = r.Doubtful || t.foreign && len(tables) > 1
			r.Imported = r.Imported && !r.Doubtful
			out = merge(out, seen, r)
		}
	}
	return out, all
}

// Mentions lists what code refers to, for people: the paths that start at a name,
// each once, in order.
func Mentions(budget *hostile.Budget, codes ...*Code) []string {
	var out []string
	seen := make(map[string]bool)
	for _, c := range codes {
		references, _ := c.References(budget)
		for _, r := range references {
			if r.Used && !r.Doubtful && r.Path[0] != '.' && !seen[r.Path] {
				seen[r.Path] = true
				out = append(out, r.Path)
			}
		}
	}
	return out
}

// A path tells references apart.
type path struct {
	text     string
	imported bool
}

// merge adds a reference to those of a list, of which seen has the places.
func merge(list []Reference, seen map[path]int, r Reference) []Reference {
	key := path{r.Path, r.Imported}
	if i, ok := seen[key]; ok {
		list[i].Used = list[i].Used || r.Used
		list[i].Doubtful = list[i].Doubtful && r.Doubtful
		return list
	}
	seen[key] = len(list)
	return append(list, r)
}

// methods are what the attributes of values that are not followed could be: those
// of the classes that the code names, and whether these are all of them.
func methods(found []Reference, budget *hostile.Budget) (out []Reference, all bool) {
	const (
		most   = 1 << 15
		lookUp = 16 // steps that whoever looks one up is charged
	)
	var classes, attributes []string
	for _, r := range found {
		last := r.Path[strings.LastIndexByte(r.Path, '.')+1:]
		switch {
		case strings.HasPrefix(r.Path, "."):
			attributes = append(attributes, r.Path)
		case r.Imported && last != "" && unicode.IsUpper(rune(last[0])):
			classes = append(classes, r.Path)
		}
	}
	if budget.Steps(lookUp*min(most, int64(len(classes))*int64(len(attributes)))) != nil {
		return nil, false
	}
	for _, c := range classes {
		for _, a := range attributes {
			if len(out) == most {
				return out, false
			}
			out = append(out, Reference{Path: c + a, Imported: true, Used: true})
		}
	}
	return out, true
}
