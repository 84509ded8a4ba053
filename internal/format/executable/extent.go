package executable

import (
	"encoding/binary"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

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

// elfExtent follows the program headers and the section headers (System V ABI,
// chapters 4 and 5).
func elfExtent(r *hostile.Reader) uint64 {
	start := r.Offset()
	ident := r.Peek(6)
	if len(ident) < 6 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if ident[5] == 2 {
		order = binary.BigEndian
	}
	word, phoff, sizes, offsetAt, sizeAt := uint64(8), uint64(0x20), uint64(0x36), uint64(8), uint64(0x20)
	if ident[4] == 1 {
		word, phoff, sizes, offsetAt, sizeAt = 4, 0x1c, 0x2a, 4, 0x10
	}
	number := func(at, size uint64) uint64 {
		n := uint64(0)
		for i, b := range r.At(uint64(start)+at, size).Peek(int(size)) {
			if order == binary.LittleEndian {
				n |= uint64(b) << (8 * i)
			} else {
				n = n<<8 | uint64(b)
			}
		}
		return min(n, maxExtent)
	}
	segments, sections := number(phoff, word), number(phoff+word, word)
	entry, count := number(sizes, 2), number(sizes+2, 2)
	end := max(sizes+10, sections+number(sizes+4, 2)*number(sizes+6, 2))
	for i := range count {
		at := segments + i*entry
		if at+entry > uint64(r.Left()) || !r.Step() {
			break
		}
		end = max(end, number(at+offsetAt, word)+number(at+sizeAt, word))
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
	end := at + 4 + coffSize + optional + sections*sectionSize
	for range sections {
		r.Skip(16)
		size, offset := r.UintLE(4), r.UintLE(4)
		r.Skip(sectionSize - 24)
		if r.Err() != nil || !r.Step() {
			break
		}
		end = max(end, offset+size)
	}
	return end
}

// wasmExtent goes from section to section (WebAssembly 5.5.2).
func wasmExtent(r *hostile.Reader) uint64 {
	const lastSection = 13
	start := r.Offset()
	r.Skip(8)
	end := r.Offset()
	for r.Left() > 0 && r.Step() {
		if id := r.Uint8(); id > lastSection {
			break
		}
		size := uint64(0)
		for shift := 0; shift < 35; shift += 7 {
			b := r.Uint8()
			if size |= uint64(b&0x7f) << shift; b < 0x80 {
				break
			}
		}
		if r.Skip(size); r.Err() != nil {
			break
		}
		end = r.Offset()
	}
	return uint64(end - start)
}
