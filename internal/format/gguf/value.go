package gguf

import (
	"math/bits"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// The types of values.
const (
	typeUint32 = 4
	typeString = 8
	typeArray  = 9
)

// valueSizes are the bytes of the scalar types.
var valueSizes = map[uint32]int64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// keyAlignment is the key by which a file gives its data another alignment than
// defaultAlignment.
const keyAlignment = "general.alignment"

// number is a count in a message.
func number(n uint64) string { return strconv.FormatUint(n, 10) }

// values reads key-value pairs. The alignment is the one that the table of
// tensors needs.
func (d *decoder) values(n int) {
	for i := 0; i < n && d.r.Step(); i++ {
		key := d.name()
		kind := d.r.Uint32(d.order)
		if key == keyAlignment && kind == typeUint32 {
			d.file.Alignment = uint64(d.r.Uint32(d.order))
			continue
		}
		d.value(key, kind, -1, 0)
	}
}

// value reads one value, handing on its strings.
func (d *decoder) value(key string, kind uint32, index, depth int) {
	switch {
	case kind == typeString:
		offset, size := d.text()
		if d.r.Err() == nil {
			d.v.Text(Text{Key: key, Index: index, Offset: offset, Size: size})
		}
	case kind == typeArray:
		d.array(key, depth+1)
	case valueSizes[kind] > 0:
		d.r.Skip(uint64(valueSizes[kind]))
	default:
		d.r.Fail(hostile.Malformed, "a value of type %d", kind)
	}
}

// array reads an array, jumping over numbers: a tokenizer has hundreds of
// thousands of them.
func (d *decoder) array(key string, depth int) {
	if depth > maxNesting {
		d.r.Fail(hostile.Unsupported, "arrays nested more than %d deep", maxNesting)
		return
	}
	kind := d.r.Uint32(d.order)
	n := d.length()
	if n >= absurd && d.r.Err() == nil {
		d.absurd(d.r.Offset()-d.width(), "elements of an array", n)
	}
	if size := valueSizes[kind]; size > 0 {
		d.r.Skip(uint64(size) * uint64(d.r.Count(n, size)))
		return
	}
	least := d.width()
	if kind == typeArray {
		least += 4
	}
	for i := range d.r.Count(n, least) {
		if !d.r.Step() {
			return
		}
		d.value(key, kind, i, depth)
	}
}

// A block is how a type of ggml packs elements: so many of them in so many
// bytes.
type block struct{ elements, bytes uint64 }

// blocks holds the types whose packing is known (ggml.h, ggml-common.h).
var blocks = map[uint32]block{
	0: {1, 4}, 1: {1, 2}, 2: {32, 18}, 3: {32, 20}, 6: {32, 22}, 7: {32, 24}, 8: {32, 34},
	10: {256, 84}, 11: {256, 110}, 12: {256, 144}, 13: {256, 176}, 14: {256, 210}, 15: {256, 292},
	16: {256, 66}, 17: {256, 74}, 18: {256, 98}, 19: {256, 50}, 20: {32, 18}, 21: {256, 110}, 22: {256, 82}, 23: {256, 136},
	24: {1, 1}, 25: {1, 2}, 26: {1, 4}, 27: {1, 8}, 28: {1, 8}, 29: {256, 56}, 30: {1, 2},
	34: {256, 54}, 35: {256, 66}, 39: {32, 17}, 40: {64, 36}, 41: {128, 18},
}

// tensor reads one entry of the table.
func (d *decoder) tensor() Tensor {
	t := Tensor{Entry: d.r.Offset(), Name: d.name()}
	dims := d.r.Uint32(d.order)
	if dims > maxDims && d.r.Err() == nil {
		d.v.Absurd(d.r.Offset()-4, "dimensions of a tensor "+number(uint64(dims)))
	}
	elements, wraps := uint64(1), false
	for range d.r.Count(uint64(dims), d.width()) {
		high, low := bits.Mul64(elements, d.length())
		elements, wraps = low, wraps || high != 0
	}
	t.Type = d.r.Uint32(d.order)
	t.Offset = d.r.Uint64(d.order)
	d.size(&t, elements, wraps)
	return t
}

// size computes the bytes of a tensor. Numbers that wrap around end the
// reading: nothing after them means what it says.
func (d *decoder) size(t *Tensor, elements uint64, wraps bool) {
	b, known := blocks[t.Type]
	if known && !wraps {
		high, total := bits.Mul64(elements/b.elements, b.bytes)
		t.Size, t.Sized, wraps = total, true, high != 0
		// A row that ends within a block takes all of it.
		if elements%b.elements != 0 {
			t.Size += b.bytes
		}
	}
	const limit = 1 << 62
	if d.r.Err() == nil && (wraps || t.Size > limit || t.Offset > limit || elements > limit) {
		d.v.Absurd(t.Entry, "bytes of a tensor: its dimensions or offset wrap around")
		d.r.FailAt(t.Entry, hostile.Malformed, "the size or offset of a tensor wraps around")
	}
}
