package pickle

import (
	"math"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// joblib writes the bytes of an array into the pickle's stream, behind the
// BUILD of the wrapper that describes it (joblib/numpy_pickle.py,
// NumpyArrayWrapper.read_array).

// arrayWrappers are the classes behind whose BUILD joblib reads an array.
var arrayWrappers = map[string]bool{
	"joblib.numpy_pickle.NumpyArrayWrapper":                   true,
	"sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper": true,
}

// array skips the array behind a wrapper, or follows its pickle if its elements
// are objects.
func (m *Machine) array(wrapper Value) {
	class := m.Name(m.Class(wrapper))
	if class == nil || !class.wrapper {
		return
	}
	o := m.object(wrapper)
	if o == nil {
		m.s.r.FailAt(m.op.Offset, hostile.Unsupported, "an array of unknown size follows")
		return
	}
	// A frame is in the unpickler's hands: the loader reads behind it.
	at, framed := m.s.r.Offset(), m.s.frameEnd > m.s.r.Offset()
	if framed {
		m.s.r.MoveTo(m.s.frameEnd)
		m.s.r.Skip(uint64(m.s.hole))
	}
	m.readArray(o)
	if framed && m.Err() == nil {
		m.s.hole = m.s.r.Offset() - m.s.frameEnd
		m.s.r.MoveTo(at)
	}
}

// readArray reads the array at the cursor.
func (m *Machine) readArray(o *object) {
	dtype, _ := m.stateItem(o.state, "dtype")
	shape, _ := m.stateItem(o.state, "shape")
	count, ok1 := m.product(shape)
	size, objects, ok2 := m.itemSize(dtype)
	switch {
	case !ok1 || !ok2 || !m.exact(o.state): // what was not kept may say where the data begins
		m.s.r.FailAt(m.op.Offset, hostile.Unsupported, "an array of unknown size follows: shape %s, %s",
			m.Python(shape), m.Python(dtype))
	case objects:
		m.objectArray()
	default:
		m.skipArray(o, count, size)
	}
}

// skipArray skips the data of an array that joblib writes into the stream:
// since version 1.2 a byte that says how much padding follows, the padding,
// then the elements (joblib/numpy_pickle.py, NumpyArrayWrapper.write_array).
func (m *Machine) skipArray(o *object, count, size int64) {
	r := m.s.r
	if align, ok := m.stateItem(o.state, "numpy_array_alignment_bytes"); ok && m.Kind(align) != None {
		r.Skip(uint64(r.Uint8()))
	}
	if size > 0 && count > math.MaxInt64/size {
		m.fail("an array of %d elements of %d bytes is claimed", count, size)
		return
	}
	at := r.Offset()
	if r.Skip(uint64(count * size)); r.Err() == nil && m.Array != nil {
		m.Array(at, count*size)
	}
}

// An unpickler is what an unpickler has of its own, beside what all share.
type unpickler struct {
	memo     memo
	bigMemo  map[string]Value
	stack    []Value
	marks    []uint32
	protocol int64
	frameEnd int64
	hole     int64
}

// objectArray follows the pickle of an array of objects. Its effects are this
// pickle's; its memo and its stack are its own.
func (m *Machine) objectArray() {
	if len(m.outer) >= maxDepth {
		m.fail("arrays of objects nested more than %d deep", maxDepth)
		return
	}
	m.outer = append(m.outer, unpickler{m.memo, m.bigMemo, m.stack, m.marks, m.protocol, m.s.frameEnd, m.s.hole})
	m.memo, m.bigMemo, m.stack, m.protocol, m.s.frameEnd, m.s.hole = memo{}, nil, nil, 0, 0, 0
	m.setMarks(nil)
	m.follow()
	c := m.outer[len(m.outer)-1]
	m.outer = m.outer[:len(m.outer)-1]
	m.memo, m.bigMemo, m.stack, m.protocol, m.s.frameEnd, m.s.hole = c.memo, c.bigMemo, c.stack, c.protocol, c.frameEnd, c.hole
	m.setMarks(c.marks)
	if m.stopped {
		m.done, m.stopped = false, false
	}
}

// product returns the number of elements of a shape.
func (m *Machine) product(shape Value) (int64, bool) {
	items, ok := m.iterate(shape)
	if !ok || m.Kind(shape) != Tuple && m.Kind(shape) != List {
		return 0, false
	}
	total := int64(1)
	for _, v := range items {
		n, ok := m.dimension(v)
		if !ok || n < 0 || n > 0 && total > math.MaxInt64/n {
			return 0, false
		}
		total *= n
	}
	return total, true
}

// dimension is an integer of Python, or one of numpy: scalar(dtype, bytes).
func (m *Machine) dimension(v Value) (int64, bool) {
	if n, ok := m.Int(v); ok && n.IsInt64() {
		return n.Int64(), true
	}
	o := m.object(v)
	if o == nil || o.kind != Call || len(o.items) != 2 {
		return 0, false
	}
	raw, ok := m.Bytes(o.items[1])
	if !ok || len(raw) == 0 || len(raw) > 8 {
		return 0, false
	}
	n := int64(0)
	for i := len(raw) - 1; i >= 0; i-- {
		n = n<<8 | int64(raw[i])
	}
	return n, true
}

// itemSize returns the bytes of an element of a numpy.dtype, and whether its
// elements hold Python objects. The dtype is numpy.dtype(code, align, copy) with
// the state (version, order, subdtype, names, fields, itemsize, alignment, flags).
func (m *Machine) itemSize(dtype Value) (size int64, objects, ok bool) {
	o := m.object(m.force(dtype))
	if o == nil || o.kind != Call || len(o.items) == 0 {
		return 0, false, false
	}
	const hasObject = 1 // NPY_ITEM_REFCOUNT
	size = -1
	if s := m.object(o.state); s != nil && s.kind == Tuple && len(s.items) >= 8 {
		if n, ok := m.Int(s.items[5]); ok && n.IsInt64() {
			size = n.Int64()
		}
		if n, ok := m.Int(s.items[7]); ok && n.IsInt64() {
			objects = n.Int64()&hasObject != 0
		}
	}
	code, known := m.Str(o.items[0])
	if !known {
		if raw, ok := m.Bytes(o.items[0]); ok {
			code, known = raw, true
		}
	}
	if !known || code == "" {
		return size, objects, size >= 0
	}
	if size < 0 {
		size = codeSize(code)
	}
	return size, objects || code[0] == 'O', size >= 0
}

// codeSize returns the bytes of an element by its array-protocol code, such as
// "f8"; "U5" counts characters of four bytes.
func codeSize(code string) int64 {
	code = strings.TrimLeft(code, "<>=|")
	if code == "" {
		return -1
	}
	n, err := strconv.ParseInt(code[1:], 10, 32)
	if err != nil {
		return -1
	}
	if code[0] == 'U' {
		n *= 4
	}
	return n
}
