package hostile

import "fmt"

// A Kind says what stopped a reading.
type Kind uint8

// The ways in which reading hostile bytes ends early.
const (
	Truncated   Kind = iota + 1 // the file ends before what it claims
	Malformed                   // the bytes contradict the format's specification
	Unsupported                 // legal or not, this program does not read it (encryption included)
	OverBudget                  // a limit of this run was hit
)

func (k Kind) String() string {
	switch k {
	case Truncated:
		return "truncated"
	case Malformed:
		return "malformed"
	case Unsupported:
		return "unsupported"
	case OverBudget:
		return "over budget"
	default:
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
}

// A Fault is bad news about our reading of a file: what stopped it, where, and
// what was claimed against what was found. It is never an opinion about the
// file, and never an error of the machine.
type Fault struct {
	Kind   Kind
	Offset int64  // in bytes from the start of the innermost file
	Detail string // claimed and found, lower case, without text of the file unless quoted
	Limit  Limit  // for OverBudget: which limit was hit
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%s at byte %#x: %s", f.Kind, f.Offset, f.Detail)
}

// Faultf makes a Fault at an offset.
func Faultf(kind Kind, offset int64, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Offset: offset, Detail: fmt.Sprintf(format, args...)}
}
