package compress

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// Loaders use what came out of a damaged stream before the damage: they read in
// small pieces, and a pickle may be over by then. The library decodes as much as
// its dictionary has room for before it hands anything on, and on an error hands
// on nothing of that.

// A rest reads an LZMA stream, and behind an error what was decoded before it.
type rest struct {
	r    io.Reader
	err  error
	left int64 // bytes that may be held back
}

// lzmaReader opens an LZMA stream with its header, of which the dictionary has no
// more than the given size.
func lzmaReader(in io.Reader, dictionary int64) (io.Reader, error) {
	r, err := lzma.ReaderConfig{DictCap: lzma.MaxDictCap}.NewReader(in)
	if err != nil {
		return nil, err
	}
	return &rest{r: r, left: dictionary}, nil
}

// Read implements io.Reader. The decoder has no error of its own to remember: it
// gives what is left, and fails again.
func (d *rest) Read(p []byte) (int, error) {
	if d.err == nil {
		n, err := d.r.Read(p)
		if err == nil || err == io.EOF {
			return n, err
		}
		if d.err = err; n > 0 {
			return n, nil
		}
	}
	n, _ := d.r.Read(p[:min(int64(len(p)), d.left)])
	if d.left -= int64(n); n == 0 {
		return 0, d.err
	}
	return n, nil
}

// Of LZMA2: a chunk has a header of three bytes, or of six if it is compressed and
// sets the properties, as the first one must.
const (
	storedHeader = 3
	packedHeader = 6
	maxPacked    = 1 << 16
)

// unpackedLZMA2 returns how many bytes come out of the LZMA2 stream that starts next,
// if its end is in what is read ahead: the chunks say so.
func unpackedLZMA2(in *input) (size int64, known bool) {
	head, _ := in.Peek(in.Size())
	for len(head) > packedHeader {
		more, packed := chunk(head)
		switch {
		case head[0] == 0:
			return size, true
		case more == 0 || packed >= len(head):
			return 0, false
		}
		size, head = size+more, head[packed:]
	}
	return size, len(head) > 0 && head[0] == 0
}

// chunk returns how many bytes come out of the chunk that head starts with, and how
// many it takes with its header; 0 where it is none. head is longer than a header.
func chunk(head []byte) (size int64, packed int) {
	const stored, storedFresh, compressed, properties = 2, 1, 0x80, 0x40
	low := int64(binary.BigEndian.Uint16(head[1:])) + 1
	switch c := head[0]; {
	case c == stored || c == storedFresh:
		return low, storedHeader + int(low)
	case c < compressed:
		return 0, 0
	case c&properties == 0:
		return low + int64(c&0x1f)<<16, packedHeader - 1 + int(binary.BigEndian.Uint16(head[3:])) + 1
	default:
		return low + int64(c&0x1f)<<16, packedHeader + int(binary.BigEndian.Uint16(head[3:])) + 1
	}
}

// A chunks reads an LZMA2 stream, and behind an error in its first chunk what
// was decoded of that. A chunk has 2 MiB at most: later ones come behind a whole
// one that was handed on.
type chunks struct {
	r    io.Reader
	in   *kept
	hold func(uint64) error
	out  int64     // bytes that came out
	err  error     // that of r
	rest io.Reader // behind it, nil for nothing
}

// lzma2Reader opens an LZMA2 stream; hold reserves memory or refuses.
func lzma2Reader(in flate.Reader, dictionary int, hold func(uint64) error) (io.Reader, error) {
	k := &kept{in: in}
	r, err := lzma.Reader2Config{DictCap: dictionary}.NewReader2(k)
	if err != nil {
		return nil, err
	}
	return &chunks{r: r, in: k, hold: hold}, nil
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	if c.err == nil {
		n, err := c.r.Read(p)
		c.out += int64(n)
		if err == nil || err == io.EOF {
			return n, err
		}
		if c.err, c.rest = err, c.first(); n > 0 {
			return n, nil
		}
	}
	if c.rest == nil {
		return 0, c.err
	}
	n, _ := c.rest.Read(p)
	if n == 0 {
		return 0, c.err
	}
	return n, nil
}

// first returns what is left of the first chunk, of which a part may have come
// out already.
func (c *chunks) first() io.Reader {
	b := c.in.first
	if len(b) <= packedHeader {
		return nil
	}
	size, packed := chunk(b)
	var r io.Reader
	if b[0]&0x80 == 0 {
		r = bytes.NewReader(b[storedHeader:])
	} else {
		r = c.packed(b[:min(len(b), packed)], size)
	}
	if r == nil || c.out >= size {
		return nil
	}
	r = io.LimitReader(r, size)
	if n, err := io.CopyN(io.Discard, r, c.out); err != nil || n < c.out {
		return nil
	}
	return r
}

// packed opens the content of a compressed chunk as an LZMA stream of its own.
func (c *chunks) packed(b []byte, size int64) io.Reader {
	dictionary := max(lzma.MinDictCap, size)
	if c.hold(uint64(dictionary)) != nil {
		return nil
	}
	head := binary.LittleEndian.AppendUint32([]byte{b[5]}, uint32(dictionary))
	head = binary.LittleEndian.AppendUint64(head, 1<<64-1)
	r, err := lzmaReader(io.MultiReader(bytes.NewReader(head), bytes.NewReader(b[packedHeader:])), dictionary)
	if err != nil {
		return nil
	}
	return r
}

// A kept hands bytes on and keeps the first of them: as many as a chunk has.
type kept struct {
	in    flate.Reader
	first []byte
}

// keep remembers bytes that were read.
func (k *kept) keep(p []byte) {
	if room := packedHeader + maxPacked - len(k.first); room > 0 {
		k.first = append(k.first, p[:min(len(p), room)]...)
	}
}

// Read implements io.Reader.
func (k *kept) Read(p []byte) (int, error) {
	n, err := k.in.Read(p)
	k.keep(p[:n])
	return n, err
}

// ReadByte implements io.ByteReader.
func (k *kept) ReadByte() (byte, error) {
	b, err := k.in.ReadByte()
	if err == nil && len(k.first) < packedHeader+maxPacked {
		k.first = append(k.first, b)
	}
	return b, err
}
