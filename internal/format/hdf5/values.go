package hdf5

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Filters whose output is read (specification IV.A.2.l).
const (
	filterDeflate  = 1
	filterShuffle  = 2
	filterFletcher = 3
)

// filterBzip2 writes what a file of bzip2 holds.
const filterBzip2 = 307

// filterNames are those of the library's own filters and of the registered ones
// that hdf5plugin brings (https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md).
var filterNames = map[uint64]string{
	4: "Szip", 5: "N-bit", 6: "scale and offset", 305: "LZO", filterBzip2: "bzip2",
	32001: "Blosc", 32004: "LZ4", 32008: "Bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32018: "FCIDECOMP",
	32019: "JPEG", 32024: "SZ3", 32026: "Blosc2", 32028: "SPERR",
}

// filterName names a filter for people.
func filterName(id uint64) string {
	if name := filterNames[id]; name != "" {
		return fmt.Sprintf("%s (filter %d)", name, id)
	}
	return fmt.Sprintf("filter %d", id)
}

// A filter is one stage of the pipeline that chunks went through.
type filter struct {
	id     uint64
	values []uint64
}

// filters reads a filter pipeline message, versions 1 and 2.
func filters(r *hostile.Reader) []filter {
	version := r.Uint8()
	n := int(r.Uint8())
	if version == 1 {
		r.Skip(6)
	}
	var out []filter
	for range n {
		f := filter{id: r.UintLE(2)}
		nameSize := uint64(0)
		// Filters below 256 are the library's own, and version 2 does not name
		// them.
		if version == 1 || f.id >= 256 {
			nameSize = r.UintLE(2)
		}
		r.Skip(2) // flags
		values := r.UintLE(2)
		if version == 1 {
			nameSize = (nameSize + 7) &^ 7
		}
		r.Skip(nameSize)
		for range r.Count(values, 4) {
			f.values = append(f.values, r.UintLE(4))
		}
		// Version 1 pads the values to 8 bytes.
		if version == 1 && values%2 == 1 {
			r.Skip(4)
		}
		if r.Err() != nil {
			break
		}
		out = append(out, f)
	}
	return out
}

// Sequences calls visit for each element of a dataset of variable-length bytes
// or text. It returns an Unsupported fault where the data is stored in a way
// that it does not read, and does nothing for other datasets.
func (f *File) Sequences(d *Dataset, visit func([]byte) error) error {
	t := d.Type
	if t.Class != VarLen || !t.VarText && (t.Base == nil || !t.Base.Bytes()) {
		return nil
	}
	switch {
	case d.data != nil:
		return f.descriptors(d.data, visit)
	case len(d.extents) > 0 && d.edges && len(d.pipeline) > 0:
		return hostile.Faultf(hostile.Unsupported, 0, "variable-length data in chunks of which some are filtered")
	case len(d.extents) > 0:
		return f.chunks(d, func(r *hostile.Reader) error { return f.descriptors(r, visit) })
	default:
		return nil
	}
}

// Chunks returns the bytes of a dataset of bytes in chunks, if enough says so of its
// first bytes, and nil for other datasets. It returns an Unsupported fault with what
// lies in front of a chunk whose filter it does not undo, or of the second one where
// chunks are not what lies one behind the other in the dataset.
func (f *File) Chunks(d *Dataset, enough func(head []byte) bool) ([]byte, error) {
	if !d.Type.Bytes() || len(d.extents) == 0 {
		return nil, nil
	}
	var out []byte
	for i, c := range d.extents {
		mask := c.mask
		if d.edges && i == len(d.extents)-1 {
			mask = unfiltered // a chunk over the edge, which skips the filters
		}
		chunk, err := f.unfilter(f.at(c.address, c.size), d.pipeline, mask)
		if err != nil {
			return out, err
		}
		p := chunk.Bytes(min(uint64(chunk.Left()), d.Declared-uint64(len(out))))
		if err := chunk.Err(); err != nil {
			return out, err
		}
		if out = append(out, p...); i == 0 && !enough(out) {
			return nil, nil
		}
		if !d.inRow() && len(d.extents) > 1 {
			return out, hostile.Faultf(hostile.Unsupported, chunk.Start(), "bytes in chunks of %v of %v", d.chunkDims, d.Dims)
		}
	}
	return out, nil
}

// inRow reports whether the chunks, one behind the other, are the dataset: they
// divide one dimension, of those behind it have all, and of those in front there is
// but one.
func (d *Dataset) inRow() bool {
	if len(d.Dims) <= 1 {
		return true
	}
	if len(d.chunkDims) < len(d.Dims) {
		return false
	}
	divided := 0
	for divided < len(d.Dims)-1 && d.Dims[divided] == 1 && d.chunkDims[divided] == 1 {
		divided++
	}
	return slices.Equal(d.Dims[divided+1:], d.chunkDims[divided+1:len(d.Dims)])
}

// streams reports whether chunks are packed so that each of them is a file of its
// own.
func (d *Dataset) streams() bool {
	return len(d.pipeline) > 0 && d.pipeline[len(d.pipeline)-1].id == filterBzip2
}

// Filtered is how many bytes of the file the chunks of a dataset take that a filter
// has changed: files hidden among the values cannot be seen there.
func (d *Dataset) Filtered() uint64 {
	changes := func(f filter) bool { return f.id != filterFletcher } // a checksum at the end
	if !slices.ContainsFunc(d.pipeline, changes) {
		return 0
	}
	return d.Stored
}

// Packed calls tell with the place in the file of each chunk of a dataset of numbers
// that is a stream of bzip2, as the filter of that name writes them.
func (f *File) Packed(d *Dataset, tell func(offset, size int64)) {
	if !d.streams() || d.Type.Class == VarLen || d.Type.Bytes() {
		return
	}
	for _, c := range d.extents {
		r := f.at(c.address, c.size)
		if c.mask>>(len(d.pipeline)-1)&1 == 0 && string(r.Peek(3)) == "BZh" {
			tell(r.Start(), r.Left())
		}
	}
}

// descriptors follows the variable-length descriptors to the end of r.
func (f *File) descriptors(r *hostile.Reader, visit func([]byte) error) error {
	size := int64(4 + f.offsetSize + 4)
	for r.Left() >= size && r.Step() {
		held := r.Budget().Held()
		p, err := f.varlenElement(r)
		if err == nil && len(p) > 0 {
			err = visit(p)
		}
		// Elements are read one after the other: none needs what the one before
		// held.
		r.Budget().Release(held)
		if err != nil {
			return err
		}
	}
	return r.Err()
}

// chunks visits the unfiltered content of each chunk.
func (f *File) chunks(d *Dataset, visit func(*hostile.Reader) error) error {
	held := f.r.Budget().Held()
	for _, c := range d.extents {
		chunk, err := f.unfilter(f.at(c.address, c.size), d.pipeline, c.mask)
		if err == nil {
			err = visit(chunk)
		}
		f.r.Budget().Release(held)
		if err != nil {
			return err
		}
	}
	return nil
}

// unfilter undoes a pipeline, last stage first. Bit i of mask says that stage i
// was left out.
func (f *File) unfilter(r *hostile.Reader, pipeline []filter, mask uint64) (*hostile.Reader, error) {
	for i := len(pipeline) - 1; i >= 0 && r.Err() == nil; i-- {
		if mask>>i&1 == 1 {
			continue
		}
		var err error
		if r, err = f.undo(r, pipeline[i]); err != nil {
			return nil, err
		}
	}
	return r, r.Err()
}

// undo takes the output of one filter back to its input. One that is not known
// is Unsupported: the bytes behind it say nothing.
func (f *File) undo(r *hostile.Reader, stage filter) (*hostile.Reader, error) {
	switch stage.id {
	// The checksum stands behind the data and is not verified, like all others.
	case filterFletcher:
		return r.Window(uint64(max(0, r.Left()-4))), r.Err()
	case filterDeflate:
		return f.inflate(r)
	case filterLZF:
		return f.lzf(r)
	// The one value is the size of an element.
	case filterShuffle:
		// Of elements of one byte the first bytes are all there is.
		if len(stage.values) == 0 || stage.values[0] <= 1 {
			return r, nil
		}
		p := r.Bytes(uint64(r.Left()))
		return f.memory(unshuffle(p, int(stage.values[0]))), r.Err()
	default:
		return nil, r.Fail(hostile.Unsupported, "chunks are packed with %s, which this program does not unpack", filterName(stage.id))
	}
}

// inflate unpacks a zlib stream within the budget for what is unpacked.
func (f *File) inflate(r *hostile.Reader) (*hostile.Reader, error) {
	packed := r.Bytes(uint64(r.Left()))
	if r.Err() != nil {
		return nil, r.Err()
	}
	content, err := hostile.Unpack(f.r.Budget(), func() (io.Reader, error) {
		return zlib.NewReader(bytes.NewReader(packed))
	})
	if err != nil {
		return nil, err
	}
	return hostile.NewReader(content.Reader(), content.Size, f.r.Budget()), nil
}

// memory is a reader of bytes that are in no place of the file.
func (f *File) memory(p []byte) *hostile.Reader {
	return hostile.NewReader(hostile.Bytes(p), int64(len(p)), f.r.Budget())
}

// unshuffle puts the bytes of each element together again: the filter stores
// all first bytes, then all second ones.
func unshuffle(p []byte, size int) []byte {
	n := len(p) / size
	out := make([]byte, len(p))
	for i := range n {
		for b := range size {
			out[i*size+b] = p[b*n+i]
		}
	}
	// What is left over is no whole element, and was stored as it is.
	copy(out[n*size:], p[n*size:])
	return out
}
