package compress

import (
	"encoding/binary"
	"io"
)

// A branch filter undoes what compressors do to machine code: the targets of
// calls and jumps were made absolute, so that equal targets look alike. xz and
// 7z use them (xz file format 5.3.2; the algorithms are those of liblzma).

// A convert makes the targets in p relative again, for code at address at. It
// returns how many bytes it is done with; the rest wants more bytes behind it.
type convert func(p []byte, at uint32) int

// Identifiers of branch filters in xz. 7z has its own for the same.
const (
	FilterX86      = 0x04
	FilterPowerPC  = 0x05
	FilterARM      = 0x07
	FilterARMThumb = 0x08
	FilterSPARC    = 0x09
	FilterARM64    = 0x0a
)

// Branch returns a Reader that undoes the branch filter with an identifier of
// xz, for code that starts at an address, or nil if it is not known.
func Branch(r io.Reader, filter uint64, start uint32) io.Reader {
	var c convert
	switch filter {
	case FilterX86:
		c = (&x86{pos: ^uint32(4)}).convert
	case FilterPowerPC:
		c = aligned(powerPC)
	case FilterARM:
		c = aligned(arm)
	case FilterARMThumb:
		c = armThumb
	case FilterSPARC:
		c = aligned(sparc)
	case FilterARM64:
		c = aligned(arm64)
	default:
		return nil
	}
	return &branch{r: r, convert: c, at: start}
}

// A branch converts as much as it has, and keeps what may be the start of an
// instruction.
type branch struct {
	r        io.Reader
	convert  convert
	at       uint32 // address of buf
	buf      [4096]byte
	from, to int // of buf: converted and not yet read
	end      int // of buf: read
	err      error
}

// Read implements io.Reader.
func (b *branch) Read(p []byte) (int, error) {
	for b.from == b.to {
		if b.err != nil && b.to == b.end {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.buf[b.from:b.to])
	b.from += n
	return n, nil
}

// fill reads more and converts what it can. What is left at the end of the data
// is no whole instruction and stays as it is.
func (b *branch) fill() {
	copy(b.buf[:], b.buf[b.to:b.end])
	b.at += uint32(b.to)
	b.end, b.from, b.to = b.end-b.to, 0, 0
	if b.err == nil {
		var n int
		n, b.err = io.ReadFull(b.r, b.buf[b.end:])
		b.end += n
		if b.err == io.ErrUnexpectedEOF {
			b.err = io.EOF
		}
	}
	b.to = b.convert(b.buf[:b.end], b.at)
	if b.err != nil {
		b.to = b.end
	}
}

// aligned converts instruction after instruction of four bytes.
func aligned(one func(p []byte, at uint32)) convert {
	return func(p []byte, at uint32) int {
		i := 0
		for ; i+4 <= len(p); i += 4 {
			one(p[i:i+4], at+uint32(i))
		}
		return i
	}
}

// powerPC turns the absolute address of a bl back into a relative one.
func powerPC(p []byte, at uint32) {
	v := binary.BigEndian.Uint32(p)
	if v&0xfc000003 == 0x48000001 {
		binary.BigEndian.PutUint32(p, 0x48000001|(v-at)&0x03fffffc)
	}
}

// arm does so for a BL of ARM.
func arm(p []byte, at uint32) {
	v := binary.LittleEndian.Uint32(p)
	if v>>24 == 0xeb {
		binary.LittleEndian.PutUint32(p, 0xeb<<24|((v<<2)-(at+8))>>2&0xffffff)
	}
}

// armThumb does so for the two halves of a BL of Thumb, and returns how many
// bytes it has finished.
func armThumb(p []byte, at uint32) int {
	i := 0
	for ; i+4 <= len(p); i += 2 {
		if p[i+1]&0xf8 != 0xf0 || p[i+3]&0xf8 != 0xf8 {
			continue
		}
		v := uint32(p[i+1]&7)<<19 | uint32(p[i])<<11 | uint32(p[i+3]&7)<<8 | uint32(p[i+2])
		v = (v<<1 - (at + uint32(i) + 4)) >> 1
		p[i+1], p[i], p[i+3], p[i+2] = 0xf0|byte(v>>19&7), byte(v>>11), 0xf8|byte(v>>8&7), byte(v)
		i += 2
	}
	return i
}

// sparc does so for a CALL of SPARC.
func sparc(p []byte, at uint32) {
	v := binary.BigEndian.Uint32(p)
	if v>>22 != 0x100 && v>>22 != 0x1ff {
		return
	}
	v = (v<<2 - at) >> 2
	sign := (0 - v>>22&1) << 22 & 0x3fffffff
	binary.BigEndian.PutUint32(p, sign|v&0x3fffff|0x40000000)
}

// arm64 converts BL and, within half a GiB, ADRP.
func arm64(p []byte, at uint32) {
	v := binary.LittleEndian.Uint32(p)
	switch {
	case v>>26 == 0x25:
		binary.LittleEndian.PutUint32(p, 0x94000000|(v-at>>2)&0x03ffffff)
	case v&0x9f000000 == 0x90000000:
		page := v>>29&3 | v>>3&0x1ffffc
		if (page+0x20000)&0x1c0000 != 0 {
			return
		}
		page -= at >> 12
		v = v&0x9000001f | page&3<<29 | page&0x3fffc<<3 | (0-page&0x20000)&0xe00000
		binary.LittleEndian.PutUint32(p, v)
	}
}

// An x86 filter remembers which of the last bytes looked like the start of a
// call, because a converted one must not be converted twice.
type x86 struct {
	mask uint32
	pos  uint32 // address of the last byte that looked so
}

// convert does so for CALL and JMP of x86, whose instructions have no fixed
// place: x.mask remembers which of the bytes before were opcodes.
func (x *x86) convert(p []byte, at uint32) int {
	if len(p) < 5 {
		return 0
	}
	if at-x.pos > 5 {
		x.pos = at - 5
	}
	i := 0
	for i <= len(p)-5 {
		if p[i]&0xfe != 0xe8 {
			i++
			continue
		}
		here := at + uint32(i)
		x.shift(here - x.pos)
		x.pos = here
		if !far(p[i+4]) || !x.allowed() {
			i++
			x.mask |= 1
			if far(p[i+3]) {
				x.mask |= 0x10
			}
			continue
		}
		v := x.target(binary.LittleEndian.Uint32(p[i+1:]), here+5)
		binary.LittleEndian.PutUint32(p[i+1:], v&0x1ffffff|(0-v>>24&1)<<24)
		i += 5
		x.mask = 0
	}
	return i
}

// far reports whether the high byte of a displacement is one that is converted.
func far(b byte) bool { return b == 0 || b == 0xff }

// shift moves the memory of opcodes on by n bytes.
func (x *x86) shift(n uint32) {
	if n > 5 {
		x.mask = 0
		return
	}
	for range n {
		x.mask = x.mask & 0x77 << 1
	}
}

// allowed reports whether the bytes before let this be an opcode (xz's
// kMaskToAllowedStatus).
func (x *x86) allowed() bool {
	const statuses = 1<<0 | 1<<1 | 1<<2 | 1<<4
	return statuses>>(x.mask>>1&7)&1 != 0 && x.mask>>1 < 0x10
}

// target undoes the conversion, again and again while a byte that was seen
// before would have been taken for another displacement.
func (x *x86) target(v, next uint32) uint32 {
	bit := [8]uint32{0, 1, 2, 2, 3, 3, 3, 3}
	for {
		out := v - next
		if x.mask == 0 {
			return out
		}
		shift := bit[x.mask>>1&7] * 8
		if !far(byte(out >> (24 - shift))) {
			return out
		}
		v = out ^ (1<<(32-shift) - 1)
	}
}
