package hostile

import "encoding/binary"

// Uint8 reads one byte.
func (r *Reader) Uint8() uint8 {
	if i := r.pos - r.bufAt; i >= 0 && i < int64(len(r.buf)) && r.err == nil {
		r.pos++
		return r.buf[i]
	}
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

// UintLE reads a little-endian unsigned integer of n bytes, 1 to 8.
func (r *Reader) UintLE(n int) uint64 {
	if n == 1 {
		return uint64(r.Uint8())
	}
	var v uint64
	p := r.take(n)
	for i := len(p) - 1; i >= 0; i-- {
		v = v<<8 | uint64(p[i])
	}
	return v
}

// UintBE reads a big-endian unsigned integer of n bytes, 1 to 8.
func (r *Reader) UintBE(n int) uint64 {
	var v uint64
	for _, c := range r.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

// Uvarint reads an unsigned integer of seven bits a byte, the lowest first and all
// but the last with the highest bit set (LEB128). One of more than ten bytes is a
// fault.
func (r *Reader) Uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		c := r.Uint8()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.Fail(Malformed, "an integer of more than ten bytes")
	return 0
}

// Uint32 reads four bytes in the given order; decoders of formats that exist in
// both orders use it.
func (r *Reader) Uint32(order binary.ByteOrder) uint32 {
	if p := r.take(4); p != nil {
		return order.Uint32(p)
	}
	return 0
}

// Uint64 reads eight bytes in the given order.
func (r *Reader) Uint64(order binary.ByteOrder) uint64 {
	if p := r.take(8); p != nil {
		return order.Uint64(p)
	}
	return 0
}
