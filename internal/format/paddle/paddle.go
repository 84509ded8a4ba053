// Package paddle reads PaddlePaddle's inference programs: protobuf messages of
// type ProgramDesc (.pdmodel, __model__), since version 3 JSON, and the files of
// concatenated parameters beside them (.pdiparams).
//
// Format: paddle/fluid/framework/framework.proto
package paddle

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Fields of framework.proto, as number<<3 | wire type.
const (
	programBlocks     = 1<<3 | protobuf.Bytes
	programVersion    = 4<<3 | protobuf.Bytes
	programOpVersions = 5<<3 | protobuf.Bytes
	blockIndex        = 1<<3 | protobuf.Varint
	blockParent       = 2<<3 | protobuf.Varint
	blockVars         = 3<<3 | protobuf.Bytes
	blockOps          = 4<<3 | protobuf.Bytes
	blockForward      = 5<<3 | protobuf.Varint
	opType            = 3<<3 | protobuf.Bytes
	opAttrs           = 4<<3 | protobuf.Bytes
	attrName          = 1<<3 | protobuf.Bytes
	attrString        = 5<<3 | protobuf.Bytes
	attrStrings       = 8<<3 | protobuf.Bytes
)

// An Op is one operator of a program.
type Op struct {
	Offset int64
	Type   string
	Attrs  []Attr // those of text
}

// An Attr is an attribute of text.
type Attr struct {
	Name   string
	Values []string
}

const (
	// maxText is how much of a name or an attribute is kept, in bytes: no system
	// opens a path that is longer.
	maxText = 64 << 10
	// textCost is the memory that an attribute or a value of one takes, beside its
	// words.
	textCost = 64
)

// Program visits the operators of a program, in every block.
func Program(r *hostile.Reader, visit func(Op)) error {
	for f := range protobuf.Root(r).All(programBlocks, blockOps) {
		held := r.Budget().Held()
		visit(op(r, f))
		r.Budget().Release(held)
	}
	return r.Err()
}

// op reads an operator.
func op(r *hostile.Reader, f protobuf.Field) Op {
	o := Op{Offset: f.At}
	for f := range f.Message().Fields() {
		switch f.Tag {
		case opType:
			o.Type = f.Prefix(maxText)
		case opAttrs:
			if a := attr(r, f); len(a.Values) > 0 {
				o.Attrs = append(o.Attrs, a)
			}
		}
	}
	return o
}

// attr reads an attribute.
func attr(r *hostile.Reader, f protobuf.Field) Attr {
	var a Attr
	for f := range f.Message().Fields() {
		switch f.Tag {
		case attrName:
			a.Name = f.Prefix(maxText)
		case attrString, attrStrings:
			text := f.Prefix(maxText)
			if r.Hold(2*textCost+uint64(len(text)+len(a.Name))) == nil {
				a.Values = append(a.Values, text)
			}
		}
	}
	return a
}

// IsProgram reports whether a file starts as a program does: with a block whose
// index is 0 and whose parent is the block -1, before its variables or
// operators.
func IsProgram(r *hostile.Reader) bool {
	for f := range protobuf.Root(r).Alone().Clipped().Fields() {
		if f.Tag != programBlocks {
			return false
		}
		var index, parent, content bool
		for f := range f.Message().Fields() {
			switch f.Tag {
			case blockIndex:
				index = f.Int() == 0
			case blockParent:
				parent = int32(f.Int()) == -1
			case blockVars, blockOps:
				content = true
			default:
				return false
			}
			if content {
				break
			}
		}
		return index && parent && content
	}
	return false
}

// MayBeProgram reports whether a file that bears the name of a program can be
// read as one: Paddle asks neither for the order of the fields nor for the
// parent of a block. Blocks hold variables or operators and nothing strange.
func MayBeProgram(r *hostile.Reader) bool {
	content := false
	for f := range protobuf.Root(r).Alone().Clipped().Fields() {
		switch f.Tag {
		case programBlocks:
		case programVersion, programOpVersions:
			continue
		default:
			return false
		}
		for f := range f.Message().Fields() {
			switch f.Tag {
			case blockIndex, blockParent, blockForward:
			case blockVars, blockOps:
				content = true
			default:
				return false
			}
		}
	}
	return content
}

// Fields of the description of a tensor, VarType.TensorDesc.
const (
	tensorType = 1<<3 | protobuf.Varint
	tensorDim  = 2<<3 | protobuf.Varint
	tensorDims = 2<<3 | protobuf.Bytes
)

// sizes are the bytes of one element by VarType.Type.
var sizes = map[uint64]uint64{0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16, 32: 1, 33: 1}

// maxTensorDesc bounds the description of one tensor, in bytes.
const maxTensorDesc = 64 << 10

// Parameters reads concatenated parameters to the end (SerializeToStream in
// lod_tensor.cc) and returns how many there are.
func Parameters(r *hostile.Reader) (n int, err error) {
	for r.Left() > 0 && r.Step() {
		parameter(r)
		if r.Err() == nil {
			n++
		}
	}
	return n, r.Err()
}

func parameter(r *hostile.Reader) {
	version := r.UintLE(4)
	for range r.Count(r.UintLE(8), 8) {
		r.Skip(r.UintLE(8)) // offsets of one level of sequences
	}
	inner := r.UintLE(4)
	size := r.UintLE(4)
	if r.Err() == nil && (version != 0 || inner != 0 || size > maxTensorDesc) {
		r.Fail(hostile.Malformed, "a tensor of versions %d and %d with a description of %d bytes", version, inner, size)
	}
	desc := r.Window(size)
	if r.Err() != nil {
		return
	}
	bytes, ok := tensorBytes(desc)
	if !ok || desc.Err() != nil {
		r.FailAt(desc.Start(), hostile.Malformed, "a tensor of unknown type or impossible size")
		return
	}
	r.Skip(bytes)
}

// tensorBytes returns the size of a tensor's data.
func tensorBytes(desc *hostile.Reader) (uint64, bool) {
	total, ok := uint64(0), false
	dims := uint64(1)
	dim := func(d uint64) {
		if d != 0 && dims > 1<<62/d {
			d, dims = 1, 1<<63
		}
		dims *= d
	}
	for f := range protobuf.Root(desc).Fields() {
		switch f.Tag {
		case tensorType:
			total, ok = sizes[f.Uint]
		case tensorDim, tensorDims:
			for d := range f.Varints() {
				dim(d)
			}
		}
	}
	if dims >= 1<<59 {
		return 0, false
	}
	return total * dims, ok
}
