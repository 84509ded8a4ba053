// Package executorchtest builds ExecuTorch programs for tests: FlatBuffers with
// one execution plan, written front to back.
package executorchtest

import "encoding/binary"

// A buffer is a FlatBuffer in the making. Offsets are patched when what they
// lead to is written.
type buffer struct{ data []byte }

func (b *buffer) here() int { return len(b.data) }

func (b *buffer) word(n int) { b.data = binary.LittleEndian.AppendUint32(b.data, uint32(n)) }

// lead makes the offset at a place lead to the end of what was written so far.
func (b *buffer) lead(at int) {
	binary.LittleEndian.PutUint32(b.data[at:], uint32(b.here()-at))
}

// table writes a table with n fields of four bytes each, of which those that
// are given are there, and returns their places.
func (b *buffer) table(from int, n int, present ...int) []int {
	for len(b.data)%4 != 0 {
		b.data = append(b.data, 0)
	}
	vtable := b.here()
	entries := make([]uint16, n)
	for i, f := range present {
		entries[f] = uint16(4 + 4*i)
	}
	b.data = binary.LittleEndian.AppendUint16(b.data, uint16(4+2*n))
	b.data = binary.LittleEndian.AppendUint16(b.data, uint16(4+4*len(present)))
	for _, e := range entries {
		b.data = binary.LittleEndian.AppendUint16(b.data, e)
	}
	b.lead(from)
	b.word(b.here() - vtable)
	var places []int
	for range present {
		places = append(places, b.here())
		b.word(0)
	}
	return places
}

// vector writes a vector of n offsets and returns their places.
func (b *buffer) vector(from, n int) []int {
	b.lead(from)
	b.word(n)
	var places []int
	for range n {
		places = append(places, b.here())
		b.word(0)
	}
	return places
}

func (b *buffer) text(from int, s string) {
	b.lead(from)
	b.word(len(s))
	b.data = append(b.data, s...)
	for len(b.data)%4 != 0 {
		b.data = append(b.data, 0)
	}
}

// Program is a program that needs operators, each in the form "out", and
// delegates.
func Program(operators, delegates []string) []byte {
	b := &buffer{}
	b.word(0)
	b.data = append(b.data, "ET12"...)
	plans := b.table(0, 2, 1)[0]
	plan := b.table(b.vector(plans, 1)[0], 8, 6, 7)
	inOrder := b.vector(plan[1], len(delegates))
	for i, d := range delegates {
		b.text(b.table(inOrder[i], 1, 0)[0], d)
	}
	for i, at := range b.vector(plan[0], len(operators)) {
		fields := b.table(at, 2, 0, 1)
		b.text(fields[1], "out")
		b.text(fields[0], operators[i])
		b.data = b.data[:len(b.data)-(4-len(operators[i])%4)%4]
	}
	return b.data
}
