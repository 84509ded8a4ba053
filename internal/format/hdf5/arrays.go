package hdf5

import (
	"cmp"
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// An array is what the fixed and the extensible array of chunks have in common
// (specification VII.C and VII.D): elements of one size, in blocks that are
// divided into pages when they are large.
type array struct {
	file   *File
	index  *chunkIndex
	add    func(chunk) error
	packed bool // chunks are filtered, and elements say their sizes
	size   int  // of an element, in bytes
	page   uint64
	header uint64
}

// checksumSize is what follows each block and each page, in bytes.
const checksumSize = 4

// arrayHeader reads what both headers start with behind their signature.
func (f *File) arrayHeader(r *hostile.Reader, x *chunkIndex, add func(chunk) error) *array {
	a := &array{file: f, index: x, add: add, header: x.address}
	version, client := r.Uint8(), r.Uint8()
	a.packed, a.size = client == 1, int(r.Uint8())
	if r.Err() == nil && (version != 0 || client > 1 || a.size < f.offsetSize) {
		r.Fail(hostile.Malformed, "an array of version %d, client %d and elements of %d bytes", version, client, a.size)
	}
	return a
}

// pageBits reads by how many bits a place in a page is told.
func (a *array) pageBits(r *hostile.Reader) {
	n := r.Uint8()
	if n > 32 {
		r.Fail(hostile.Malformed, "pages of 2^%d elements", n)
		return
	}
	a.page = 1 << n
}

// block returns a reader behind what every block of an array starts with.
func (a *array) block(address uint64, signature string) *hostile.Reader {
	r := a.file.node(address, signature)
	r.Skip(1 + 1) // version, client
	if header := a.file.address(r); r.Err() == nil && header != a.header {
		r.Fail(hostile.Malformed, "a block of the array at %#x, not %#x", header, a.header)
	}
	return r
}

// elements reads n elements.
func (a *array) elements(r *hostile.Reader, n uint64) error {
	for range r.Count(n, int64(a.size)) {
		if !r.Step() {
			break
		}
		e := r.Window(uint64(a.size))
		c := chunk{address: a.file.address(e), size: a.index.size, mask: unfiltered}
		if a.packed {
			c = a.file.filtered(e, c.address, a.size-a.file.offsetSize-4)
		}
		if err := cmp.Or(e.Err(), a.add(c)); err != nil {
			return err
		}
	}
	return r.Err()
}

// pages reads n elements that are divided into pages, of which present tells
// those that were ever written.
func (a *array) pages(r *hostile.Reader, n uint64, present func(page uint64) bool) error {
	for page := uint64(0); n > 0 && r.Step(); page++ {
		here := min(n, a.page)
		n -= here
		body := r.Window(here * uint64(a.size))
		r.Skip(checksumSize)
		if r.Err() != nil {
			break
		}
		if !present(page) {
			continue
		}
		if err := a.elements(body, here); err != nil {
			return err
		}
	}
	return r.Err()
}

// bit tells bit i of a map whose bytes start with their highest bit.
func bit(p []byte, i uint64) bool { return i/8 < uint64(len(p)) && p[i/8]&(0x80>>(i%8)) != 0 }

// pagesOf returns how many pages n elements take.
func (a *array) pagesOf(n uint64) uint64 { return (n + a.page - 1) / a.page }

// fixedArray reads the index of a dataset without an unlimited dimension: one
// data block, in pages once there are more elements than fit into one. The map
// in front says which pages were ever written.
func (f *File) fixedArray(x *chunkIndex, add func(chunk) error) error {
	r := f.signed(x.address, "FAHD")
	a := f.arrayHeader(r, x, add)
	a.pageBits(r)
	n, address := f.length(r), f.address(r)
	if r.Err() != nil || address == undefined {
		return r.Err()
	}
	b := a.block(address, "FADB")
	b.Count(n, int64(a.size)) // no more than there could be
	// Elements that fit into one page have no pages, no map and no checksum in
	// between.
	if n <= a.page || b.Err() != nil {
		return a.elements(b, n)
	}
	present := b.Bytes((a.pagesOf(n) + 7) / 8)
	b.Skip(checksumSize)
	return a.pages(b, n, func(page uint64) bool { return bit(present, page) })
}

// An extensible array doubles the size of its blocks as it grows.
type extensible struct {
	array
	offset   int    // bytes of a place in the array
	inIndex  uint64 // elements in the index block
	smallest uint64 // elements of the first data block
	direct   int    // data blocks that the index block points to
	supers   int    // super blocks that there can be
}

// extensibleArray reads the index of a dataset with one unlimited dimension.
// How many blocks there are follows from the header as in the library's
// H5EA__hdr_init.
func (f *File) extensibleArray(x *chunkIndex, add func(chunk) error) error {
	r := f.signed(x.address, "EAHD")
	a := extensible{array: *f.arrayHeader(r, x, add)}
	maxBits := int(r.Uint8())
	a.inIndex, a.smallest = uint64(r.Uint8()), uint64(r.Uint8())
	pointers := int(r.Uint8())
	a.pageBits(r)
	for range 6 {
		f.length(r) // statistics
	}
	address := f.address(r)
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	first := bits.Len64(a.smallest) - 1
	if r.Err() == nil && (maxBits > 64 || maxBits < first || !power(a.smallest) || !power(uint64(pointers)) || pointers < 2) {
		r.Fail(hostile.Malformed, "an array of 2^%d elements, %d in its first block, %d pointers", maxBits, a.smallest, pointers)
	}
	if r.Err() != nil || address == undefined {
		return r.Err()
	}
	a.offset, a.direct, a.supers = (maxBits+7)/8, 2*(pointers-1), 1+maxBits-first
	return a.indexBlock(address, 2*(bits.Len(uint(pointers))-1))
}

// indexBlock reads the elements of the index block and what it points to; the
// data blocks of the first super blocks are among that.
func (a *extensible) indexBlock(address uint64, firstSuper int) error {
	r := a.block(address, "EAIB")
	if err := a.elements(r, a.inIndex); err != nil {
		return err
	}
	var data, super []uint64
	for range a.direct {
		data = append(data, a.file.address(r))
	}
	for range max(0, a.supers-firstSuper) {
		super = append(super, a.file.address(r))
	}
	if r.Err() != nil {
		return r.Err()
	}
	next := 0
	for u := 0; u < firstSuper && next < len(data); u++ {
		for range min(blocksIn(u), len(data)-next) {
			if err := a.dataBlock(data[next], a.elementsIn(u), nil); err != nil {
				return err
			}
			next++
		}
	}
	for i, address := range super {
		if err := a.superBlock(address, firstSuper+i); err != nil {
			return err
		}
	}
	return nil
}

// blocksIn and elementsIn return how many data blocks super block u has, and how
// many elements each of them: one and the other double in turns.
func blocksIn(u int) int { return 1 << min(u/2, 32) }

// elementsIn is the other half of what blocksIn says.
func (a *extensible) elementsIn(u int) uint64 { return a.smallest << min((u+1)/2, 32) }

// superBlock reads super block u: the addresses of its data blocks, and one map
// of the pages written in all of them.
func (a *extensible) superBlock(address uint64, u int) error {
	if address == undefined {
		return nil
	}
	r := a.block(address, "EASB")
	r.Skip(uint64(a.offset))
	n, paged := uint64(blocksIn(u)), uint64(0)
	if a.elementsIn(u) > a.page {
		paged = a.pagesOf(a.elementsIn(u))
	}
	r.Count(n, int64(a.file.offsetSize)) // no more than there could be
	present := r.Bytes(n * ((paged + 7) / 8))
	for i := uint64(0); i < n && r.Step(); i++ {
		block := a.file.address(r)
		if r.Err() != nil {
			break
		}
		first := i * paged
		if err := a.dataBlock(block, a.elementsIn(u), func(page uint64) bool { return bit(present, first+page) }); err != nil {
			return err
		}
	}
	return r.Err()
}

// dataBlock reads a block of n elements; present tells the pages of one that has
// pages.
func (a *extensible) dataBlock(address, n uint64, present func(page uint64) bool) error {
	if address == undefined {
		return nil
	}
	r := a.block(address, "EADB")
	r.Skip(uint64(a.offset))
	r.Count(n, int64(a.size)) // no more than there could be
	if n <= a.page || r.Err() != nil {
		return a.elements(r, n)
	}
	if present == nil {
		present = func(uint64) bool { return true } // the index block has no map of them
	}
	r.Skip(checksumSize)
	return a.pages(r, n, present)
}
