package sevenzip

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/stangelandcl/ppmd"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Identifiers of methods (Methods.txt of the LZMA SDK, and 7-Zip ZS for the last
// three).
const (
	methodCopy      = "\x00"
	methodDelta     = "\x03"
	methodLZMA2     = "\x21"
	methodLZMA      = "\x03\x01\x01"
	methodBCJ2      = "\x03\x03\x01\x1b"
	methodPPMd      = "\x03\x04\x01"
	methodDeflate   = "\x04\x01\x08"
	methodDeflate64 = "\x04\x01\x09"
	methodBZip2     = "\x04\x02\x02"
	methodAES       = "\x06\xf1\x07\x01"
	methodZstd      = "\x04\xf7\x11\x01"
	methodBrotli    = "\x04\xf7\x11\x02"
	methodLZ4       = "\x04\xf7\x11\x04"
)

// branches maps the filters for machine code to those of xz.
var branches = map[string]uint64{
	"\x04": compress.FilterX86, "\x03\x03\x01\x03": compress.FilterX86,
	"\x05": compress.FilterPowerPC, "\x03\x03\x02\x05": compress.FilterPowerPC,
	"\x07": compress.FilterARM, "\x03\x03\x05\x01": compress.FilterARM,
	"\x08": compress.FilterARMThumb, "\x03\x03\x07\x01": compress.FilterARMThumb,
	"\x09": compress.FilterSPARC, "\x03\x03\x08\x05": compress.FilterSPARC,
	"\x0a": compress.FilterARM64,
}

// Open starts unpacking a folder of src, an archive of size bytes. What the
// coders allocate is reserved from the budget.
func (f *Folder) Open(src io.ReaderAt, size int64, budget *hostile.Budget) (io.Reader, error) {
	if f.Encrypted {
		return nil, hostile.Faultf(hostile.Unsupported, f.offset(), "encrypted")
	}
	o := &opening{folder: f, src: src, size: size, budget: budget}
	last := f.last()
	if last < 0 || len(f.sizes) != len(f.coders) {
		return nil, hostile.Faultf(hostile.Malformed, f.offset(), "the coders of a folder end nowhere")
	}
	return o.output(last, len(f.coders))
}

// offset is where the data of a folder starts, for faults.
func (f *Folder) offset() int64 {
	if len(f.packs) == 0 {
		return 0
	}
	return int64(min(f.packs[0].offset, 1<<62))
}

// An opening joins the coders of a folder.
type opening struct {
	folder *Folder
	src    io.ReaderAt
	size   int64
	budget *hostile.Budget
}

// output returns what comes out of a coder. depth bounds the chain, which a
// header may close to a ring.
func (o *opening) output(i, depth int) (io.Reader, error) {
	if depth == 0 {
		return nil, hostile.Faultf(hostile.Malformed, o.folder.offset(), "the coders of a folder feed themselves")
	}
	// Input streams are numbered through all coders of the folder.
	first := 0
	for _, c := range o.folder.coders[:i] {
		first += c.in
	}
	c := o.folder.coders[i]
	var in []io.Reader
	for j := range c.in {
		r, err := o.input(uint64(first+j), depth-1)
		if err != nil {
			return nil, err
		}
		in = append(in, r)
	}
	out, err := o.decode(c, in, o.folder.sizes[i])
	if err != nil {
		return nil, err
	}
	// Coders that have no end of their own go on with what is padding.
	return io.LimitReader(out, int64(min(o.folder.sizes[i], 1<<62))), nil
}

// input returns what feeds an input stream: a coder, or the file.
func (o *opening) input(i uint64, depth int) (io.Reader, error) {
	for _, x := range o.folder.pairs {
		if x.in == i {
			return o.output(int(x.out), depth)
		}
	}
	for k, packed := range o.folder.packed {
		if packed != i {
			continue
		}
		p := o.folder.packs[k]
		if p.offset > uint64(o.size) || p.size > uint64(o.size)-p.offset {
			return nil, hostile.Faultf(hostile.Truncated, int64(min(p.offset, uint64(o.size))),
				"%d bytes of packed data claimed, the file ends at %#x", p.size, o.size)
		}
		return bufio.NewReaderSize(hostile.Input(o.src, int64(p.offset), int64(p.size)), 32<<10), nil
	}
	return nil, hostile.Faultf(hostile.Malformed, o.folder.offset(), "nothing feeds input stream %d", i)
}

// decode starts one coder, whose output is size bytes.
func (o *opening) decode(c coder, in []io.Reader, size uint64) (io.Reader, error) {
	if c.method == methodBCJ2 && len(in) == 4 {
		return compress.NewBCJ2(in[0], in[1], in[2], in[3]), nil
	}
	if len(in) != 1 {
		return nil, o.unsupported(c)
	}
	r, properties := in[0], c.properties
	if filter, ok := branches[c.method]; ok {
		return compress.Branch(r, filter, address(properties)), nil
	}
	switch {
	case c.method == methodCopy:
		return r, nil
	// The five bytes of an .lzma header: lc, lp and pb in one, then the size of
	// the dictionary.
	case c.method == methodLZMA && len(properties) == 5:
		return compress.RawLZMA(r, properties, int64(min(size, 1<<62)), o.budget)
	case c.method == methodLZMA2 && len(properties) == 1:
		return compress.RawLZMA2(r, properties[0], size, o.budget)
	// The distance less one.
	case c.method == methodDelta && len(properties) == 1:
		return compress.Delta(r, int(properties[0])+1), nil
	case c.method == methodDeflate:
		return flate.NewReader(r), nil
	case c.method == methodDeflate64:
		return compress.NewDeflate64(r), nil
	case c.method == methodBZip2:
		return compress.Bzip2().Open(r, o.size, o.budget)
	case c.method == methodZstd:
		return compress.Zstd().Open(r, o.size, o.budget)
	case c.method == methodLZ4:
		return compress.LZ4().Open(r, o.size, o.budget)
	case c.method == methodPPMd && len(properties) == 5:
		return o.ppmd(r, properties, size)
	case c.method == methodBrotli:
		const window = 16 << 20 // the largest that brotli has (RFC 7932 9.1)
		return brotli.NewReader(r), o.budget.Hold(window)
	default:
		return nil, o.unsupported(c)
	}
}

// unsupported is the fault of a method that is not read here.
func (o *opening) unsupported(c coder) error {
	return hostile.Faultf(hostile.Unsupported, o.folder.offset(), "compressed by 7z method %x", c.method)
}

// address returns where filtered code starts.
func address(properties []byte) uint32 {
	if len(properties) < 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(properties)
}

// ppmd opens PPMd, variant H, whose model takes the memory that the header
// claims: the budget must allow it first.
func (o *opening) ppmd(r io.Reader, properties []byte, size uint64) (io.Reader, error) {
	memory := binary.LittleEndian.Uint32(properties[1:])
	if err := o.budget.Hold(uint64(memory)); err != nil {
		return nil, err
	}
	d, err := ppmd.NewH7zReader(r, int(properties[0]), int(memory), int(min(size, 1<<62)))
	return &d, err
}

// Packed returns how many bytes of the file the folder unpacks.
func (f *Folder) Packed() uint64 {
	var n uint64
	for _, p := range f.packs {
		// Claims: the sum must not wrap.
		n += min(p.size, 1<<40)
	}
	return n
}
