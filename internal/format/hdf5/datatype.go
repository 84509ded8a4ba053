package hdf5

import "github.com/modelaudit/modelaudit/internal/hostile"

// A Class is the class of a datatype (specification IV.A.2.d).
type Class uint8

// The datatype classes that a reader of text and bytes must tell apart.
const (
	FixedPoint Class = 0
	Float      Class = 1
	String     Class = 3
	Opaque     Class = 5
	Compound   Class = 6
	Reference  Class = 7
	Enum       Class = 8
	VarLen     Class = 9
	Array      Class = 10
)

// A Datatype is what one element is.
type Datatype struct {
	Class   Class
	Size    uint64    // of one element as stored, in bytes
	VarText bool      // for VarLen: a string rather than a sequence
	Base    *Datatype // for VarLen, of an element of it
}

// maxTypeDepth bounds datatypes within datatypes; the library itself recurses.
const maxTypeDepth = 32

// datatype reads a datatype message.
func datatype(r *hostile.Reader, depth int) *Datatype {
	if depth > maxTypeDepth {
		r.Fail(hostile.OverBudget, "datatypes nested more than %d deep", maxTypeDepth)
		return &Datatype{}
	}
	head := r.UintLE(4)
	t := &Datatype{Class: Class(head & 0x0f), Size: r.UintLE(4)}
	if t.Class == VarLen {
		t.VarText = head>>8&0x0f == 1
		t.Base = datatype(r, depth+1)
	}
	return t
}

// Bytes reports whether elements are plain bytes: opaque, text, or integers of
// one byte.
func (t *Datatype) Bytes() bool {
	return t.Class == Opaque || t.Class == String || t.Class == FixedPoint && t.Size == 1
}

// nullSpace is the type of a dataspace without elements, which PyTables gives to
// empty texts; the others are a scalar and an array.
const nullSpace = 2

// dataspace reads the extent of a dataset or attribute: the sizes of its
// dimensions, none for a scalar, one of zero for nothing, and the largest that
// they may grow to, none if they may not.
func (f *File) dataspace(r *hostile.Reader) (dims, most []uint64) {
	version := r.Uint8()
	rank := int(r.Uint8())
	flags := r.Uint8()
	switch version {
	case 1:
		r.Skip(5)
	case 2:
		if null := r.Uint8() == nullSpace; null {
			return []uint64{0}, nil
		}
	default:
		r.Fail(hostile.Unsupported, "dataspace version %d", version)
		return nil, nil
	}
	for range r.Count(uint64(rank), int64(f.lengthSize)) {
		dims = append(dims, f.length(r))
	}
	if flags&1 != 0 {
		for range r.Count(uint64(rank), int64(f.lengthSize)) {
			most = append(most, f.length(r))
		}
	}
	return dims, most
}

// elements multiplies dimensions; ok is false where the product needs more than
// 63 bits.
func elements(dims []uint64) (n uint64, ok bool) {
	n = 1
	for _, d := range dims {
		if d != 0 && n > 1<<63/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}
