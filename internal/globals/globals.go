// Package globals holds what is known about Python callables and classes that
// a model file can name: which run code, start processes, write files or open
// connections when they are called, and which are only data. Pickles, Keras
// configurations, Hydra targets and skops schemas all name their parts as a
// module and a qualified name, so that all of them are judged here.
//
// The knowledge is data, one line per callable, sorted and searched in place:
// nothing is built at start-up, and answers are remembered. README.md says how the lines are made.
package globals

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/memo"
)

// A Class says what is known about a name.
type Class uint8

// Classes, mildest first from Safe on, so that they can be compared.
const (
	// Unknown: nobody has vetted the name.
	Unknown Class = iota
	// Safe: data only. It may be called with any arguments, and its instances
	// made and filled with any state.
	Safe
	// Inert: safe to refer to, to make an instance of without calling its
	// initialiser, and to fill; calling it has not been vetted.
	Inert
	// Conditional: honest files use it with harmless arguments, which the caller
	// must judge; with others it has its Effect.
	Conditional
	// Suspicious: no model needs it, but what it can do is limited.
	Suspicious
	// Dangerous: calling it does what Effect says, at the will of the file.
	Dangerous
)

// An Effect is what happens when a name is called.
type Effect string

// Effects, as they are spelled in the data.
const (
	Execute     Effect = "execute"     // runs Python code or an expression of the file's choice
	Process     Effect = "process"     // starts a program
	Import      Effect = "import"      // runs code as soon as its module is imported
	Indirect    Effect = "indirect"    // calls its argument, or turns a string into an object
	Deserialise Effect = "deserialise" // loads another object stream
	Native      Effect = "native"      // loads or runs machine code, or reads and writes raw memory
	Write       Effect = "write"       // creates, changes or deletes files
	Read        Effect = "read"        // reads files
	Network     Effect = "network"     // opens connections
	State       Effect = "state"       // changes the interpreter or the process
	Exit        Effect = "exit"        // ends, blocks or crashes the process
	Tamper      Effect = "tamper"      // changes a scanner
	None        Effect = ""            // of safe and unknown names
)

// does completes "loading this file …".
var does = map[Effect]string{
	Execute: "runs code", Process: "starts a program", Import: "runs code by an import",
	Indirect: "looks up or calls other functions", Deserialise: "unpickles more data", Native: "runs native code",
	Write: "writes or deletes files", Read: "reads files", Network: "opens a connection",
	State: "changes the running process", Exit: "stops the process", Tamper: "tampers with a scanner",
}

// Does returns a predicate that completes "the call …", such as "starts a
// program"; it is empty for None.
func (e Effect) Does() string { return does[e] }

// A Verdict is what is known about one name.
type Verdict struct {
	Class  Class
	Effect Effect
	Named  bool // the name alone says so, whatever module it is of
}

// Does returns a predicate that completes "the call …" for a verdict that
// condemns: what its effect does, or that it does harm.
func (v Verdict) Does() string {
	if s := v.Effect.Does(); s != "" {
		return s
	}
	return "does harm"
}

// Lookup returns the verdict on the object at the exact path, which Resolve
// should have walked first; name may be a method ("PosixPath.unlink"). An empty
// name asks about the module object itself. A more specific line outranks a
// wildcard, so that a whole module can be condemned but for a few names.
func Lookup(module, name string) Verdict { return verdicts.Ask(module, name) }

var verdicts = memo.Of(judged)

// judged is Lookup, unremembered.
func judged(module, name string) Verdict {
	if v, ok := listed(module, name); ok {
		return v
	}
	if v, ok := inherited(module, name); ok {
		return v
	}
	if v, ok := method(module, name); ok {
		return v
	}
	v, _ := wildcard(module)
	if w := anywhere(name); w.Class > v.Class {
		return w
	}
	return v
}

// Listed returns the verdict of the line for exactly this name, and whether there
// is one: for readers that cannot tell a module's own names from a script's.
func Listed(module, name string) (Verdict, bool) { return listed(module, name) }

// listed looks for a line of exactly this module and name, under any of the
// names of the module.
func listed(module, name string) (Verdict, bool) {
	if name == "" {
		return Verdict{}, false
	}
	for m := range spellings(module) {
		if v, ok := find(m, name); ok {
			return v, true
		}
	}
	return Verdict{}, false
}

// inherited gives a part of a dangerous class the verdict on the class.
func inherited(module, name string) (Verdict, bool) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 {
		return Verdict{}, false
	}
	modules := slices.Collect(spellings(module)) // once for all parts
	for i = min(i, known(name)); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		for _, m := range modules {
			if v, ok := find(m, name[:i]); ok && v.Class >= Conditional {
				return v, true
			}
		}
	}
	return Verdict{}, false
}

// method gives a method the verdict on all methods of its name in the package:
// a class may have inherited it.
func method(module, name string) (Verdict, bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return Verdict{}, false
	}
	top, _, _ := strings.Cut(module, ".")
	return find(top, "*"+name[i:])
}

// wildcard returns the verdict on all of a module, or of the nearest package
// around it.
func wildcard(module string) (Verdict, bool) {
	for m := range spellings(module) {
		m = m[:known(m)]
		for {
			if v, ok := byHand(m, "*"); ok {
				return v, true
			}
			i := strings.LastIndexByte(m, '.')
			if i < 0 {
				break
			}
			m = m[:i]
		}
	}
	return Verdict{}, false
}

// anywhere returns the verdict on a name of which the module is unknown: what
// is called "check_output" in a module that nobody has heard of is most likely
// subprocess's.
func anywhere(name string) Verdict {
	for part := range strings.SplitSeq(name, ".") {
		if v, ok := byHand("*", part); ok {
			v.Named = true
			return v
		}
	}
	return Verdict{}
}

// ClassLike reports whether the last part of a path is written as names of classes
// are, with a capital.
func ClassLike(path string) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(path[strings.LastIndexByte(path, '.')+1:], "_"))
	return unicode.IsUpper(c)
}
