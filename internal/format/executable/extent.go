package executable

import "github.com/modelaudit/modelaudit/internal/hostile"

// Extent returns how many bytes from the cursor of r on are the program's, as
// far as its headers tell: what its tables lead to. It is 1 where nothing is
// known, and may be more than there are.
func (p Program) Extent(r *hostile.Reader) uint64 {
	switch p.Kind {
	case ELF:
		return elfExtent(r)
	case PE:
		return peExtent(r)
	case Wasm:
		return wasmExtent(r)
	}
	return 1
}

// maxExtent keeps sums of claimed sizes from overflowing.
const maxExtent = 1 << 60

// An elfHeader reads numbers of a program's headers.
type elfHeader struct {
	r     *hostile.Reader
	start int64
	big   bool
	word  uint64 // size of an offset
}

func newELFHeader(r *hostile.Reader) elfHeader {
	h := elfHeader{r: r, start: r.Offset(), word: 8}
	if h.number(4, 1) == 1 {
		h.word = 4
	}
	h.big = h.number(5, 1) == 2
	return h
}

// number reads size bytes at an offset of the program; 0 where there are none.
func (h *elfHeader) number(at, size uint64) (n uint64) {
	for i, b := range h.r.At(uint64(h.start)+at, size).Peek(int(size)) {
		if h.big {
			n = n<<8 | uint64(b)
		} else {
			n |= uint64(b) << (8 * i)
		}
	}
	return min(n, maxExtent)
}

// elfExtent follows the program headers and the section headers (System V ABI,
// chapters 4 and 5).
func elfExtent(r *hostile.Reader) uint64 {
	h := newELFHeader(r)
	tables, sizes := uint64(0x20), uint64(0x36) // e_phoff with e_shoff, e_phentsize and what follows it
	if h.word == 4 {
		tables, sizes = 0x1c, 0x2a
	}
	segments := h.number(tables, h.word)
	sections := h.number(tables+h.word, h.word) + h.number(sizes+4, 2)*h.number(sizes+6, 2)
	return max(sizes+10, sections, h.segments(segments, h.number(sizes, 2), h.number(sizes+2, 2)))
}

// segments returns where the last of the segments ends.
func (h *elfHeader) segments(at, size, count uint64) (end uint64) {
	offset, fileSize := uint64(8), uint64(0x20) // p_offset and p_filesz
	if h.word == 4 {
		offset, fileSize = 4, 0x10
	}
	for ; count > 0 && at+size <= uint64(h.r.Left()) && h.r.Step(); count-- {
		end = max(end, h.number(at+offset, h.word)+h.number(at+fileSize, h.word))
		at += size
	}
	return end
}

// peExtent follows the section table behind the optional header.
func peExtent(r *hostile.Reader) uint64 {
	const newHeader, optionalSize, coffSize, sectionSize = 0x3c, 16, 20, 40
	start := r.Offset()
	r.Skip(newHeader)
	at := r.UintLE(4)
	r.MoveTo(start + int64(at))
	r.Skip(4 + 2)
	sections := r.UintLE(2)
	r.Skip(optionalSize - 4)
	optional := r.UintLE(2)
	r.Skip(2 + optional)
	return max(at+4+coffSize+optional+sections*sectionSize, peSections(r, sections))
}

// peSections returns where the last of the sections ends.
func peSections(r *hostile.Reader, n uint64) (end uint64) {
	for ; n > 0 && r.Step(); n-- {
		r.Skip(16)
		size, offset := r.UintLE(4), r.UintLE(4)
		if r.Skip(16); r.Err() == nil {
			end = max(end, offset+size)
		}
	}
	return end
}

// wasmExtent goes from section to section (WebAssembly 5.5.2).
func wasmExtent(r *hostile.Reader) uint64 {
	const lastSection = 13
	start := r.Offset()
	r.Skip(8)
	end := r.Offset()
	for r.Left() > 0 && r.Step() && r.Uint8() <= lastSection {
		if r.Skip(r.Uvarint()); r.Err() != nil {
			break
		}
		end = r.Offset()
	}
	return uint64(end - start)
}
