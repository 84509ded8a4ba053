// Package protobuf walks Protocol Buffers messages without a schema compiler
// and without copying them: a decoder is a loop over Fields with one case per
// tag, and what no case reads is jumped over. A multi-gigabyte model costs what
// its structure costs.
//
// It reads what the reference parsers read: a field with another wire type than
// its schema says is unknown and skipped, a repeated singular message merges
// (decode both into one struct), the last of a repeated scalar wins, groups
// nest, and a tag or length that the parsers refuse is a fault.
//
// Encoding: https://protobuf.dev/programming-guides/encoding/
package protobuf

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Tag is a field number and a wire type as they are on the wire:
// number<<3 | type. Decoders name tags as constants, one per line of the
// .proto file.
type Tag uint32

// The wire types.
const (
	Varint  Tag = 0
	Fixed64 Tag = 1
	Bytes   Tag = 2 // strings, messages, packed scalars
	Start   Tag = 3 // of a group
	End     Tag = 4 // of a group
	Fixed32 Tag = 5
)

// Number returns the field number.
func (t Tag) Number() int32 { return int32(t >> 3) }

// Wire returns the wire type.
func (t Tag) Wire() Tag { return t & 7 }

const (
	// MaxDepth bounds nesting, of messages that a decoder descends into and of
	// groups that are skipped. The reference parsers stop at 100.
	MaxDepth = 128
	// maxNumber: field numbers have 29 bits.
	maxNumber = 1<<29 - 1
	// maxVarint: bytes of a 64-bit varint; a tag has at most maxTag.
	maxVarint = 10
	maxTag    = 5
)

// A Message is a range of a file that holds fields. All messages of a tree share
// the Reader, and with it the fault that ends the reading.
type Message struct {
	r          *hostile.Reader
	start, end int64
	depth      int
	clipped    bool
}

// Root is the message that fills what is left of r.
func Root(r *hostile.Reader) Message {
	return Message{r: r, start: r.Offset(), end: r.End()}
}

// Start and End return the bounds of the message in the file.
func (m Message) Start() int64 { return m.start }

// End returns the offset of the first byte behind the message.
func (m Message) End() int64 { return m.end }

// Reader returns the cursor that the whole tree shares: for its fault and its
// budget.
func (m Message) Reader() *hostile.Reader { return m.r }

// Alone returns the same message on a Reader of its own, so that a fault met in
// it stays with it. It serves to ask whether bytes could be a message.
func (m Message) Alone() Message {
	if m.end < m.start {
		return m
	}
	alone := Root(m.r.At(uint64(m.start), uint64(m.end-m.start)))
	alone.clipped = m.clipped
	return alone
}

// On returns the same message read through another Reader of the same file,
// which a fault elsewhere has not ended.
func (m Message) On(r *hostile.Reader) Message {
	m.r = r
	return m
}

// Clipped returns the same message with another reading of values that claim
// more bytes than are left: they have what is left. It serves to ask whether a
// truncated file could be a message.
func (m Message) Clipped() Message {
	m.clipped = true
	return m
}

// Fields yields the fields in file order, each with its value jumped over
// unless the caller reads it. It ends at the message's end or at the first
// fault, which the shared Reader keeps. A message may be walked more than once.
func (m Message) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		if m.depth > MaxDepth {
			m.r.FailAt(m.start, hostile.Unsupported, "messages nested more than %d deep", MaxDepth)
		}
		m.r.MoveTo(m.start)
		for m.r.Err() == nil && m.r.Offset() < m.end && m.r.Step() {
			f := m.next()
			if m.r.Err() != nil || !yield(f) {
				return
			}
			m.r.MoveTo(f.end)
		}
	}
}

// All yields the fields that a path of tags leads to: those of the last tag in the
// messages of the ones before it, in file order.
func (m Message) All(path ...Tag) iter.Seq[Field] {
	return func(yield func(Field) bool) { m.all(path, yield) }
}

func (m Message) all(path []Tag, yield func(Field) bool) bool {
	for f := range m.Fields() {
		if f.Tag != path[0] {
			continue
		}
		if last := len(path) == 1; last && !yield(f) || !last && !f.Message().all(path[1:], yield) {
			return false
		}
	}
	return true
}

// Text returns up to n bytes of the last field of a tag, which is the one that
// counts, or "".
func (m Message) Text(tag Tag, n int) (text string) {
	for f := range m.All(tag) {
		text = f.Prefix(n)
	}
	return text
}

// next reads one tag and, for scalars, its value.
func (m Message) next() Field {
	f := Field{m: m, At: m.r.Offset(), Tag: m.tag()}
	switch f.Tag.Wire() {
	case Varint:
		f.Uint = m.varint()
	case Fixed64:
		f.Uint = m.fixed(8)
	case Fixed32:
		f.Uint = m.fixed(4)
	case Bytes:
		f.body, f.end = m.length()
		return f
	case Start:
		f.body = m.r.Offset()
		f.end, f.close = m.group(f.Tag.Number())
		return f
	default:
		m.r.FailAt(f.At, hostile.Malformed, "field %d has wire type %d where none may be", f.Tag.Number(), f.Tag.Wire())
	}
	f.body, f.end = m.r.Offset(), m.r.Offset()
	return f
}

// tag reads and checks a tag.
func (m Message) tag() Tag {
	at := m.r.Offset()
	v := m.varint()
	if m.r.Err() == nil && (m.r.Offset()-at > maxTag || v>>3 == 0 || v>>3 > maxNumber) {
		m.r.FailAt(at, hostile.Malformed, "%#x is not the tag of a field", v)
	}
	return Tag(v)
}

// varint reads a base-128 integer of up to 64 bits.
func (m Message) varint() uint64 {
	p := m.r.Peek(maxVarint)
	p = p[:min(int64(len(p)), max(0, m.end-m.r.Offset()))]
	var v uint64
	for i, c := range p {
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			m.r.Skip(uint64(i) + 1)
			return v
		}
	}
	if len(p) == maxVarint {
		m.r.Fail(hostile.Malformed, "an integer of more than %d bytes", maxVarint)
	} else {
		m.r.Fail(hostile.Truncated, "the message ends within an integer")
	}
	return 0
}

// fixed reads a little-endian integer of n bytes.
func (m Message) fixed(n int) uint64 {
	if left := m.end - m.r.Offset(); left < int64(n) {
		m.r.Fail(hostile.Truncated, "%d bytes claimed, %d left", n, left)
	}
	return m.r.UintLE(n)
}

// length reads the length of a value and returns the value's bounds.
func (m Message) length() (body, end int64) {
	at := m.r.Offset()
	n := m.varint()
	body = m.r.Offset()
	switch {
	case m.r.Err() != nil:
		return body, body
	case n > uint64(m.end-body) && m.clipped:
		return body, m.end
	case n > uint64(m.end-body):
		m.r.FailAt(at, hostile.Truncated, "%d bytes claimed, %d left", n, m.end-body)
		return body, body
	}
	return body, body + int64(n)
}

// group skips to behind the end tag of a group and returns the offsets behind
// and of that tag.
func (m Message) group(number int32) (end, closing int64) {
	open := []int32{number}
	for m.r.Err() == nil && m.r.Offset() < m.end && m.r.Step() {
		at := m.r.Offset()
		t := m.tag()
		switch t.Wire() {
		case Start:
			open = append(open, t.Number())
		case End:
			if m.r.Err() == nil && open[len(open)-1] != t.Number() {
				m.r.FailAt(at, hostile.Malformed, "group %d ends where group %d is open", t.Number(), open[len(open)-1])
			}
			open = open[:len(open)-1]
		default:
			m.skip(t, at)
		}
		if len(open) == 0 {
			return m.r.Offset(), at
		}
		if len(open)+m.depth > MaxDepth {
			m.r.FailAt(at, hostile.Unsupported, "groups nested more than %d deep", MaxDepth)
		}
	}
	m.r.Fail(hostile.Truncated, "the message ends within group %d", number)
	return m.r.Offset(), m.r.Offset()
}

// skip moves behind the value of a field inside a group.
func (m Message) skip(t Tag, at int64) {
	switch t.Wire() {
	case Varint:
		m.varint()
	case Fixed64:
		m.fixed(8)
	case Fixed32:
		m.fixed(4)
	case Bytes:
		_, end := m.length()
		m.r.MoveTo(end)
	default:
		m.r.FailAt(at, hostile.Malformed, "field %d has wire type %d", t.Number(), t.Wire())
	}
}
