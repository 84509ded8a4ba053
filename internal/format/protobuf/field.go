package protobuf

import (
	"iter"
)

// A Field is one tag with its value. Its methods move the Reader that the tree
// shares; Fields moves on from the field's end whatever they did.
type Field struct {
	Tag  Tag
	Uint uint64 // the value of a Varint, Fixed32 or Fixed64, as it is on the wire
	At   int64  // offset of the tag in the file

	m                Message
	body, end, close int64
}

// Body returns the bounds of a length-delimited value or of a group's inside.
func (f Field) Body() (start, end int64) {
	if f.Tag.Wire() == Start {
		return f.body, f.close
	}
	return f.body, f.end
}

// Len returns the number of bytes of a length-delimited value.
func (f Field) Len() int64 {
	start, end := f.Body()
	return end - start
}

// Int returns the value of an int32 or int64 field.
func (f Field) Int() int64 { return int64(f.Uint) }

// Message returns the value as a message one level deeper.
func (f Field) Message() Message {
	start, end := f.Body()
	return Message{r: f.m.r, start: start, end: end, depth: f.m.depth + 1, clipped: f.m.clipped}
}

// uncharged is the longest value whose copy is not charged to the memory
// budget: one that is dropped with its record. Whoever keeps many charges them.
const uncharged = 32 << 10

// Bytes returns a copy of a length-delimited value. One of more than 32 KiB is
// charged to the memory budget, like everything that hostile.Reader copies.
func (f Field) Bytes() []byte {
	start, end := f.Body()
	f.m.r.MoveTo(start)
	if end-start > uncharged {
		return f.m.r.Bytes(uint64(end - start))
	}
	p := f.m.r.Peek(int(end - start))
	if int64(len(p)) < end-start {
		return nil
	}
	return append([]byte(nil), p...)
}

// Text returns a copy of a string value, charged like Bytes.
func (f Field) Text() string { return string(f.view()) }

// Prefix returns up to n bytes from the start of the value. n is at most 32 KiB.
func (f Field) Prefix(n int) string {
	start, end := f.Body()
	f.m.r.MoveTo(start)
	return string(f.m.r.Peek(int(min(int64(n), uncharged, end-start))))
}

// view is Bytes without the copy where the value is in the buffer already.
func (f Field) view() []byte {
	start, end := f.Body()
	if end-start > uncharged {
		return f.Bytes()
	}
	f.m.r.MoveTo(start)
	return f.m.r.Peek(int(end - start))
}

// Varints yields the values of a repeated integer field, packed or not.
func (f Field) Varints() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if f.Tag.Wire() == Varint {
			yield(f.Uint)
			return
		}
		m := f.Message()
		m.r.MoveTo(m.start)
		for m.r.Err() == nil && m.r.Offset() < m.end && m.r.Step() {
			v := m.varint()
			if m.r.Err() != nil || !yield(v) {
				return
			}
		}
	}
}
