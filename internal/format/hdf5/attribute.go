package hdf5

import (
	"bytes"
	"cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// An Attribute is a small named value on an object.
type Attribute struct {
	Name string
	Type *Datatype
	Dims []uint64 // none for a scalar

	file *File
	data *hostile.Reader // the value as stored
}

// attribute reads an attribute message, versions 1 to 3.
func (f *File) attribute(r *hostile.Reader) (*Attribute, error) {
	version := r.Uint8()
	flags := r.Uint8()
	nameSize, typeSize, spaceSize := r.UintLE(2), r.UintLE(2), r.UintLE(2)
	pad := func(n uint64) uint64 { return n }
	switch version {
	case 1:
		// Version 1 has a reserved byte in the place of flags, and pads each
		// part to 8 bytes.
		flags = 0
		pad = func(n uint64) uint64 { return (n + 7) &^ 7 }
	case 2:
	case 3:
		r.Skip(1) // character set of the name
	default:
		r.Fail(hostile.Unsupported, "attribute version %d", version)
	}
	name := r.Bytes(pad(nameSize))
	typeBody, spaceBody := r.Window(pad(typeSize)), r.Window(pad(spaceSize))
	if r.Err() != nil {
		return nil, r.Err()
	}
	a := &Attribute{Name: cstring(name), file: f, data: r.Window(uint64(r.Left()))}
	var err error
	if flags&1 != 0 {
		if typeBody, err = f.shared(msgDatatype, typeBody); err != nil {
			return nil, err
		}
	}
	if flags&2 != 0 {
		if spaceBody, err = f.shared(msgDataspace, spaceBody); err != nil {
			return nil, err
		}
	}
	a.Type = datatype(typeBody, 0)
	a.Dims, _ = f.dataspace(spaceBody)
	return a, cmp.Or(typeBody.Err(), spaceBody.Err())
}

// maxTexts bounds the elements of one attribute of text.
const maxTexts = 1 << 20

// Texts returns the elements of an attribute that holds text or bytes, and nil
// for one of numbers. The error is a *hostile.Fault.
func (a *Attribute) Texts() ([][]byte, error) {
	n, ok := elements(a.Dims)
	switch {
	case !ok || n > maxTexts:
		return nil, a.data.Fail(hostile.Malformed, "an attribute of dimensions %v", a.Dims)
	case a.Type.Class == VarLen:
		return a.varlen(n)
	// One value: h5py stores bytes as arrays of small integers.
	case a.Type.Class == FixedPoint && a.Type.Size == 1:
		raw := a.data.Bytes(min(n, uint64(max(0, a.data.Left()))))
		return [][]byte{raw}, a.data.Err()
	case a.Type.Class == String, a.Type.Class == Opaque:
		return a.fixed(n)
	default:
		return nil, nil
	}
}

// fixed returns n elements of the type's own size. Text is padded with NUL or
// ended by it, which Python sees no difference in.
func (a *Attribute) fixed(n uint64) ([][]byte, error) {
	if a.Type.Size == 0 {
		return nil, nil
	}
	var out [][]byte
	for range a.data.Count(n, int64(min(a.Type.Size, 1<<40))) {
		p := a.data.Bytes(a.Type.Size)
		if a.Type.Class == String {
			p = bytes.TrimRight(p, "\x00")
		}
		out = append(out, p)
	}
	return out, a.data.Err()
}

// varlen returns n elements that lie in the global heap, if they are text or
// bytes.
func (a *Attribute) varlen(n uint64) ([][]byte, error) {
	if !a.Type.VarText && (a.Type.Base == nil || !a.Type.Base.Bytes()) {
		return nil, nil
	}
	var out [][]byte
	for range a.data.Count(n, int64(4+a.file.offsetSize+4)) {
		p, err := a.file.varlenElement(a.data)
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, a.data.Err()
}

// varlenElement follows one descriptor of variable-length data into the global
// heap.
func (f *File) varlenElement(r *hostile.Reader) ([]byte, error) {
	size := r.UintLE(4)
	address := f.address(r)
	index := r.UintLE(4)
	if r.Err() != nil {
		return nil, r.Err()
	}
	if size == 0 || address == 0 || address == undefined {
		return nil, nil
	}
	body, err := f.globalObject(address, uint16(index))
	if err != nil {
		return nil, err
	}
	p := body.Bytes(min(size, uint64(body.Left())))
	return p, body.Err()
}

// cstring is text up to its first NUL.
func cstring(p []byte) string {
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return string(p)
}
