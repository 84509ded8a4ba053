package hdf5

import (
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A fractalHeap holds the links or attributes of objects that have many, or
// large ones (specification III.G).
type fractalHeap struct {
	file        *File
	idLength    int
	filterSize  uint64 // encoded filters of direct blocks; 0 for none
	maxManaged  uint64
	huge        uint64 // address of the v2 B-tree of huge objects
	width       int    // of the doubling table
	startBlock  uint64
	maxDirect   uint64
	maxBits     int // of an offset in the heap
	root        uint64
	rows        int // of the root indirect block; 0: the root is a direct block
	rootSize    uint64
	hugeObjects map[uint64]extent
}

// An extent is a range of the file; of what is in a global heap it is the
// collection's address and the object's index.
type extent struct{ address, size uint64 }

// fractalHeap reads the header of a heap, and of its blocks none: objects are
// looked up one by one.
func (f *File) fractalHeap(address uint64) (*fractalHeap, error) {
	r := f.signed(address, "FRHP")
	h := &fractalHeap{file: f}
	if v := r.Uint8(); r.Err() == nil && v != 0 {
		r.Fail(hostile.Unsupported, "fractal heap version %d", v)
	}
	h.idLength = int(r.UintLE(2))
	h.filterSize = r.UintLE(2)
	r.Skip(1) // flags
	h.maxManaged = r.UintLE(4)
	f.length(r) // next huge ID
	h.huge = f.address(r)
	f.length(r)  // free space
	f.address(r) // free-space manager
	for range 8 {
		f.length(r) // sizes and counts of managed, huge and tiny objects
	}
	h.width = int(r.UintLE(2))
	h.startBlock, h.maxDirect = f.length(r), f.length(r)
	h.maxBits = int(r.UintLE(2))
	r.Skip(2) // starting rows
	h.root = f.address(r)
	h.rows = int(r.UintLE(2))
	if h.filterSize > 0 {
		h.rootSize = f.length(r)
	}
	h.check(r)
	return h, r.Err()
}

// check refuses tables whose arithmetic would run away.
func (h *fractalHeap) check(r *hostile.Reader) {
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 && n < 1<<40 }
	if r.Err() == nil && (!power(h.startBlock) || !power(h.maxDirect) || h.width == 0 || h.maxBits > 64 || h.maxDirect < h.startBlock) {
		r.Fail(hostile.Malformed, "a doubling table of width %d, blocks of %d to %d bytes, %d bits", h.width, h.startBlock, h.maxDirect, h.maxBits)
	}
}

// Types of a heap ID, in bits 4 and 5 of its first byte.
const (
	heapManaged = 0
	heapHuge    = 1
	heapTiny    = 2
)

// object returns what a heap ID refers to.
func (h *fractalHeap) object(id []byte) (*hostile.Reader, error) {
	if len(id) == 0 {
		return nil, malformed("an empty heap ID")
	}
	switch id[0] >> 4 & 3 {
	case heapManaged:
		return h.managed(id[1:])
	case heapHuge:
		return h.hugeObject(id[1:])
	case heapTiny:
		return h.tiny(id)
	default:
		return nil, malformed("a heap ID of type 3")
	}
}

// littleEndian is the number in a part of a heap ID, whose width the heap
// chooses.
func littleEndian(p []byte) (v uint64) {
	for i := len(p) - 1; i >= 0; i-- {
		v = v<<8 | uint64(p[i])
	}
	return v
}

// offsetBytes is the size of an offset in a managed heap ID, and of those in
// front of blocks.
func (h *fractalHeap) offsetBytes() int { return (h.maxBits + 7) / 8 }

// lengthBytes is the size of the length in a managed heap ID.
func (h *fractalHeap) lengthBytes() int {
	return (bits.Len64(min(h.maxDirect, h.maxManaged)) + 7) / 8
}

// managed reads an object in a direct block.
func (h *fractalHeap) managed(id []byte) (*hostile.Reader, error) {
	no, nl := h.offsetBytes(), h.lengthBytes()
	if len(id) < no+nl {
		return nil, malformed("a heap ID of %d bytes, %d needed", len(id)+1, no+nl+1)
	}
	offset, length := littleEndian(id[:no]), littleEndian(id[no:no+nl])
	b, err := h.locate(offset)
	if err != nil {
		return nil, err
	}
	if offset-b.at > b.size || length > b.size-(offset-b.at) {
		return nil, malformed("%d bytes at %d of a heap block of %d", length, offset-b.at, b.size)
	}
	data, err := h.open(b)
	if err != nil {
		return nil, err
	}
	w := data.At(uint64(data.Start())+offset-b.at, length)
	return w, w.Err()
}

// A directBlock is where a range of the heap lies.
type directBlock struct {
	at      uint64 // offset in the heap
	address uint64 // in the file
	size    uint64 // of the block as the heap counts
	stored  uint64 // in the file, when filtered
}

// open returns the bytes of a direct block, unfiltered.
func (h *fractalHeap) open(b directBlock) (*hostile.Reader, error) {
	if h.filterSize == 0 {
		r := h.file.at(b.address, b.size)
		return r, r.Err()
	}
	// Groups and attributes are written with no filter but deflate.
	packed := h.file.at(b.address, b.stored)
	return h.file.inflate(packed)
}

// rowSize is the size of the blocks in a row of the doubling table.
func (h *fractalHeap) rowSize(row int) uint64 {
	if row <= 1 {
		return h.startBlock
	}
	if row-1 >= 40 {
		return 1 << 63
	}
	return h.startBlock << (row - 1)
}

// directRows is the number of rows that hold direct blocks.
func (h *fractalHeap) directRows() int {
	return bits.Len64(h.maxDirect) - bits.Len64(h.startBlock) + 2
}

// locate walks the indirect blocks down to the direct block of an offset.
func (h *fractalHeap) locate(offset uint64) (directBlock, error) {
	// A heap of one block has no table: the header says where the block is.
	if h.rows == 0 {
		return directBlock{address: h.root, size: h.startBlock, stored: h.rootSize}, nil
	}
	address, rows, base := h.root, h.rows, uint64(0)
	for h.file.r.Step() {
		row, col, at := h.find(offset-base, rows)
		if row < 0 {
			return directBlock{}, malformed("heap offset %d is in no block", offset)
		}
		entry, stored, err := h.entry(address, row, col)
		if err != nil {
			return directBlock{}, err
		}
		if row < h.directRows() {
			return directBlock{at: base + at, address: entry, size: h.rowSize(row), stored: stored}, nil
		}
		base += at
		address = entry
		rows = bits.Len64(h.rowSize(row)) - bits.Len64(h.startBlock*uint64(h.width)) + 1
	}
	return directBlock{}, h.file.r.Err()
}

// find returns the row, the column and the start of the block that holds an
// offset of an indirect block; the row is -1 if there is none.
func (h *fractalHeap) find(offset uint64, rows int) (row, col int, at uint64) {
	for row := range rows {
		size := h.rowSize(row)
		span := size * uint64(h.width)
		if size >= 1<<62/uint64(h.width) {
			break
		}
		if offset-at < span {
			col := (offset - at) / size
			return row, int(col), at + col*size
		}
		at += span
	}
	return -1, 0, 0
}

// entry reads the child address at a row and column of an indirect block.
func (h *fractalHeap) entry(address uint64, row, col int) (child, stored uint64, err error) {
	r := h.file.signed(address, "FHIB")
	r.Skip(1)
	h.file.address(r) // heap header
	r.Skip(uint64(h.offsetBytes()))
	direct, indirect := h.file.offsetSize, h.file.offsetSize
	if h.filterSize > 0 {
		direct += h.file.lengthSize + 4
	}
	directRows := h.directRows()
	if row < directRows {
		r.Skip(uint64((row*h.width + col) * direct))
	} else {
		r.Skip(uint64(directRows*h.width*direct + ((row-directRows)*h.width+col)*indirect))
	}
	child = h.file.address(r)
	if h.filterSize > 0 && row < directRows {
		stored = h.file.length(r)
	}
	return child, stored, r.Err()
}

// hugeObject reads an object that has space of its own in the file.
func (h *fractalHeap) hugeObject(id []byte) (*hostile.Reader, error) {
	direct := h.file.offsetSize + h.file.lengthSize
	// IDs that are long enough hold the place of the object themselves, and the
	// B-tree has nothing to look up.
	if h.filterSize == 0 && h.idLength-1 >= direct && len(id) >= direct {
		e := extent{littleEndian(id[:h.file.offsetSize]), littleEndian(id[h.file.offsetSize:direct])}
		r := h.file.at(e.address, e.size)
		return r, r.Err()
	}
	if err := h.readHuge(); err != nil {
		return nil, err
	}
	key := littleEndian(id[:min(len(id), h.file.lengthSize, h.idLength-1)])
	e, ok := h.hugeObjects[key]
	if !ok {
		return nil, malformed("huge object %d is not in the heap", key)
	}
	r := h.file.at(e.address, e.size)
	return r, r.Err()
}

// readHuge reads the B-tree of huge objects, record types 1 and 2.
func (h *fractalHeap) readHuge() error {
	if h.hugeObjects != nil {
		return nil
	}
	h.hugeObjects = make(map[uint64]extent)
	return h.file.btree2(h.huge, func(kind int, r *hostile.Reader) {
		e := extent{h.file.address(r), h.file.length(r)}
		if kind == 2 {
			r.Skip(4) // filter mask
			h.file.length(r)
		}
		h.hugeObjects[h.file.length(r)] = e
	})
}

// tiny reads an object that is held in the ID itself.
func (h *fractalHeap) tiny(id []byte) (*hostile.Reader, error) {
	n, data := int(id[0]&0x0f)+1, id[1:]
	// IDs longer than 18 bytes can hold more than 16, so that the length takes
	// a second byte.
	if h.idLength > 18 && len(id) > 1 {
		n, data = int(id[0]&0x0f)<<8|int(id[1])+1, id[2:]
	}
	if n > len(data) {
		return nil, malformed("a tiny object of %d bytes in %d", n, len(data))
	}
	return hostile.NewReader(hostile.Bytes(data[:n]), int64(n), h.file.r.Budget()), nil
}
