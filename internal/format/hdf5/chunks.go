package hdf5

import (
	"cmp"
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A chunk is where one chunk lies, and which filters it skipped.
type chunk struct{ address, size, mask uint64 }

// chunkCost is what a kept chunk is charged, in bytes.
const chunkCost = 32

// unfiltered is the mask of a chunk that skipped every filter.
const unfiltered = ^uint64(0)

// addChunk counts a chunk, and notes where one of variable-length data lies, or
// of bytes in a row, or a stream of its own.
func (f *File) addChunk(d *Dataset, c chunk) error {
	if c.address == undefined || c.size == 0 {
		return nil
	}
	d.Stored += c.size
	if d.Type.Class != VarLen && !d.Type.Bytes() && !d.streams() {
		return nil
	}
	if f.r.Hold(chunkCost) != nil {
		return f.r.Err()
	}
	d.extents = append(d.extents, c)
	return nil
}

// countChunks reads the index of a chunked dataset.
func (f *File) countChunks(d *Dataset) error {
	switch {
	case d.Layout != Chunked:
		return nil
	case d.index != nil:
		return f.indexed(d, d.index)
	case d.chunkKeys == 0 || d.chunkIndex == undefined:
		return nil
	}
	// A key is the chunk's size, its filter mask and its place in each
	// dimension; the element's size counts as one.
	key := uint64(8 + 8*d.chunkKeys)
	return f.btree1(d.chunkIndex, 1, key, func(k *hostile.Reader, address uint64) error {
		c := chunk{address: address, size: k.UintLE(4), mask: k.UintLE(4)}
		return cmp.Or(k.Err(), f.addChunk(d, c))
	})
}

// Kinds of chunk index of layout version 4 (specification VII.A).
const (
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexBTree      = 5
)

// A chunkIndex is how layout version 4 finds the chunks.
type chunkIndex struct {
	kind    uint8
	address uint64
	dims    []uint64 // of a chunk, the size of an element last
	size    uint64   // of a chunk before it is filtered, in bytes
	single  chunk    // of indexSingle
}

// Flags of layout version 4.
const (
	edgesUnfiltered = 1
	singleFiltered  = 2
)

// chunked4 reads the layout of a chunked dataset, versions 4 and 5.
func (f *File) chunked4(r *hostile.Reader, d *Dataset) {
	flags := r.Uint8()
	rank := uint64(r.Uint8())
	width := r.Uint8()
	if width == 0 || width > 8 {
		r.Fail(hostile.Malformed, "chunk dimensions of %d bytes", width)
		return
	}
	x := &chunkIndex{size: 1}
	for range r.Count(rank, int64(width)) {
		n := r.UintLE(int(width))
		hi, lo := bits.Mul64(x.size, n)
		if hi != 0 || lo >= 1<<62 {
			r.Fail(hostile.Malformed, "chunks of more than 2^62 bytes")
		}
		x.dims, x.size = append(x.dims, n), lo
	}
	x.kind = r.Uint8()
	switch x.kind {
	case indexSingle:
		x.single = chunk{size: x.size, mask: unfiltered}
		if flags&singleFiltered != 0 {
			x.single.size, x.single.mask = f.length(r), r.UintLE(4)
		}
	case indexImplicit:
	case indexFixed:
		r.Skip(1) // bits of a page: its header says it too, as for the next
	case indexExtensible:
		r.Skip(5)
	case indexBTree:
		r.Skip(4 + 1 + 1)
	default:
		r.Fail(hostile.Unsupported, "a chunk index of type %d", x.kind)
	}
	x.address = f.address(r)
	x.single.address = x.address
	d.index, d.chunkDims, d.edges = x, x.dims, flags&edgesUnfiltered != 0
}

// indexed reads an index of layout version 4.
func (f *File) indexed(d *Dataset, x *chunkIndex) error {
	if x.address == undefined {
		return nil
	}
	add := func(c chunk) error { return f.addChunk(d, c) }
	switch x.kind {
	case indexSingle:
		return add(x.single)
	case indexImplicit:
		return f.implicit(d, x)
	case indexFixed:
		return f.fixedArray(x, add)
	case indexExtensible:
		return f.extensibleArray(x, add)
	}
	return f.chunkTree(x, add)
}

// implicit: all chunks lie one behind the other, unfiltered, those that the
// dataset may yet grow to among them.
func (f *File) implicit(d *Dataset, x *chunkIndex) error {
	stored, ok := f.space(x, d.Dims)
	total, fits := f.space(x, d.limits())
	if !ok || !fits {
		return malformed("chunks of %v in a dataset of %v, up to %v, are more than the file", x.dims, d.Dims, d.limits())
	}
	err := f.addChunk(d, chunk{address: x.address, size: total, mask: unfiltered})
	d.Stored = stored
	return cmp.Or(err, f.at(x.address, total).Err())
}

// space returns how many bytes the chunks of an extent take, unless that is more
// than the file.
func (f *File) space(x *chunkIndex, dims []uint64) (total uint64, ok bool) {
	total = x.size
	for i, n := range dims {
		if i >= len(x.dims) || x.dims[i] == 0 {
			return 0, false
		}
		chunks := n / x.dims[i]
		if n%x.dims[i] != 0 {
			chunks++
		}
		hi, lo := bits.Mul64(total, chunks)
		if hi != 0 || lo > uint64(f.r.End()) {
			return 0, false
		}
		total = lo
	}
	return total, true
}

// limits returns the largest size of each dimension, which an index that does
// not grow is made for.
func (d *Dataset) limits() []uint64 {
	if len(d.maxDims) == len(d.Dims) {
		return d.maxDims
	}
	return d.Dims
}

// chunkTree reads a version 2 B-tree of records type 10, or 11 for filtered chunks.
func (f *File) chunkTree(x *chunkIndex, add func(chunk) error) error {
	const plainRecord, filteredRecord = 10, 11
	var failed error
	err := f.btree2(x.address, func(kind int, r *hostile.Reader) {
		c := chunk{address: f.address(r), size: x.size, mask: unfiltered}
		switch kind {
		case plainRecord:
		case filteredRecord:
			offsets := int64(8 * (len(x.dims) - 1)) // of the chunk in the dataset
			c = f.filtered(r, c.address, int(r.Left()-offsets-4))
		default:
			r.Fail(hostile.Malformed, "a record of type %d among chunks", kind)
		}
		if r.Err() == nil && failed == nil {
			failed = add(c)
		}
	})
	return cmp.Or(err, failed)
}

// filtered reads the size of a chunk, of width bytes, and its mask.
func (f *File) filtered(r *hostile.Reader, address uint64, width int) chunk {
	if width < 1 || width > 8 {
		r.Fail(hostile.Malformed, "the size of a chunk takes %d bytes", width)
		return chunk{}
	}
	return chunk{address: address, size: r.UintLE(width), mask: r.UintLE(4)}
}
