package compress

import (
	"encoding/binary"
	"errors"
	"io"
)

// A bcj2 undoes the BCJ2 filter of 7z: the targets of calls and of jumps lie in
// streams of their own, and a fourth stream, range coded, says behind which
// bytes they belong (Bcj2.c of the LZMA SDK).
type bcj2 struct {
	main, calls, jumps, coded io.ByteReader

	code, span uint32
	chance     [256 + 2]uint16 // that no target follows, of 2^11: by the byte before a call; for jumps; for conditional jumps
	started    bool
	previous   byte
	at         uint32 // bytes that came out
	pending    []byte
	err        error
}

// NewBCJ2 returns a Reader that joins the four streams of a BCJ2 coder.
func NewBCJ2(main, calls, jumps, coded io.Reader) io.Reader {
	z := &bcj2{main: byteReader(main), calls: byteReader(calls), jumps: byteReader(jumps), coded: byteReader(coded)}
	z.span = 1<<32 - 1
	for i := range z.chance {
		z.chance[i] = 1 << 10
	}
	return z
}

// Read implements io.Reader.
func (z *bcj2) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && z.err == nil {
		if len(z.pending) == 0 {
			z.err = z.step()
			if z.err != nil {
				break
			}
		}
		m := copy(p[n:], z.pending)
		z.pending = z.pending[m:]
		n += m
	}
	if n > 0 {
		return n, nil
	}
	return 0, z.err
}

// step decodes one byte of code and, if one follows, its target.
func (z *bcj2) step() error {
	if !z.started {
		// The range coder starts with five bytes, the first of which is zero.
		for range 5 {
			if err := z.shift(); err != nil {
				return err
			}
		}
		z.started = true
	}
	b, err := z.main.ReadByte()
	if err != nil {
		return err
	}
	z.at++
	z.pending = append(z.pending[:0], b)
	before := z.previous
	z.previous = b
	index, source := 257, z.jumps
	switch {
	// CALL rel32, JMP rel32 and 0F 8x, the conditional jumps: the same
	// instructions as the x86 filter.
	case b == 0xe8:
		index, source = int(before), z.calls
	case b == 0xe9:
		index = 256
	case before != 0x0f || b&0xf0 != 0x80:
		return nil
	}
	follows, err := z.bit(&z.chance[index])
	if err != nil || !follows {
		return err
	}
	return z.target(source)
}

// target reads an absolute target and makes it relative.
func (z *bcj2) target(source io.ByteReader) error {
	var v uint32
	for range 4 {
		c, err := source.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		v = v<<8 | uint32(c)
	}
	z.at += 4
	v -= z.at
	z.pending = binary.LittleEndian.AppendUint32(z.pending, v)
	z.previous = byte(v >> 24)
	return nil
}

// shift reads a byte into the range coder.
func (z *bcj2) shift() error {
	c, err := z.coded.ReadByte()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	z.code = z.code<<8 | uint32(c)
	return err
}

// bit decodes one bit, as LZMA does.
func (z *bcj2) bit(chance *uint16) (bool, error) {
	bound := z.span >> 11 * uint32(*chance)
	one := z.code >= bound
	if one {
		z.span -= bound
		z.code -= bound
		*chance -= *chance >> 5
	} else {
		z.span = bound
		*chance += (1<<11 - *chance) >> 5
	}
	if z.span >= 1<<24 {
		return one, nil
	}
	z.span <<= 8
	return one, z.shift()
}
