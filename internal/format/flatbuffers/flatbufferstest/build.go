// Package flatbufferstest builds FlatBuffers field by field for tests.
package flatbufferstest

import "encoding/binary"

// A Table is the fields of a table by their slot: a uint8, uint32 or uint64, a
// string, []byte, []string, Int32s, Int64s, Table, []Table or Shared.
type Table map[int]any

// Shared is a vector of tables that are all one, which is how a small file can
// claim to hold much.
type Shared struct {
	Table Table
	Count int
}

// Int32s is a vector of 32-bit numbers.
type Int32s []int32

// Int64s is a vector of 64-bit numbers.
type Int64s []uint64

// Build lays out a buffer with an identifier: each table behind its vtable, and
// what it refers to behind it.
func Build(id string, root Table) []byte {
	b := &builder{data: make([]byte, 8)}
	copy(b.data[4:], id)
	binary.LittleEndian.PutUint32(b.data, uint32(b.table(root)))
	return b.data
}

type builder struct{ data []byte }

var le = binary.LittleEndian

// table writes a table and returns where it starts.
func (b *builder) table(t Table) int {
	slots := 0
	for i := range t {
		slots = max(slots, i+1)
	}
	vtable := len(b.data)
	size := 4 + 2*slots
	b.data = append(b.data, make([]byte, size)...)
	le.PutUint16(b.data[vtable:], uint16(size))
	start := len(b.data)
	b.data = le.AppendUint32(b.data, uint32(start-vtable))
	refer := make([]int, slots)
	for i := range slots {
		v, ok := t[i]
		if !ok {
			continue
		}
		at := len(b.data)
		le.PutUint16(b.data[vtable+4+2*i:], uint16(at-start))
		refer[i] = at
		b.scalar(v)
	}
	le.PutUint16(b.data[vtable+2:], uint16(len(b.data)-start))
	for i := range slots {
		if v, ok := t[i]; ok {
			b.referred(v, refer[i])
		}
	}
	return start
}

// scalar writes a value in place, or room for an offset.
func (b *builder) scalar(v any) {
	switch x := v.(type) {
	case uint8:
		b.data = append(b.data, x)
	case uint64:
		b.data = le.AppendUint64(b.data, x)
	case uint32:
		b.data = le.AppendUint32(b.data, x)
	default:
		b.data = append(b.data, 0, 0, 0, 0)
	}
}

// referred writes what an offset leads to.
func (b *builder) referred(v any, at int) {
	point := func(to int) { le.PutUint32(b.data[at:], uint32(to-at)) }
	switch x := v.(type) {
	case string:
		point(len(b.data))
		b.data = append(le.AppendUint32(b.data, uint32(len(x))), x...)
	case []byte:
		point(len(b.data))
		b.data = append(le.AppendUint32(b.data, uint32(len(x))), x...)
	case Int32s:
		point(len(b.data))
		b.data = le.AppendUint32(b.data, uint32(len(x)))
		for _, v := range x {
			b.data = le.AppendUint32(b.data, uint32(v))
		}
	case Int64s:
		point(len(b.data))
		b.data = le.AppendUint32(b.data, uint32(len(x)))
		for _, v := range x {
			b.data = le.AppendUint64(b.data, v)
		}
	case Table:
		point(b.table(x))
	case []string:
		start := len(b.data)
		point(start)
		b.data = le.AppendUint32(b.data, uint32(len(x)))
		b.data = append(b.data, make([]byte, 4*len(x))...)
		for i, s := range x {
			slot := start + 4 + 4*i
			le.PutUint32(b.data[slot:], uint32(len(b.data)-slot))
			b.data = append(le.AppendUint32(b.data, uint32(len(s))), s...)
		}
	case []Table:
		start := len(b.data)
		point(start)
		b.data = le.AppendUint32(b.data, uint32(len(x)))
		b.data = append(b.data, make([]byte, 4*len(x))...)
		for i, t := range x {
			slot := start + 4 + 4*i
			to := b.table(t)
			le.PutUint32(b.data[slot:], uint32(to-slot))
		}
	case Shared:
		start := len(b.data)
		point(start)
		b.data = le.AppendUint32(b.data, uint32(x.Count))
		b.data = append(b.data, make([]byte, 4*x.Count)...)
		to := b.table(x.Table)
		for slot := start + 4; slot < start+4+4*x.Count; slot += 4 {
			le.PutUint32(b.data[slot:], uint32(to-slot))
		}
	}
}
