package pickle

import "slices"

// A Gap is the content of a float or of bytes, where it lies in the file.
type Gap struct {
	At, Size int64 // in bytes
}

// gaps are the floats and bytes of a pickle that stand in the file as they are, in
// their order, and which of them were read.
type gaps struct {
	kept bool // they are wanted
	all  []gap
}

type gap struct {
	Gap
	opcode int64 // its offset
	read   bool
}

// note notes the argument of an opcode.
func (g *gaps) note(op *Op, at, size int64) {
	if g.kept && !op.Torn {
		g.all = append(g.all, gap{Gap: Gap{At: at, Size: size}, opcode: op.Offset})
	}
}

// read notes that the argument of the opcode at an offset is read.
func (g *gaps) read(opcode int64) {
	i, ok := slices.BinarySearchFunc(g.all, opcode, func(g gap, at int64) int { return int(g.opcode - at) })
	if ok {
		g.all[i].read = true
	}
}

// KeepGaps has the machine note what Gaps returns. It is called before Run.
func (m *Machine) KeepGaps() { m.gaps.kept = true }

// Gaps returns the floats and bytes that nothing was read of: whatever they hold, the
// machine does the same, and answers the same to whoever asks the same of it. Look alone
// was shown them.
func (m *Machine) Gaps() []Gap {
	var out []Gap
	for _, g := range m.gaps.all {
		if !g.read {
			out = append(out, g.Gap)
		}
	}
	return out
}
