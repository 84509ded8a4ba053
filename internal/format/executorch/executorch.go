// Package executorch reads what ExecuTorch programs (.pte) need of the machine
// that runs them: operators and delegates. A program is a FlatBuffer after
// schema/program.fbs of ExecuTorch, with segments of weights behind it.
package executorch

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Program is what a file says.
type Program struct {
	Operators []Name // "aten::add.out", of all execution plans, each plan's own
	Delegates []Name // names of backends
}

// A Name is a name with its place.
type Name struct {
	Text   string
	Offset int64
}

// Looks reports whether a file that starts with first has the identifier of a
// program: ET and two digits behind the offset of the root table.
func Looks(first []byte) bool {
	return len(first) >= 8 && string(first[4:6]) == "ET" && digit(first[6]) && digit(first[7])
}

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

// Decode reads a program. An error is a *hostile.Fault, or one of the machine.
func Decode(r *hostile.Reader) (Program, error) {
	d := &decoder{r: r}
	if head := r.Peek(8); !Looks(head) {
		return d.program, r.Fail(hostile.Malformed, "no identifier of an ExecuTorch program")
	}
	d.extended()
	root := d.offset(0)
	for _, plan := range d.tables(root, programPlans) {
		for _, o := range d.tables(plan, planOperators) {
			n := d.text(o, operatorName)
			if form := d.text(o, operatorForm); form.Text != "" {
				n.Text += "." + form.Text
			}
			d.program.Operators = append(d.program.Operators, n)
		}
		for _, b := range d.tables(plan, planDelegates) {
			d.program.Delegates = append(d.program.Delegates, d.text(b, delegateID))
		}
	}
	return d.program, r.Err()
}

// A decoder follows offsets in a FlatBuffer. A fault of the reader ends it.
type decoder struct {
	r       *hostile.Reader
	program Program
}

// extended checks the header that tells where the program and its segments end
// (runtime/executor/program.cpp, ExtendedHeader).
func (d *decoder) extended() {
	const magic, at = "eh00", 8
	h := d.at(at, 4)
	if string(h.Peek(4)) != magic {
		return
	}
	h = d.at(at+4, 20)
	h.Skip(4)
	size, base := h.UintLE(8), h.UintLE(8)
	if total := uint64(d.r.End()); size > total || base > total {
		d.r.Fail(hostile.Truncated, "a program of %d bytes and segments from %d on claimed, the file ends at %d", size, base, total)
	}
}

// at returns a reader of n bytes at an offset; a fault of it is one of d.
func (d *decoder) at(offset int64, n uint64) *hostile.Reader {
	if d.r.Err() == nil && (offset < 0 || uint64(offset)+n > uint64(d.r.End())) {
		d.r.FailAt(max(0, offset), hostile.Truncated, "%d bytes at %#x claimed, the file ends at %#x", n, offset, d.r.End())
	}
	if d.r.Err() != nil {
		return d.r
	}
	return d.r.At(uint64(offset), n)
}

// offset follows the unsigned offset that stands at a place.
func (d *decoder) offset(at int64) int64 {
	return at + int64(d.at(at, 4).UintLE(4))
}

// field returns the place of a field of a table, or 0 if the table lacks it.
func (d *decoder) field(table int64, n int) int64 {
	vtable := table - int64(int32(d.at(table, 4).UintLE(4)))
	size := int64(d.at(vtable, 2).UintLE(2))
	entry := int64(4 + 2*n)
	if d.r.Err() != nil || entry+2 > size {
		return 0
	}
	if at := int64(d.at(vtable+entry, 2).UintLE(2)); at != 0 {
		return table + at
	}
	return 0
}

// maxTables bounds how many tables of one vector are read; real programs have a
// few hundred operators.
const maxTables = 1 << 16

// tables returns the places of the tables in a field that is a vector of such.
func (d *decoder) tables(table int64, field int) []int64 {
	at := d.field(table, field)
	if at == 0 || d.r.Err() != nil {
		return nil
	}
	vector := d.offset(at)
	n := d.at(vector, 4).UintLE(4)
	if n > maxTables {
		d.r.FailAt(vector, hostile.Unsupported, "a vector of %d tables, up to %d are read", n, maxTables)
		return nil
	}
	d.at(vector, 4+4*n)
	var out []int64
	for i := int64(0); i < int64(n) && d.r.Step(); i++ {
		out = append(out, d.offset(vector+4+4*i))
	}
	return out
}

// text reads a field that is a string.
func (d *decoder) text(table int64, field int) Name {
	const longest = 4 << 10
	at := d.field(table, field)
	if at == 0 || d.r.Err() != nil {
		return Name{}
	}
	place := d.offset(at)
	n := d.at(place, 4).UintLE(4)
	if n > longest {
		d.r.FailAt(place, hostile.Unsupported, "a name of %d bytes", n)
		return Name{}
	}
	return Name{Text: string(d.at(place+4, n).Peek(int(n))), Offset: place + 4}
}
