package safetensors

import (
	"cmp"
	"math/bits"
	"slices"
)

// A FlawKind is a way in which tensors contradict the file.
type FlawKind uint8

// The kinds of flaws. The reference implementation refuses a file with any.
const (
	Hole     FlawKind = iota + 1 // bytes before, between or behind the tensors that belong to none
	Overlap                      // bytes that belong to two tensors
	Mismatch                     // dtype and shape make another size than the offsets
	Outside                      // the tensor ends behind the file, or before it begins
)

// A Flaw is one contradiction. Begin and End are counted from Header.Data.
type Flaw struct {
	Kind       FlawKind
	Begin, End uint64
	Want       uint64  // of a Mismatch: the size that dtype and shape make
	Tensor     *Tensor // nil for a Hole behind the last tensor
	Other      *Tensor // of an Overlap: the one that was there first
}

// Layout returns the flaws of the tensors' offsets, by where they begin.
func (h *Header) Layout() []Flaw {
	var flaws []Flaw
	sorted := make([]*Tensor, len(h.Tensors))
	for i := range h.Tensors {
		sorted[i] = &h.Tensors[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Tensor) int {
		return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.End, b.End))
	})
	var end uint64   // of the tensors so far
	var last *Tensor // the one that reaches there
	for _, t := range sorted {
		if t.Begin > t.End || t.End > h.DataSize {
			flaws = append(flaws, Flaw{Kind: Outside, Begin: t.Begin, End: t.End, Tensor: t})
			if t.Begin < h.DataSize && t.Begin < t.End {
				end, last = h.DataSize, t // what is there of it is no hole
			}
			continue
		}
		if want, ok := t.size(); !ok || want != t.End-t.Begin {
			flaws = append(flaws, Flaw{Kind: Mismatch, Begin: t.Begin, End: t.End, Want: want, Tensor: t})
		}
		switch {
		case t.Begin > end:
			flaws = append(flaws, Flaw{Kind: Hole, Begin: end, End: t.Begin, Tensor: t})
		case t.Begin < end && t.Begin < t.End:
			flaws = append(flaws, Flaw{Kind: Overlap, Begin: t.Begin, End: min(end, t.End), Tensor: t, Other: last})
		}
		if t.End >= end {
			end, last = t.End, t
		}
	}
	if end < h.DataSize {
		flaws = append(flaws, Flaw{Kind: Hole, Begin: end, End: h.DataSize})
	}
	return flaws
}

// size returns the bytes that dtype and shape make, and whether 64 bits hold it
// and it is whole bytes. A dtype that is not known makes what the offsets say.
func (t *Tensor) size() (uint64, bool) {
	if t.Bits == 0 {
		return t.End - t.Begin, true
	}
	n := t.Bits
	for _, d := range t.Shape {
		hi, lo := bits.Mul64(n, d)
		if hi != 0 {
			return 0, slices.Contains(t.Shape, 0)
		}
		n = lo
	}
	return n / 8, n%8 == 0
}
