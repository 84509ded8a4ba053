package compress

import (
	"bufio"
	"io"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Deflate64 is deflate (RFC 1951) with a window of 64 KiB, two more distance
// codes, and length code 285 for 3 to 65538 bytes (APPNOTE method 9). Windows
// Explorer writes it for files over 2 GiB. It is decoded one symbol at a time,
// without tables: it is rare.

const (
	window64   = 64 << 10
	maxBits    = 15
	endOfBlock = 256
)

// codeOrder is the order in which code length codes are stored (RFC 1951 3.2.7).
var codeOrder = [19]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// An inflater64 is a Reader of unpacked data.
type inflater64 struct {
	in    *bufio.Reader
	bits  uint32 // not yet used, lowest first
	nbits uint

	window   [window64]byte
	from, to int // of the window: not yet read, modulo its size
	pending  int // bytes between from and to

	stored           int // bytes left of a stored block
	length, distance int // left of a match
	literals, far    huffman
	inBlock, last    bool
	err              error
}

// NewDeflate64 returns a Reader that unpacks a Deflate64 stream.
func NewDeflate64(in io.Reader) io.Reader { return &inflater64{in: bufio.NewReader(in)} }

// Read implements io.Reader.
func (z *inflater64) Read(p []byte) (int, error) {
	for z.pending == 0 && z.err == nil {
		z.err = z.step()
	}
	n := 0
	for n < len(p) && z.pending > 0 {
		m := copy(p[n:], z.window[z.from:min(window64, z.from+z.pending)])
		z.from, z.pending, n = (z.from+m)%window64, z.pending-m, n+m
	}
	if n > 0 {
		return n, nil
	}
	return 0, z.err
}

// step fills up to half of the window, so that nothing unread is overwritten.
func (z *inflater64) step() error {
	for z.pending < window64/2 {
		switch {
		case z.length > 0:
			z.put(z.window[(z.to-z.distance+window64)%window64])
			z.length--
		case z.stored > 0:
			c, err := z.in.ReadByte()
			if err != nil {
				return unexpected(err)
			}
			z.put(c)
			z.stored--
		case z.inBlock:
			if err := z.symbol(); err != nil {
				return err
			}
		case z.last:
			return io.EOF
		default:
			if err := z.block(); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes a byte that comes out.
func (z *inflater64) put(c byte) {
	z.window[z.to] = c
	z.to = (z.to + 1) % window64
	z.pending++
}

// block reads the header of a block.
func (z *inflater64) block() error {
	head, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = head&1 != 0
	switch head >> 1 {
	case 0:
		return z.storedBlock()
	case 1:
		z.fixedCodes()
	case 2:
		if err := z.dynamicCodes(); err != nil {
			return err
		}
	default:
		return damaged64("block type 3")
	}
	z.inBlock = true
	return nil
}

// damaged64 is the fault of data that no encoder writes.
func damaged64(what string) error {
	return hostile.Faultf(hostile.Malformed, 0, "the deflate64 data is damaged: %s", what)
}

// storedBlock starts a block that is not compressed.
func (z *inflater64) storedBlock() error {
	z.bits, z.nbits = 0, 0 // up to the next byte; whole bytes are never held back
	n, err := z.take(16)
	if err != nil {
		return err
	}
	inverse, err := z.take(16)
	if err != nil {
		return err
	}
	// RFC 1951 3.2.4.
	if n != ^inverse&0xffff {
		return damaged64("length of a stored block")
	}
	z.stored = int(n)
	return nil
}

// take reads n bits, at most 16, lowest first.
func (z *inflater64) take(n uint) (uint32, error) {
	for z.nbits < n {
		c, err := z.in.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		z.bits |= uint32(c) << z.nbits
		z.nbits += 8
	}
	v := z.bits & (1<<n - 1)
	z.bits >>= n
	z.nbits -= n
	return v, nil
}

// symbol decodes a literal, a match, or the end of the block.
func (z *inflater64) symbol() error {
	s, err := z.literals.decode(z)
	switch {
	case err != nil:
		return err
	case s < endOfBlock:
		z.put(byte(s))
		return nil
	case s == endOfBlock:
		z.inBlock = false
		return nil
	}
	if z.length, err = z.matchLength(s - 257); err != nil {
		return err
	}
	z.distance, err = z.matchDistance()
	return err
}

// matchLength follows RFC 1951 3.2.5, but for the last code, which has 16 extra
// bits.
func (z *inflater64) matchLength(code int) (int, error) {
	switch {
	// Code 285 of RFC 1951 is 258 bytes; here it is the escape to any length.
	case code == 28:
		extra, err := z.take(16)
		return int(extra) + 3, err
	case code > 28:
		return 0, damaged64("length code")
	case code < 8:
		return code + 3, nil
	}
	bits := uint(code-4) / 4
	extra, err := z.take(bits)
	return (4+code%4)<<bits + int(extra) + 3, err
}

// matchDistance reads how far back a match lies, up to 64 KiB.
func (z *inflater64) matchDistance() (int, error) {
	code, err := z.far.decode(z)
	if err != nil {
		return 0, err
	}
	if code < 4 {
		return code + 1, nil
	}
	bits := uint(code-2) / 2
	extra, err := z.take(bits)
	return (2+code%2)<<bits + int(extra) + 1, err
}

// fixedCodes are those of RFC 1951, section 3.2.6; deflate64 has the same.
func (z *inflater64) fixedCodes() {
	var lengths [288]byte
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	z.literals.build(lengths[:])
	var distances [32]byte
	for i := range distances {
		distances[i] = 5
	}
	z.far.build(distances[:])
}

// dynamicCodes reads the code lengths of a block (RFC 1951 3.2.7).
func (z *inflater64) dynamicCodes() error {
	head, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	var order [19]byte
	for _, i := range codeOrder[:codes] {
		n, err := z.take(3)
		if err != nil {
			return err
		}
		order[i] = byte(n)
	}
	var code huffman
	code.build(order[:])
	lengths, err := z.lengths(&code, literals+distances)
	if err != nil {
		return err
	}
	z.literals.build(lengths[:literals])
	z.far.build(lengths[literals:])
	return nil
}

// lengths reads n code lengths, which repeat.
func (z *inflater64) lengths(code *huffman, n int) ([]byte, error) {
	out := make([]byte, 0, 288+32)
	for len(out) < n {
		s, err := code.decode(z)
		if err != nil {
			return nil, err
		}
		if s < 16 {
			out = append(out, byte(s))
			continue
		}
		repeat := [3]struct {
			bits  uint
			least int
		}{{2, 3}, {3, 3}, {7, 11}}[s-16]
		extra, err := z.take(repeat.bits)
		count := repeat.least + int(extra)
		if err != nil || len(out)+count > n || s == 16 && len(out) == 0 {
			return nil, damaged64("repeated code length")
		}
		length := byte(0)
		if s == 16 {
			length = out[len(out)-1]
		}
		for range count {
			out = append(out, length)
		}
	}
	return out, nil
}

// A huffman is a canonical code: how many codes there are of each length, and
// the symbols in the order of their codes.
type huffman struct {
	count   [maxBits + 1]int
	symbols [288]uint16
}

// build makes the canonical code of the given lengths in bits (RFC 1951,
// section 3.2.2).
func (h *huffman) build(lengths []byte) {
	h.count = [maxBits + 1]int{}
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var next [maxBits + 2]int
	for n := 1; n <= maxBits; n++ {
		next[n+1] = next[n] + h.count[n]
	}
	for s, n := range lengths {
		if n != 0 {
			h.symbols[next[n]] = uint16(s)
			next[n]++
		}
	}
}

// decode reads one symbol, bit by bit.
func (h *huffman) decode(z *inflater64) (int, error) {
	code, first, index := 0, 0, 0
	for n := 1; n <= maxBits; n++ {
		bit, err := z.take(1)
		if err != nil {
			return 0, err
		}
		code |= int(bit)
		if at := code - h.count[n]; at < first {
			return int(h.symbols[index+code-first]), nil
		}
		index += h.count[n]
		first = (first + h.count[n]) << 1
		code <<= 1
	}
	return 0, damaged64("code")
}
