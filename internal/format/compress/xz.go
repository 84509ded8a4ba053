package compress

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"slices"

	"github.com/ulikunitz/xz/lzma"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// The .xz file format, version 1.2.1. The container is read here, because its
// headers decide how much memory the decompressor takes.
var xzFormat = &Format{
	Name: "xz", Suffixes: []string{".xz", ".txz"},
	match: isXZ, open: chained("xz", isEither, openEither),
}

// isEither knows what liblzma goes on with behind a stream when it is not told the
// format, as by Python's lzma and by joblib: one of either format.
func isEither(head []byte) bool { return isXZ(head) || isLZMA(head) }

// openEither opens one stream of either format.
func openEither(in *input) (io.Reader, error) {
	if head, _ := in.Peek(HeadSize); isXZ(head) {
		return openXZ(in)
	}
	return oneLZMA(in)
}

const (
	xzMagic  = "\xfd7zXZ\x00"
	xzFooter = "YZ"
	xzAround = 12 // bytes of a stream's header, and of its footer
)

// Identifiers of filters.
const (
	filterDelta = 0x03
	filterLZMA2 = 0x21
)

// isXZ knows an xz stream by its magic bytes.
func isXZ(head []byte) bool { return bytes.HasPrefix(head, []byte(xzMagic)) }

// An xzStream reads one stream: blocks, index, footer.
type xzStream struct {
	in     *counted
	check  func() hash.Hash // nil where blocks carry none that is known
	tail   int              // bytes of check behind each block
	block  io.Reader        // nil between blocks
	sum    hash.Hash
	blocks uint64
	done   bool
}

// openXZ opens one stream of the format, of which the blocks are read by our
// own code: the library would buffer what a block claims.
func openXZ(in *input) (io.Reader, error) {
	var head [xzAround]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, unexpected(err)
	}
	if head[6] != 0 || head[7] > 0xf || crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return nil, hostile.Faultf(hostile.Malformed, 6, "the xz stream header is damaged")
	}
	x := &xzStream{in: &counted{input: in}}
	x.check, x.tail = xzCheck(head[7])
	return x, nil
}

// xzCheck returns the hash of a check's identifier, if it is known, and its size
// in the file (section 2.1.1.2).
func xzCheck(id byte) (func() hash.Hash, int) {
	switch id {
	case 0:
		return nil, 0
	case 1:
		return func() hash.Hash { return crc32.NewIEEE() }, 4
	case 4:
		return func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) }, 8
	case 10:
		return sha256.New, sha256.Size
	default:
		return nil, 4 << ((id - 1) / 3)
	}
}

// Read implements io.Reader.
func (x *xzStream) Read(p []byte) (int, error) {
	for {
		if x.done {
			return 0, io.EOF
		}
		if x.block == nil {
			if err := x.nextBlock(); err != nil {
				return 0, unexpected(err)
			}
			continue
		}
		n, err := x.block.Read(p)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if err == io.EOF {
			err = x.endBlock()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// nextBlock reads a block header, or the index and footer that end the stream.
func (x *xzStream) nextBlock() error {
	// Sizes of headers and padding count from the start of the block.
	x.in.n = 0
	size, err := x.in.ReadByte()
	if err != nil {
		return err
	}
	// The index indicator (section 4.1), which no header size is.
	if size == 0 {
		x.done = true
		return x.end()
	}
	head := make([]byte, (int(size)+1)*4)
	head[0] = size
	if _, err := io.ReadFull(x.in, head[1:]); err != nil {
		return unexpected(err)
	}
	body, sum := head[:len(head)-4], head[len(head)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return hostile.Faultf(hostile.Malformed, 0, "an xz block header is damaged")
	}
	if x.check != nil {
		x.sum = x.check()
	}
	x.blocks++
	x.block, err = x.openBlock(body)
	return err
}

// openBlock builds the chain of filters that a block header lists, the last of
// which reads the file (section 3.1).
func (x *xzStream) openBlock(head []byte) (io.Reader, error) {
	flags, r := head[1], bytes.NewReader(head[2:])
	for bit := byte(0x40); bit != 0; bit <<= 1 {
		// Bits 6 and 7: compressed and uncompressed size are present, which
		// need not be believed.
		if flags&bit != 0 {
			if _, err := binary.ReadUvarint(r); err != nil {
				return nil, unexpected(err)
			}
		}
	}
	count := int(flags&3) + 1
	var filters []func(io.Reader) io.Reader // in the order in which they were applied
	for i := range count {
		id, properties, err := xzFilter(r)
		if err != nil {
			return nil, err
		}
		if i == count-1 {
			if id != filterLZMA2 || len(properties) != 1 {
				return nil, hostile.Faultf(hostile.Unsupported, 0, "xz filter %#x at the end of its chain", id)
			}
			block, err := x.openLZMA2(properties[0])
			for _, undo := range slices.Backward(filters) {
				block = undo(block)
			}
			return block, err
		}
		undo := xzUndo(id, properties)
		if undo == nil {
			return nil, hostile.Faultf(hostile.Unsupported, 0, "xz filter %#x", id)
		}
		filters = append(filters, undo)
	}
	return nil, hostile.Faultf(hostile.Malformed, 0, "an xz block without filters")
}

// xzUndo returns what undoes a filter that does not compress, or nil.
func xzUndo(id uint64, properties []byte) func(io.Reader) io.Reader {
	switch {
	case id == filterDelta && len(properties) == 1:
		return func(r io.Reader) io.Reader { return Delta(r, int(properties[0])+1) }
	case Branch(nil, id, 0) == nil:
		return nil
	case len(properties) == 0:
		return func(r io.Reader) io.Reader { return Branch(r, id, 0) }
	case len(properties) == 4:
		return func(r io.Reader) io.Reader { return Branch(r, id, binary.LittleEndian.Uint32(properties)) }
	default:
		return nil
	}
}

// xzFilter reads one entry of a block's list of filters.
func xzFilter(r *bytes.Reader) (id uint64, properties []byte, err error) {
	id, err = binary.ReadUvarint(r)
	if err != nil {
		return 0, nil, unexpected(err)
	}
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(r.Len()) {
		return 0, nil, hostile.Faultf(hostile.Malformed, 0, "an xz filter of %d bytes, %d left", n, r.Len())
	}
	properties = make([]byte, n)
	_, err = io.ReadFull(r, properties)
	return id, properties, err
}

// openLZMA2 reserves the dictionary before it is allocated, as much of it as there is
// use for: a short stream claims as much as a long one.
func (x *xzStream) openLZMA2(code byte) (io.Reader, error) {
	size, err := lzma.DecodeDictCap(code)
	if err != nil {
		return nil, err
	}
	if all, known := unpackedLZMA2(x.in.input); known {
		size = max(lzma.MinDictCap, min(size, all))
	}
	if err := x.in.charge.allocate(uint64(size)); err != nil {
		return nil, err
	}
	more := func(n uint64) error { return x.in.charge.hold(uint64(size) + n) }
	return lzma2Reader(x.in, int(size), more)
}

// endBlock reads a block's padding and check.
func (x *xzStream) endBlock() error {
	x.block = nil
	tail := make([]byte, int(-x.in.n&3)+x.tail)
	if _, err := io.ReadFull(x.in, tail); err != nil {
		return unexpected(err)
	}
	want := tail[len(tail)-x.tail:]
	if x.sum == nil {
		return nil
	}
	got := x.sum.Sum(nil)
	if x.tail <= 8 { // the integers of the format are little-endian
		for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
			got[i], got[j] = got[j], got[i]
		}
	}
	if !bytes.Equal(got, want) {
		return hostile.Faultf(hostile.Malformed, 0, "the checksum of an xz block does not match")
	}
	return nil
}

// end reads the index, whose first byte has been read, and the footer.
func (x *xzStream) end() error {
	records, err := binary.ReadUvarint(x.in)
	if err != nil {
		return err
	}
	if records != x.blocks {
		return hostile.Faultf(hostile.Malformed, 0, "the xz index has %d records, the stream %d blocks", records, x.blocks)
	}
	for range 2 * records { // as many blocks were there
		if _, err := binary.ReadUvarint(x.in); err != nil {
			return err
		}
	}
	rest := make([]byte, int(-x.in.n&3)+4+xzAround)
	if _, err := io.ReadFull(x.in, rest); err != nil {
		return err
	}
	if string(rest[len(rest)-2:]) != xzFooter {
		return hostile.Faultf(hostile.Malformed, 0, "the xz stream has no footer")
	}
	return nil
}

// counted counts what is taken from an input.
type counted struct {
	*input
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.input.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.input.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// Delta returns a Reader that adds to each byte the one that came distance bytes
// earlier (section 5.3.3).
func Delta(r io.Reader, distance int) io.Reader {
	return &delta{r: r, past: make([]byte, distance)}
}

// A delta remembers the last bytes that came out, as a ring.
type delta struct {
	r    io.Reader
	past []byte
	at   int
}

// Read implements io.Reader.
func (d *delta) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.past[d.at]
		d.past[d.at] = p[i]
		d.at = (d.at + 1) % len(d.past)
	}
	return n, err
}
