package gguf

import (
	"encoding/binary"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// The magics of the formats before GGUF: a little-endian integer that spells the
// name backwards.
const (
	MagicGGML = "lmgg"
	MagicGGMF = "fmgg"
	MagicGGJT = "tjgg"
	MagicGGLA = "algg"
)

// A layout is one way in which a program wrote its header: the formats before
// GGUF do not say whose model they hold.
type layout struct {
	versioned bool
	params    int  // 32-bit numbers of the model
	filters   bool // a table of mel filters follows (whisper)
	counted   bool // the vocabulary has a count of its own
	words     int  // index of the number that counts the vocabulary otherwise
	scored    bool // each word has a score
	aligned   bool // data start at multiples of 32
}

// layouts returns the layouts that files with a magic have.
func layouts(magic string) []layout {
	switch magic {
	case MagicGGJT:
		return []layout{{versioned: true, params: 7, scored: true, aligned: true}}
	case MagicGGMF:
		return []layout{{versioned: true, params: 7, scored: true}}
	case MagicGGLA:
		return []layout{{versioned: true, params: 2, words: -1, aligned: true}}
	}
	// whisper.cpp, then llama.cpp before versions.
	all := []layout{{params: 11, filters: true, counted: true}, {params: 7}}
	for params := 5; params <= 9; params++ { // gpt-2, gpt-j, gpt-neox, mpt, starcoder, …
		all = append(all, layout{params: params, counted: true}, layout{params: params})
	}
	return all
}

// Legacy reads a file of a format before GGUF: it is of that format if one of
// the known layouts fills the file to its last byte with tensors. The error says
// that none does.
func Legacy(r *hostile.Reader) error {
	magic := string(r.Peek(4))
	for _, l := range layouts(magic) {
		if trial := r.At(uint64(r.Start()), uint64(r.End()-r.Start())); l.fits(trial) {
			return nil
		}
		if err := r.Budget().Spent(); err != nil {
			return err
		}
	}
	return r.Fail(hostile.Unsupported, "a ggml file with a header of no known model, or a damaged one")
}

// u32 reads a number: the formats before GGUF are little-endian, as the
// machines were that wrote them.
func u32(r *hostile.Reader) uint32 { return r.Uint32(binary.LittleEndian) }

// fits reads a whole file by one layout.
func (l layout) fits(r *hostile.Reader) bool {
	r.Skip(4)
	if l.versioned {
		u32(r)
	}
	params := make([]uint32, l.params)
	for i := range params {
		params[i] = u32(r)
	}
	if l.filters {
		rows, columns := uint64(u32(r)), uint64(u32(r))
		r.Skip(4 * uint64(r.Count(rows*columns, 4)))
	}
	l.vocabulary(r, params)
	tensors := 0
	for r.Left() > 0 && r.Step() {
		l.tensor(r)
		tensors++
	}
	return r.Err() == nil && tensors > 0
}

// vocabulary passes over the words, each behind its length.
func (l layout) vocabulary(r *hostile.Reader, params []uint32) {
	words := uint64(0)
	switch {
	case l.counted:
		words = uint64(u32(r))
	case l.words >= 0 && len(params) > l.words:
		words = uint64(params[l.words])
	}
	for range r.Count(words, 4) {
		if !r.Step() {
			return
		}
		r.Skip(uint64(u32(r)))
		if l.scored {
			r.Skip(4)
		}
	}
}

// tensor reads the header of a tensor and jumps over its data.
func (l layout) tensor(r *hostile.Reader) {
	dims, name, kind := u32(r), u32(r), u32(r)
	if dims > maxDims {
		r.Fail(hostile.Malformed, "a tensor of %d dimensions", dims)
	}
	elements := uint64(1)
	for range r.Count(uint64(dims), 4) {
		elements *= uint64(u32(r))
		if elements > 1<<40 {
			r.Fail(hostile.Malformed, "a tensor of %d elements", elements)
			return
		}
	}
	r.Skip(uint64(name))
	b, known := blocks[kind]
	if !known || elements%b.elements != 0 {
		r.Fail(hostile.Malformed, "a tensor of type %d", kind)
		return
	}
	if over := r.Offset() % defaultAlignment; l.aligned && over != 0 {
		r.Skip(uint64(defaultAlignment - over))
	}
	r.Skip(elements / b.elements * b.bytes)
}
