// Package executorch reads what ExecuTorch programs (.pte) need of the machine
// that runs them: operators. A program is a FlatBuffer after schema/program.fbs
// of ExecuTorch, with segments of weights behind it.
package executorch

import (
	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Program is what a file says.
type Program struct {
	Operators []Name // of all execution plans, each plan's own: "aten::add.out"
	Size      int64  // in bytes, without the segments behind it if the file says where they start
}

// A Name is a name with its place.
type Name struct {
	Text   string
	Offset int64
}

// Looks reports whether a file that starts with first has the identifier of a
// program: ET and two digits behind the offset of the root table.
func Looks(first []byte) bool { return identified(first, "ET") }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// Fields of the tables that are read, by their place in the schema.
const (
	programPlans  = 1
	planOperators = 6
	planDelegates = 7
	operatorName  = 0
	operatorForm  = 1
	delegateID    = 0
)

const (
	// longest is the longest name that is read, in bytes.
	longest = 4 << 10
	// nameCost is the memory that a name takes, beside its text.
	nameCost = 64
)

// Decode reads a program. An error is a *hostile.Fault, or one of the machine;
// what was read before it stands.
func Decode(r *hostile.Reader) (Program, error) {
	p := Program{Size: r.Left()}
	if head := r.Peek(8); !Looks(head) {
		return p, r.Fail(hostile.Malformed, "no identifier of an ExecuTorch program")
	}
	p.extended(r)
	root, _ := flatbuffers.Root(r)
	for _, plan := range root.Tables(programPlans) {
		for _, o := range plan.Tables(planOperators) {
			n := name(r, o, operatorName)
			if form := name(r, o, operatorForm); form.Text != "" {
				n.Text += "." + form.Text
			}
			// Many may be one table, of which only the first is in the file.
			if r.Hold(uint64(len(n.Text))+nameCost) == nil {
				p.Operators = append(p.Operators, n)
			}
		}
		for _, d := range plan.Tables(planDelegates) {
			name(r, d, delegateID) // its bounds
		}
	}
	return p, r.Err()
}

// extended reads the header that tells where the program ends and its segments
// start (schema/extended_header.h).
func (p *Program) extended(r *hostile.Reader) {
	const magic, at, size32 = "eh00", 8, 4 // behind the magic stands the header's own size
	if head := r.Peek(at + len(magic)); len(head) <= at || string(head[at:]) != magic {
		return
	}
	h := r.At(uint64(r.Offset())+at, uint64(len(magic))+size32+8+8)
	h.Skip(uint64(len(magic)) + size32)
	size, base := h.UintLE(8), h.UintLE(8)
	if total := uint64(r.End()); h.Err() != nil || size > total || base > total {
		r.Fail(hostile.Truncated, "a program of %d bytes and segments from %d on claimed, the file ends at %d", size, base, total)
	} else if size > 0 && base >= size {
		p.Size = int64(base)
	}
}

// name reads a field that is a string.
func name(r *hostile.Reader, t flatbuffers.Table, field int) Name {
	text, n := t.Vector(field, 1)
	if n > longest {
		r.FailAt(text.Offset(), hostile.Unsupported, "a name of %d bytes", n)
		return Name{}
	}
	return Name{Text: string(text.Peek(n)), Offset: text.Offset()}
}
