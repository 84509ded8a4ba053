package tensorflow

import (
	"encoding/binary"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
)

// The types of tensors of which the numbers are read (DataType of types.proto).
const (
	typeInt32 = 3
	typeInt64 = 9
)

// maxInts is how many numbers of one attribute are returned: they are positions, axes
// and characters of a path.
const maxInts = 4096

// Bool returns the boolean of the attribute, or what it is without one.
func (a Attr) Bool(without bool) bool {
	for _, part := range a.parts {
		for f := range part.All(attrBool) {
			without = f.Uint != 0
		}
	}
	return without
}

// Ints returns the integer of the attribute, or those of its tensor: the first 4096,
// and none of a tensor of another type.
func (a Attr) Ints() []int64 {
	var out []int64
	for _, part := range a.parts {
		for f := range part.Fields() {
			switch f.Tag {
			case attrInt:
				out = append(out, f.Int())
			case attrTensor:
				out = append(out, tensorNumbers(f.Message())...)
			}
		}
	}
	return out[:min(len(out), maxInts)]
}

// tensorNumbers returns the integers of a TensorProto: one by one, or as they lie in
// memory.
func tensorNumbers(m protobuf.Message) []int64 {
	var kind uint64
	var content []byte
	var out []int64
	for f := range m.Fields() {
		switch f.Tag {
		case tensorType:
			kind = f.Uint
		case tensorContent:
			content = []byte(f.Prefix(8 * maxInts))
		case tensorInts, tensorPacked, tensorLongs, tensorLongSet:
			for v := range f.Varints() {
				if len(out) < maxInts {
					out = append(out, int64(v))
				}
			}
		}
	}
	switch kind {
	case typeInt32:
		for i := range out {
			out[i] = int64(int32(out[i]))
		}
		for ; len(content) >= 4; content = content[4:] {
			out = append(out, int64(int32(binary.LittleEndian.Uint32(content))))
		}
	case typeInt64:
		for ; len(content) >= 8; content = content[8:] {
			out = append(out, int64(binary.LittleEndian.Uint64(content)))
		}
	default:
		return nil
	}
	return out
}
