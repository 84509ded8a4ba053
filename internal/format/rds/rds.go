// Package rds reads R's serialised objects: what saveRDS, save and serialize
// write, in the binary, ASCII and native forms. The format is that of R Internals,
// section 1.8, and src/main/serialize.c. Objects are not built: what could run is
// told as it goes by, and the data of vectors is passed over.
package rds

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxDepth is how deep objects may nest. R itself recurses and ends with its
// stack.
const maxDepth = 10_000

// A Kind is a kind of event.
type Kind uint8

// The kinds of events.
const (
	Binding  Kind = iota + 1 // a variable of a saved workspace, before its value
	Call                     // a call in code, with the function's name
	Promise                  // code that runs as soon as its value is asked for
	Function                 // a closure
	Raw                      // a raw vector
	Mapped                   // a vector that is mapped from a file when it is read
	Text                     // a string
	Trailing                 // bytes behind the last object
)

// An Event is something in a stream that could run, or hide what does.
type Event struct {
	Kind   Kind
	Offset int64
	Size   int64  // of Raw, Text and Trailing, in bytes
	Name   string // of a variable, a called function or a mapped file
	// Content is a Raw or Text of the ASCII form, in which no such bytes stand. It
	// is the hearer's while the event is told.
	Content []byte
	// Package is where a Call says that its function lives, or "".
	Package string
	// Argument is the first string among the arguments of a Call.
	Argument string
	// Computed names the function that the first argument of a Call is a call of.
	Computed string
	// Symbol is the second argument of a Call, if it is a symbol.
	Symbol string
	Context
}

// A Context says what surrounds an event.
type Context struct {
	Variable    string // of a workspace, whose value this is in
	Promise     bool   // in the code of a promise that has no value yet
	Function    bool   // in a closure
	Environment bool   // in an environment's variables
	Active      bool   // in a function that is called whenever a variable is looked at
	Bytecode    bool   // among the constants of compiled code
}

// magics start a saved workspace; a serialised object follows.
var magics = []string{"RDX2\n", "RDX3\n", "RDA2\n", "RDA3\n", "RDB2\n", "RDB3\n"}

// oldMagics start a workspace of version 1, which R still loads. They are not read.
var oldMagics = []string{"RDX1\n", "RDA1\n", "RDB1\n"}

// headSize is how much of a file shows whether another object follows, in bytes.
const headSize = 64

// Looks reports whether a file that starts with first may be a saved workspace or
// a serialised object.
func Looks(first []byte) bool {
	if len(first) == 0 || strings.IndexByte("RABX\n", first[0]) < 0 {
		return false
	}
	head := string(first)
	return starts(head, magics) || starts(head, oldMagics) || header(head)
}

// starts reports whether a text starts with one of several others.
func starts(s string, with []string) bool {
	return slices.ContainsFunc(with, func(w string) bool { return strings.HasPrefix(s, w) })
}

// header reports whether a serialised object starts here, of version 2 or 3. R takes
// any byte for the end of the line that names the form, and a blank line in front of
// the ASCII form (serialize.c, InFormat).
func header(head string) bool {
	if head = strings.TrimPrefix(head, "\n"); len(head) < 2 {
		return false
	}
	switch form, ended := head[0], head[1] == '\n' || head[1] == '\r'; form {
	case 'A':
		return ascii(head[2:], ended)
	case 'B':
		return starts(head[2:], []string{"\x02\x00\x00\x00", "\x03\x00\x00\x00", "\x00\x00\x00\x02", "\x00\x00\x00\x03"})
	case 'X':
		return starts(head[2:], []string{"\x00\x00\x00\x02", "\x00\x00\x00\x03"})
	}
	return false
}

// ascii reports whether a text starts with what an object in the ASCII form starts with:
// its version, two of R, and in version 3 the length and the name of an encoding. Where
// the line of the form has not ended, as in any text that has an A in front of numbers,
// the name must be there, or versions of 1.4 at least.
func ascii(text string, ended bool) bool {
	const least = 1<<16 | 4<<8
	var words []string
	var numbers []int
	for w := range strings.FieldsSeq(text) {
		n, ok := leading(w)
		if !ok && len(words) < 3 {
			return false
		}
		if words, numbers = append(words, w), append(numbers, n); len(words) == 5 {
			break
		}
	}
	switch n := len(words); {
	case n == 0, numbers[0] != 2 && numbers[0] != 3:
		return false
	case ended:
		return true
	case n == 5 && numbers[0] == 3 && numbers[3] == len(words[4]):
		return true
	}
	return len(words) >= 3 && numbers[1] >= least && numbers[2] >= least
}

// Walk reads a workspace, or one object behind another, and tells what it meets.
// An error is a *hostile.Fault, or one of the machine; what was told stands.
func Walk(r *hostile.Reader, tell func(Event)) error {
	w := &walker{tell: tell}
	switch head := string(r.Peek(len(magics[0]))); {
	case slices.Contains(oldMagics, head):
		return r.Fail(hostile.Unsupported, "a workspace of version 1 of R's serialisation")
	case slices.Contains(magics, head):
		r.Skip(uint64(len(head)))
		w.workspace = true
	}
	for first := true; r.Err() == nil && (first || header(string(r.Peek(headSize)))); first = false {
		w.object(r)
	}
	if r.Err() == nil && r.Left() > 0 {
		tell(Event{Kind: Trailing, Offset: r.Offset(), Size: r.Left()})
	}
	return r.Err()
}

// A walker reads one stream.
type walker struct {
	*source
	tell      func(Event)
	workspace bool
	refs      []string // names of the symbols that may be referred to; "" for other objects
	depth     int
	ctx       Context
}

// object reads a stream's header and the object behind it.
func (w *walker) object(r *hostile.Reader) {
	w.source = open(r)
	// Each stream counts its own references.
	w.refs = nil
	version := w.int()
	w.int() // version of R that wrote
	w.int() // version of R that is needed
	// Version 3 names the native encoding of strings.
	if version == 3 {
		w.text(w.int())
	} else if version != 2 && r.Err() == nil {
		r.Fail(hostile.Unsupported, "version %d of R's serialisation", version)
	}
	if w.workspace {
		w.variables()
	} else {
		w.item()
	}
	if w.ascii {
		w.r.Blanks()
	}
}

// variables reads the list of a workspace's variables.
func (w *walker) variables() {
	for w.r.Step() {
		f := w.flags()
		if f.kind != listType {
			w.finish(f)
			return
		}
		if f.attributes {
			w.item()
		}
		if f.tag {
			w.ctx.Variable = w.item().text
		}
		w.tell(Event{Kind: Binding, Offset: w.r.Offset(), Name: w.ctx.Variable})
		w.item()
		w.ctx.Variable = ""
	}
}

// emit tells an event in the context of the moment.
func (w *walker) emit(e Event) {
	e.Context = w.ctx
	w.tell(e)
}
