package executable

import (
	"bytes"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What the section headers of an ELF file say (System V ABI, chapter 4).
const (
	symbolTable = 2   // sh_type: SHT_SYMTAB
	dynamic     = 11  // SHT_DYNSYM
	longestName = 256 // of the symbols that are told
)

// Missing calls tell with each name that the symbol tables of an ELF file at the
// cursor of r have without a definition: what whoever loads the file has to find
// elsewhere. Tables that lie outside of the file have none.
func Missing(r *hostile.Reader, tell func(symbol string)) {
	h := newELFHeader(r)
	at, size, count := h.number(0x28, 8), h.number(0x3a, 2), h.number(0x3c, 2)
	if h.word == 4 {
		at, size, count = h.number(0x20, 4), h.number(0x2e, 2), h.number(0x30, 2)
	}
	for i := range count {
		if !r.Step() {
			return
		}
		if kind := h.number(at+i*size+4, 4); kind == symbolTable || kind == dynamic {
			table, bytes, link := h.section(at + i*size)
			names, named, _ := h.section(at + link*size)
			h.missing(table, bytes, names, named, tell)
		}
	}
}

// section returns sh_offset, sh_size and sh_link of the section header at an
// offset.
func (h *elfHeader) section(at uint64) (offset, size, link uint64) {
	first := at + 8 + 2*h.word
	return h.number(first, h.word), h.number(first+h.word, h.word), h.number(first+2*h.word, 4)
}

// missing goes through a symbol table, of which the names lie elsewhere.
func (h *elfHeader) missing(at, size, names, named uint64, tell func(string)) {
	entry, section := uint64(24), uint64(6) // of a symbol, and in it st_shndx
	if h.word == 4 {
		entry, section = 16, 14
	}
	left := uint64(h.r.Left())
	for end := min(at+size, left); at+entry <= end && h.r.Step(); at += entry {
		name := h.number(at, 4)
		if h.number(at+section, 2) != 0 || name == 0 || name >= named || names+name >= left {
			continue
		}
		start := uint64(h.start) + names + name
		text := h.r.At(start, min(named-name, longestName, left-names-name)).Peek(longestName)
		if s, _, _ := bytes.Cut(text, []byte{0}); len(s) > 0 {
			tell(string(s))
		}
	}
}
