package onnx

import (
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Tensor is a TensorProto without its values.
type Tensor struct {
	Offset   int64
	Name     string
	Where    string // "initializer", "attribute value of Constant n", …
	DataType int64  // TensorProto.DataType
	Negative bool   // a dimension is negative
	// Size is what type and dimensions make, in bytes; Sized says whether it is
	// known, Huge whether it does not fit in 63 bits.
	Size  uint64
	Sized bool
	Huge  bool
	// Raw says whether raw_data is there, RawSize is its length.
	Raw     bool
	RawSize int64
	// External says whether a loader looks for the values in another file, which
	// the entries describe.
	External bool
	Entries  []Entry
	elements uint64 // the product of the dimensions
}

// An Entry is one line of TensorProto.external_data.
type Entry struct{ Key, Value string }

// maxEntries is how many entries a tensor may have; five keys exist.
const maxEntries = 64

// NewTensor returns a tensor of no dimensions at an offset. Readers of other
// forms of the format fill it in: Dimension for each of them, then Measure.
func NewTensor(offset int64, where string) Tensor {
	return Tensor{Offset: offset, Where: where, elements: 1}
}

// tensor reads a tensor that stands in one piece.
func (w *walker) tensor(m protobuf.Message, where string) {
	t := NewTensor(m.Start(), where)
	w.merge(m, &t)
	w.emit(&t)
}

// merge reads a TensorProto into one that may have been read in part already.
func (w *walker) merge(m protobuf.Message, b *Tensor) {
	for f := range m.Fields() {
		switch f.Tag {
		case tensorDim, tensorDims:
			for d := range f.Varints() {
				b.Dimension(int64(d))
			}
		case tensorType:
			b.DataType = int64(int32(f.Uint))
		case tensorName:
			b.Name = f.Prefix(maxName)
		case tensorRaw:
			b.Raw, b.RawSize = true, f.Len()
		case tensorDataLocation:
			b.External = f.Int() == external
		case tensorExternal:
			b.entry(f.Message())
		case tensorStrings:
			w.text("string tensor", b.Name, f)
		}
	}
}

// Dimension adds a dimension.
func (t *Tensor) Dimension(d int64) {
	if d < 0 {
		t.Negative = true
		return
	}
	high, low := bits.Mul64(t.elements, uint64(d))
	t.Huge = t.Huge || high != 0
	t.elements = low
}

// Measure sets Size, Sized and Huge from the type and the dimensions.
func (t *Tensor) Measure() {
	width, known := widths[t.DataType]
	if !known {
		return
	}
	high, total := bits.Mul64(t.elements, width)
	t.Huge = t.Huge || high != 0 || total > 1<<62
	t.Sized = !t.Negative && !t.Huge
	// Elements of less than a byte are packed (onnx.proto, UINT4).
	t.Size = (total + 7) / 8
}

// entry keeps a line of external_data.
func (t *Tensor) entry(m protobuf.Message) {
	var e Entry
	for f := range m.Fields() {
		switch f.Tag {
		case entryKey:
			e.Key = f.Prefix(maxName)
		case entryValue:
			e.Value = f.Prefix(maxAttribute)
		}
	}
	if len(t.Entries) == maxEntries {
		m.Reader().FailAt(m.Start(), hostile.Unsupported, "a tensor with more than %d entries of external data", maxEntries)
		return
	}
	t.Entries = append(t.Entries, e)
}

// emit computes the size and hands the tensor on.
func (w *walker) emit(t *Tensor) {
	if w.r.Err() != nil {
		return
	}
	t.Measure()
	w.v.Tensor(*t)
}

// sparse reads the two tensors of a SparseTensorProto.
func (w *walker) sparse(m protobuf.Message, where string) {
	values, indices := NewTensor(m.Start(), where+" (values)"), NewTensor(m.Start(), where+" (indices)")
	var any, anyIndices bool
	for f := range m.Fields() {
		switch f.Tag {
		case sparseValues:
			any = true
			w.merge(f.Message(), &values)
		case sparseIndices:
			anyIndices = true
			w.merge(f.Message(), &indices)
		}
	}
	if any {
		w.emit(&values)
	}
	if anyIndices {
		w.emit(&indices)
	}
}

// attribute reads an attribute of a node, or with a nil node a default of a
// function.
func (w *walker) attribute(m protobuf.Message, n *Node) {
	called := m.Text(attributeName, maxName)
	where := "attribute " + called
	if n != nil {
		where += " of " + n.OpType + " " + n.Name
	}
	kept := n != nil && n.Keeps(w.r)
	if kept { // a value that is left out is that of its type
		n.Strings[called], n.Ints[called] = "", 0
	}
	one := NewTensor(m.Start(), where)
	merged := false
	for f := range m.Fields() {
		switch f.Tag {
		case attributeTensor:
			merged = true
			w.merge(f.Message(), &one)
		case attributeTensors:
			w.tensor(f.Message(), where)
		case attributeSparse, attributeSparses:
			w.sparse(f.Message(), where)
		case attributeGraph, attributeGraphs:
			w.graph(f.Message())
		case attributeString, attributeStrings:
			w.text("attribute", called, f)
			// One string is what runtimes read, even where a list follows.
			if kept && (f.Tag == attributeString || n.Strings[called] == "") {
				n.Strings[called] = f.Prefix(maxAttribute)
			}
		case attributeInt:
			if kept {
				n.Ints[called] = f.Int()
			}
		}
	}
	if merged {
		w.emit(&one)
	}
}
