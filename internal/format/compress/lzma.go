package compress

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/ulikunitz/xz/lzma"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// The format of lzma_alone and of Python's FORMAT_ALONE: properties, dictionary
// size, unpacked size, stream. It has no signature, but few values are in use.
var lzmaFormat = &Format{
	Name: "lzma", Suffixes: []string{".lzma", ".tlz"}, Weak: true,
	match: isLZMA, open: openLZMA,
}

// lzmaHeader is one byte of properties, four of the dictionary's size and eight
// of the content's.
const lzmaHeader = 13

// usualProperties are those of all writers, unless they are asked for others.
const usualProperties = 0x5d

// isLZMA checks what liblzma checks when it guesses (alone_decoder.c, picky): a
// dictionary of 2^n or 2^n + 2^(n-1) bytes and a size below 256 GiB; and that
// the range coder starts with the zero byte that it must start with. It takes an
// empty dictionary for the least; in much that is no LZMA there are as many zeros, so
// that something else must be as it is written.
func isLZMA(head []byte) bool {
	if len(head) <= lzmaHeader || head[0] >= 9*5*5 || head[lzmaHeader] != 0 {
		return false
	}
	dictionary := binary.LittleEndian.Uint32(head[1:])
	size := binary.LittleEndian.Uint64(head[5:])
	switch {
	case size != 1<<64-1 && size >= 1<<38:
		return false
	case dictionary == 0:
		return (size == 1<<64-1 || head[0] == usualProperties) && !empty(head)
	}
	rest := dictionary &^ (1 << (31 - bits.LeadingZeros32(dictionary)))
	return (dictionary == 1<<32-1 || rest == 0 || rest<<1 == dictionary&^rest) && !empty(head)
}

// emptyStream is the size of an LZMA stream of which nothing comes out: the header
// and what the range coder starts with.
const emptyStream = lzmaHeader + 5

// empty reports whether a stream says that nothing comes out of it. That is how
// the weights of a Core ML package start, a count and a version behind it, and
// there is nothing to read in such a stream, unless another one follows it.
func empty(head []byte) bool {
	if binary.LittleEndian.Uint64(head[5:]) != 0 {
		return false
	}
	return len(head) <= emptyStream || !isEither(head[emptyStream:])
}

// openLZMA opens the old format .lzma, which has no signature, and what liblzma
// goes on with. What else follows is left, as by all of its readers.
func openLZMA(in *input) (io.Reader, error) {
	first, err := oneLZMA(in)
	if err != nil {
		return nil, err
	}
	return &chain{name: "lzma", in: in, next: openEither, is: isEither, cur: first, ends: true}, nil
}

// oneLZMA opens one stream.
func oneLZMA(in *input) (io.Reader, error) {
	head, err := in.Peek(lzmaHeader)
	if err != nil {
		return nil, unexpected(err)
	}
	if binary.LittleEndian.Uint64(head[5:]) == 0 {
		in.Discard(emptyStream)
		return bytes.NewReader(nil), nil
	}
	dictionary := uint64(binary.LittleEndian.Uint32(head[1:]))
	dictionary = max(lzma.MinDictCap, min(dictionary, binary.LittleEndian.Uint64(head[5:])))
	if err := in.charge.allocate(dictionary); err != nil {
		return nil, err
	}
	return lzmaReader(in, int64(dictionary))
}

// RawLZMA decodes an LZMA stream of in without its header, as zip and lzip store
// it: properties holds the five bytes that the header starts with, and size the
// unpacked size, or -1 if a marker ends the stream. The dictionary is charged to
// the budget.
func RawLZMA(in io.Reader, properties []byte, size int64, budget *hostile.Budget) (io.Reader, error) {
	head := binary.LittleEndian.AppendUint64(bytes.Clone(properties), uint64(size))
	dictionary := uint64(binary.LittleEndian.Uint32(properties[1:]))
	dictionary = max(lzma.MinDictCap, min(dictionary, uint64(size)))
	if err := budget.Hold(dictionary); err != nil {
		return nil, err
	}
	return lzmaReader(&joined{bytes.NewReader(head), byteReader(in)}, int64(dictionary))
}

// lzip: "LZIP", version 1, coded dictionary size, an LZMA stream that a marker
// ends, and 20 bytes of checksum and sizes (RFC draft-diaz-lzip-09).
var lzipFormat = &Format{
	Name: "lzip", Suffixes: []string{".lz"},
	match: isLzip, open: chained("lzip", isLzip, openLzip),
}

// isLzip knows version 1 of lzip; there is no other in use.
func isLzip(head []byte) bool { return bytes.HasPrefix(head, []byte("LZIP\x01")) }

// openLzip opens one member: LZMA of fixed parameters behind a header of six
// bytes.
func openLzip(in *input) (io.Reader, error) {
	var head [6]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, unexpected(err)
	}
	// A power of two less some sixteenths of it (lzip manual, "File format").
	base := uint32(1) << (head[5] & 0x1f)
	dictionary := base - base/16*uint32(head[5]>>5)
	if dictionary < lzma.MinDictCap {
		return nil, hostile.Faultf(hostile.Malformed, 5, "a dictionary of %d bytes claimed", dictionary)
	}
	if err := in.charge.allocate(uint64(dictionary)); err != nil {
		return nil, err
	}
	const properties = 2*45 + 3 // lc 3, lp 0, pb 2
	alone := binary.LittleEndian.AppendUint32([]byte{properties}, dictionary)
	alone = binary.LittleEndian.AppendUint64(alone, 1<<64-1)
	z, err := lzmaReader(&joined{bytes.NewReader(alone), in}, int64(dictionary))
	if err != nil {
		return nil, err
	}
	return &trailed{z, in, 20}, nil
}

// joined reads a made-up header and then the input, byte by byte where asked, so
// that no byte behind the stream is taken.
type joined struct {
	head *bytes.Reader
	in   flate.Reader
}

// byteReader is what LZMA's range coder wants to read from.
func byteReader(in io.Reader) flate.Reader {
	if r, ok := in.(flate.Reader); ok {
		return r
	}
	return bufio.NewReader(in)
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	if j.head.Len() > 0 {
		return j.head.Read(p)
	}
	return j.in.Read(p)
}

// ReadByte implements io.ByteReader.
func (j *joined) ReadByte() (byte, error) {
	if j.head.Len() > 0 {
		return j.head.ReadByte()
	}
	return j.in.ReadByte()
}

// trailed reads a stream and drops the n bytes behind it.
type trailed struct {
	io.Reader
	in *input
	n  int
}

// Read implements io.Reader; at the end of the stream it skips the trailer
// behind it.
func (t *trailed) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF && t.n > 0 {
		if _, short := t.in.Discard(t.n); short != nil {
			return n, io.ErrUnexpectedEOF
		}
		t.n = 0
	}
	return n, err
}

// RawLZMA2 decodes an LZMA2 stream whose dictionary has the given code, and of
// which size bytes come out. The dictionary is charged to the budget.
func RawLZMA2(in io.Reader, code byte, size uint64, budget *hostile.Budget) (io.Reader, error) {
	dictionary, err := lzma.DecodeDictCap(code)
	if err != nil {
		return nil, err
	}
	dictionary = max(lzma.MinDictCap, int64(min(uint64(dictionary), size)))
	if err := budget.Hold(uint64(dictionary)); err != nil {
		return nil, err
	}
	return lzma2Reader(byteReader(in), int(dictionary), budget.Hold)
}
