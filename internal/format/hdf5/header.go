package hdf5

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Types of object header messages (specification IV.A.2).
const (
	msgDataspace     = 0x0001
	msgLinkInfo      = 0x0002
	msgDatatype      = 0x0003
	msgLink          = 0x0006
	msgExternalFiles = 0x0007
	msgLayout        = 0x0008
	msgFilters       = 0x000B
	msgAttribute     = 0x000C
	msgSharedTable   = 0x000F
	msgContinuation  = 0x0010
	msgSymbolTable   = 0x0011
	msgAttributeInfo = 0x0015
)

// flagShared marks a message whose body is a reference to one stored elsewhere.
const flagShared = 0x02

// A message is one object header message.
type message struct {
	kind  int
	flags uint8
	body  *hostile.Reader
}

// messages calls visit for every message of the object header at an address.
// Continuation blocks are followed once each.
func (f *File) messages(address uint64, visit func(message)) error {
	h := f.from(address)
	v2 := string(h.Peek(4)) == "OHDR"
	var first *hostile.Reader
	var attrFlags uint8
	if v2 {
		first, attrFlags = f.header2(h)
	} else {
		first = f.header1(h)
	}
	if first == nil || h.Err() != nil {
		return h.Err()
	}
	blocks := []*hostile.Reader{first}
	seen := map[int64]bool{first.Start(): true}
	for len(blocks) > 0 && f.r.Step() {
		b := blocks[0]
		blocks = blocks[1:]
		more, err := f.block(b, v2, attrFlags, visit)
		if err != nil {
			return err
		}
		for _, next := range more {
			if !seen[next.Start()] {
				seen[next.Start()] = true
				blocks = append(blocks, next)
			}
		}
	}
	return f.r.Err()
}

// header1 reads the prefix of a version 1 object header.
func (f *File) header1(h *hostile.Reader) *hostile.Reader {
	if v := h.Uint8(); h.Err() == nil && v != 1 {
		h.Fail(hostile.Malformed, "an object header of version %d", v)
		return nil
	}
	h.Skip(1 + 2 + 4) // reserved, number of messages, reference count
	size := h.UintLE(4)
	h.Skip(4) // alignment to 8
	return h.Window(size)
}

// header2 reads the prefix of a version 2 object header and returns its flags.
func (f *File) header2(h *hostile.Reader) (*hostile.Reader, uint8) {
	h.Skip(4)
	if v := h.Uint8(); h.Err() == nil && v != 2 {
		h.Fail(hostile.Malformed, "an OHDR header of version %d", v)
		return nil, 0
	}
	flags := h.Uint8()
	if flags&0x20 != 0 {
		h.Skip(16) // times
	}
	if flags&0x10 != 0 {
		h.Skip(4) // attribute storage thresholds
	}
	size := h.UintLE(1 << (flags & 3))
	return h.Window(size), flags
}

// block visits the messages of one block, which is the first of an object header
// or a continuation, and returns the continuations it names.
func (f *File) block(b *hostile.Reader, v2 bool, flags uint8, visit func(message)) ([]*hostile.Reader, error) {
	prefix := int64(8)
	if v2 {
		prefix = 4
		if flags&0x04 != 0 {
			prefix = 6
		}
	}
	var more []*hostile.Reader
	for b.Left() >= prefix && b.Step() {
		m := readMessage(b, v2, flags)
		if b.Err() != nil {
			break
		}
		if m.kind != msgContinuation {
			visit(m)
			continue
		}
		if next := f.continuation(m.body, v2); next != nil {
			more = append(more, next)
			continue
		}
		return nil, m.body.Err()
	}
	return more, b.Err()
}

// readMessage reads the prefix of a message and takes its body. flags are those
// of the object header, which say whether messages are numbered in the order of
// their creation.
func readMessage(b *hostile.Reader, v2 bool, flags uint8) message {
	var m message
	var size uint64
	if v2 {
		m.kind = int(b.Uint8())
		size = b.UintLE(2)
		m.flags = b.Uint8()
		if flags&0x04 != 0 {
			b.Skip(2) // creation order
		}
	} else {
		m.kind = int(b.UintLE(2))
		size = b.UintLE(2)
		m.flags = b.Uint8()
		b.Skip(3)
	}
	m.body = b.Window(size)
	return m
}

// continuation returns the messages of a continuation block, or nil with the
// fault in body.
func (f *File) continuation(body *hostile.Reader, v2 bool) *hostile.Reader {
	address, size := f.address(body), f.length(body)
	if body.Err() != nil {
		return nil
	}
	next := f.at(address, size)
	if v2 {
		if got := string(next.Peek(4)); next.Err() == nil && got != "OCHK" {
			next.Fail(hostile.Malformed, "a continuation %q where OCHK belongs", got)
		}
		next.Skip(4)
		if next.Err() == nil && next.Left() >= 4 {
			next = next.Window(uint64(next.Left() - 4)) // a checksum follows
		}
	}
	if next.Err() != nil {
		body.FailAt(next.Offset(), hostile.Malformed, "continuation of an object header: %v", next.Err())
		return nil
	}
	return next
}
