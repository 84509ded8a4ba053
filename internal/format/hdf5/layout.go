package hdf5

import "github.com/modelaudit/modelaudit/internal/hostile"

// A Layout says how the data of a dataset is stored.
type Layout uint8

// The layouts (specification IV.A.2.i).
const (
	Compact    Layout = 0
	Contiguous Layout = 1
	Chunked    Layout = 2
	Virtual    Layout = 3
)

// A Dataset is the shape of a dataset and the place of its data.
type Dataset struct {
	Type     *Datatype
	Dims     []uint64
	Layout   Layout
	Declared uint64   // bytes that the shape stands for; saturated at 1<<63
	Stored   uint64   // bytes that the file holds for it
	Files    []string // of external storage
	Sources  []Source // of a virtual dataset

	pipeline   []filter
	chunkIndex uint64
	chunkKeys  int
	chunkDims  []uint64        // of a chunk, the size of an element last
	index      *chunkIndex     // of layout version 4; chunkIndex is that of those before
	edges      bool            // chunks over the dataset's edge skip the filters
	maxDims    []uint64        // nil: the dimensions are the largest
	extents    []chunk         // of variable-length data, of bytes, and streams
	data       *hostile.Reader // for Compact and Contiguous
	virtual    extent          // global heap object: address and index
}

// A Source is a dataset that a virtual dataset takes data from.
type Source struct{ File, Dataset string }

// layout reads a data layout message, versions 1 to 5; 5 (HDF5 2.0) differs from 4 in
// the width of chunk sizes only.
func (f *File) layout(r *hostile.Reader, d *Dataset) {
	switch version := r.Uint8(); version {
	case 1, 2:
		f.layout1(r, d)
	case 3, 4, 5:
		d.Layout = Layout(r.Uint8())
		switch d.Layout {
		case Compact:
			d.data = r.Window(r.UintLE(2))
			d.Stored = uint64(d.data.Left())
		case Contiguous:
			f.contiguous(f.address(r), f.length(r), d)
		case Chunked:
			f.chunked(r, version, d)
		case Virtual:
			d.virtual = extent{f.address(r), r.UintLE(4)}
		default:
			r.Fail(hostile.Unsupported, "data layout class %d", d.Layout)
		}
	default:
		r.Fail(hostile.Unsupported, "data layout version %d", version)
	}
}

// layout1 reads versions 1 and 2, of HDF5 1.4 and before.
func (f *File) layout1(r *hostile.Reader, d *Dataset) {
	rank := int(r.Uint8())
	d.Layout = Layout(r.Uint8())
	r.Skip(5)
	address := undefined
	if d.Layout != Compact {
		address = f.address(r)
	}
	size := uint64(1)
	var dims []uint64
	for range r.Count(uint64(rank), 4) {
		dims = append(dims, r.UintLE(4))
		size *= dims[len(dims)-1]
	}
	switch d.Layout {
	case Compact:
		d.data = r.Window(r.UintLE(4))
		d.Stored = uint64(d.data.Left())
	case Contiguous:
		f.contiguous(address, size, d)
	case Chunked:
		d.chunkIndex, d.chunkKeys, d.chunkDims = address, rank, dims
	}
}

// contiguous notes one extent of data; without an address none is allocated.
func (f *File) contiguous(address, size uint64, d *Dataset) {
	if address == undefined {
		return
	}
	d.data = f.at(address, size)
	d.Stored = size
}

// chunked reads where the index of a chunked dataset is.
func (f *File) chunked(r *hostile.Reader, version uint8, d *Dataset) {
	if version == 3 {
		d.chunkKeys = int(r.Uint8())
		d.chunkIndex = f.address(r)
		for range r.Count(uint64(d.chunkKeys), 4) {
			d.chunkDims = append(d.chunkDims, r.UintLE(4))
		}
		return
	}
	f.chunked4(r, d)
}

// external reads an external data files message: where the raw data of the
// dataset lies instead of in this file.
func (f *File) external(r *hostile.Reader, d *Dataset) error {
	r.Skip(1 + 3 + 2) // version, reserved, allocated slots
	n := r.UintLE(2)
	heap, err := f.localHeap(f.address(r))
	if err != nil {
		return err
	}
	for range r.Count(n, int64(3*f.lengthSize)) {
		name, err := heapName(heap, f.length(r))
		if err != nil {
			return err
		}
		f.length(r) // offset in that file
		f.length(r) // size there
		d.Files = append(d.Files, name)
	}
	return r.Err()
}

// sources reads the mappings of a virtual dataset from the global heap, as far
// as their names go; the selections between them are stepped over.
func (f *File) sources(d *Dataset) error {
	if d.Layout != Virtual || d.virtual.address == undefined {
		return nil
	}
	r, err := f.globalObject(d.virtual.address, uint16(d.virtual.size))
	if err != nil {
		return err
	}
	version := r.Uint8()
	n := f.length(r)
	if version > 1 {
		return r.Fail(hostile.Unsupported, "virtual dataset mappings of version %d", version)
	}
	for range r.Count(n, 4) {
		s := f.mapping(r, version, d.Sources)
		if r.Err() != nil {
			return r.Err()
		}
		d.Sources = append(d.Sources, s)
	}
	return r.Err()
}

// Flags of a mapping of version 1, which does not repeat names.
const (
	sharedFile    = 0x01
	sharedDataset = 0x02
	sameFile      = 0x04
)

// mapping reads one mapping; earlier are those before it, which it may refer to.
func (f *File) mapping(r *hostile.Reader, version uint8, earlier []Source) Source {
	var flags uint8
	if version == 1 {
		flags = r.Uint8()
	}
	s := Source{File: "."}
	switch {
	case flags&sameFile != 0:
	case flags&sharedFile != 0:
		s.File = f.earlier(r, earlier).File
	default:
		s.File = text(r)
	}
	if flags&sharedDataset != 0 {
		s.Dataset = f.earlier(r, earlier).Dataset
	} else {
		s.Dataset = text(r)
	}
	f.selection(r)
	f.selection(r)
	return s
}

// earlier returns the mapping that a shared name was first written in.
func (f *File) earlier(r *hostile.Reader, sources []Source) Source {
	n := f.length(r)
	if r.Err() == nil && n >= uint64(len(sources)) {
		r.Fail(hostile.Malformed, "a name of mapping %d of %d", n, len(sources))
	}
	if r.Err() != nil {
		return Source{}
	}
	return sources[n]
}

// text reads NUL-terminated text.
func text(r *hostile.Reader) string {
	p := cstring(r.Peek(maxName))
	r.Skip(uint64(len(p) + 1))
	return p
}

// Types of a dataspace selection (specification III.I).
const (
	selectNone   = 0
	selectPoints = 1
	selectHyper  = 2
	selectAll    = 3
)

// selection steps over a serialised dataspace selection.
func (f *File) selection(r *hostile.Reader) {
	kind, version := r.UintLE(4), r.UintLE(4)
	switch {
	case kind == selectNone, kind == selectAll:
		r.Skip(8)
	case kind == selectHyper && version == 1:
		r.Skip(4)
		r.Skip(r.UintLE(4))
	case kind == selectHyper && version == 2:
		r.Skip(1)
		r.Skip(r.UintLE(4))
	case kind == selectHyper && version == 3:
		f.hyperslab3(r)
	default:
		r.Fail(hostile.Unsupported, "a selection of type %d, version %d", kind, version)
	}
}

// hyperslab3 steps over version 3 of a hyperslab selection.
func (f *File) hyperslab3(r *hostile.Reader) {
	const maxRank = 32 // H5S_MAX_RANK
	flags, width, rank := r.Uint8(), uint64(r.Uint8()), r.UintLE(4)
	if width != 2 && width != 4 && width != 8 || rank > maxRank {
		r.Fail(hostile.Malformed, "a selection of %d-byte integers in %d dimensions", width, rank)
		return
	}
	if flags&1 != 0 { // regular: start, stride, count, block of each dimension
		n := r.Count(rank, int64(4*width))
		r.Skip(uint64(n) * 4 * width)
		return
	}
	n := r.Count(r.UintLE(int(width)), int64(2*width))
	r.Skip(uint64(n) * 2 * rank * width)
}
