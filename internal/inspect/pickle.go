package inspect

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// Bounds on what is kept of one file; the rest is counted.
const (
	maxEffects      = 2_000
	maxInstructions = 200_000
	maxText         = 60 // bytes of an argument that are shown
)

// names tells the machine what Python's modules hold.
var names = pickle.Names{Py2: globals.Py2, Resolve: globals.Resolve}

// A reading follows the pickles of one file, one behind the other, as the
// detector does, but only to show them.
type reading struct {
	pass        *detector.Pass
	disassemble bool
	does        tape
	listing     tape
	notes       map[int64]string // what the opcode at an offset does, of as many as can be listed
}

// A tape keeps the first of many steps and counts the others.
type tape struct {
	steps []finding.Step
	limit int
	more  int
}

// full reports whether the next step is only counted.
func (t *tape) full() bool { return len(t.steps) == t.limit }

// add keeps a step, or counts it.
func (t *tape) add(offset int64, text string) {
	if t.full() {
		t.more++
		return
	}
	t.steps = append(t.steps, finding.Step{Offset: offset, Text: text})
}

// join adds what another tape kept and counted.
func (t *tape) join(other tape) {
	for _, s := range other.steps {
		t.add(s.Offset, s.Text)
	}
	t.more += other.more
}

// end returns the steps, and last how many there are beside them.
func (t *tape) end() []finding.Step {
	if t.more > 0 {
		last := t.steps[len(t.steps)-1].Offset
		t.steps = append(t.steps, finding.Step{Offset: last, Text: fmt.Sprintf("and %d more", t.more)})
	}
	return t.steps
}

// follow shows what loading the pickles of a file does and, if asked, their
// opcodes. What cannot be read is the detector's to tell.
func (n *Node) follow(p *detector.Pass, disassemble bool) {
	f := reading{
		pass: p, disassemble: disassemble,
		does: tape{limit: maxEffects}, listing: tape{limit: maxInstructions},
	}
	for at := int64(0); at < p.File.Size; {
		end, ok := f.stream(at)
		if !ok {
			break
		}
		at = end
	}
	n.Does, n.Listing = f.does.end(), f.listing.end()
}

// stream follows one pickle and returns where it ends, and whether it does.
func (f *reading) stream(at int64) (end int64, ok bool) {
	r := f.pass.Reader()
	r.MoveTo(at)
	f.notes = make(map[int64]string)
	m := pickle.New(r, names, pickle.Reading{Arrays: true})
	does := tape{limit: maxEffects}
	for e := range m.Run() {
		noted := f.disassemble && len(f.notes) < maxInstructions
		text := ""
		if noted || !does.full() {
			text = finding.Code(effect(m, &e), finding.QuoteLimit)
		}
		if noted {
			// One opcode may do several things; the last one is its result.
			f.notes[e.Offset] = text
		}
		does.add(e.Offset, text)
	}
	ok = m.Err() == nil && m.Stopped()
	if !ok && at > 0 {
		return at, false // what follows a pickle need not be one
	}
	f.does.join(does)
	if f.disassemble {
		f.list(at)
	}
	return r.Offset(), ok
}

// effect says in words what an opcode does.
func effect(m *pickle.Machine, e *pickle.Effect) string {
	switch e.Kind {
	case pickle.Imports:
		return "imports " + m.Python(e.Value)
	case pickle.Calls:
		return "calls " + m.PythonCall(e.Fn, e.Args, e.Kw)
	case pickle.Makes:
		return "makes " + m.PythonCall(e.Fn, e.Args, e.Kw)
	case pickle.Builds:
		return "gives a state to " + m.Python(e.Fn)
	case pickle.Appends:
		return "adds items to " + m.Python(e.Fn)
	case pickle.SetsItem:
		return "sets items of " + m.Python(e.Fn)
	case pickle.Persists:
		return "asks the loader for " + m.Python(e.Fn)
	case pickle.Takes:
		return "takes " + m.Python(e.Value)
	case pickle.Extends:
		return "asks the extension registry for an object"
	default:
		return e.Kind.String()
	}
}

// list keeps the opcodes of one pickle, with what they do behind them.
func (f *reading) list(at int64) {
	r := f.pass.Reader()
	r.MoveTo(at)
	for op := range pickle.Ops(r) {
		if f.listing.full() {
			f.listing.more++
			continue
		}
		text := op.Code.String()
		if arg := f.argument(&op); arg != "" {
			text = fmt.Sprintf("%-16s %s", text, arg)
		}
		if note := f.notes[op.Offset]; note != "" {
			text = fmt.Sprintf("%-40s # %s", text, note)
		}
		f.listing.add(op.Offset, text)
	}
	if err := r.Err(); err != nil {
		f.listing.add(r.Offset(), finding.Quote(err.Error()))
	}
}

// argument is what an opcode carries, as text.
func (f *reading) argument(op *pickle.Op) string {
	switch {
	case op.Name > 0:
		return f.text(op.Data, op.Size) + " " + f.text(op.Name, op.NameSize)
	case op.Data > 0:
		return f.text(op.Data, op.Size)
	case op.Code.Argument():
		return fmt.Sprint(op.Arg)
	default:
		return ""
	}
}

// text reads the start of an argument.
func (f *reading) text(offset, size int64) string {
	p := make([]byte, min(size, maxText))
	n, err := f.pass.File.Content.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return "(" + finding.Quote(err.Error()) + ")"
	}
	text := `"` + finding.Escape(string(p[:n])) + `"`
	if more := size - int64(n); more > 0 {
		text += fmt.Sprintf(" and %d more bytes", more)
	}
	return text
}
