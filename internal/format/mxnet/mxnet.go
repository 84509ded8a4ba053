// Package mxnet reads the parameter files of Apache MXNet (.params): a list of
// arrays and a list of their names.
//
// Format: src/ndarray/ndarray.cc of MXNet 1.9, NDArray::Load
package mxnet

import "github.com/modelaudit/modelaudit/internal/hostile"

// Magic starts a list of arrays, in eight bytes, little-endian (kMXAPINDArrayListMagic).
const Magic = 0x112

// Magic numbers of one array, by version.
const (
	arrayV1 = 0xF993FAC8
	arrayV2 = 0xF993FAC9
	arrayV3 = 0xF993FACA
)

// Storage types, and the number of arrays beside the data that each has.
var auxiliaries = map[int32]int{0: 0, 1: 1, 2: 2} // dense, row-sparse, compressed sparse rows

// sizes are the bytes of one element by type flag (mshadow/base.h).
var sizes = map[uint64]uint64{0: 4, 1: 8, 2: 2, 3: 1, 4: 4, 5: 1, 6: 8, 7: 1, 8: 2, 9: 2, 10: 4, 11: 8, 12: 2}

// maxDims bounds the dimensions of one array.
const maxDims = 64

// maxName bounds the name of one array, in bytes.
const maxName = 4 << 10

// A List is what a parameter file holds.
type List struct {
	Arrays, Names int
	End           int64 // offset behind the last name
}

// Parameters reads a parameter file.
func Parameters(r *hostile.Reader) (List, error) {
	var l List
	if got := r.UintLE(8); r.Err() == nil && got != Magic {
		r.FailAt(0, hostile.Malformed, "a list of arrays starts with %#x, %#x found", Magic, got)
	}
	r.Skip(8)
	for n := r.Count(r.UintLE(8), 4); l.Arrays < n && r.Step(); l.Arrays++ {
		array(r)
	}
	for n := r.Count(r.UintLE(8), 8); l.Names < n && r.Step(); l.Names++ {
		size := r.UintLE(8)
		if size > maxName {
			r.Fail(hostile.Malformed, "a name of %d bytes", size)
		}
		r.Skip(size)
	}
	l.End = r.Offset()
	return l, r.Err()
}

// array steps over one array.
func array(r *hostile.Reader) {
	switch magic := r.UintLE(4); magic {
	case arrayV1:
		dense(r, shape(r))
	case arrayV2, arrayV3:
		stored(r)
	default: // before versions: the number of dimensions itself, each of four bytes
		dense(r, dims(r, magic, 4))
	}
}

// stored reads an array that says how it is stored.
func stored(r *hostile.Reader) {
	n, ok := auxiliaries[int32(r.UintLE(4))]
	if !ok {
		r.Fail(hostile.Malformed, "an array of unknown storage")
		return
	}
	var held uint64
	if n > 0 {
		held = shape(r) // of what is stored, not of what it stands for
	}
	full := shape(r)
	if n == 0 {
		dense(r, full)
		return
	}
	r.Skip(8) // device
	width := element(r)
	var total uint64
	for range n {
		w := element(r)
		total += size(r, shape(r), w)
	}
	r.Skip(size(r, held, width))
	r.Skip(total)
}

// dense reads the device and type of an array of elements and steps over them.
func dense(r *hostile.Reader, elements uint64) {
	if elements == 0 {
		return // an array that was never filled has neither
	}
	r.Skip(8)
	r.Skip(size(r, elements, element(r)))
}

// size returns how many bytes elements of a width of no more than eight take.
func size(r *hostile.Reader, elements, width uint64) uint64 {
	const most = 1 << 56
	if elements > most {
		r.Fail(hostile.Malformed, "an array of %d elements", elements)
		return 0
	}
	return elements * width
}

func element(r *hostile.Reader) uint64 {
	flag := r.UintLE(4)
	width, ok := sizes[flag]
	if !ok && r.Err() == nil {
		r.Fail(hostile.Malformed, "an array of unknown type %d", flag)
	}
	return width
}

// shape reads a number of dimensions and the dimensions, and returns the number
// of elements.
func shape(r *hostile.Reader) uint64 { return dims(r, r.UintLE(4), 8) }

func dims(r *hostile.Reader, n uint64, width int) uint64 {
	if int32(n) == -1 || n == 0 {
		return 0
	}
	if n > maxDims {
		r.Fail(hostile.Malformed, "an array of %d dimensions", n)
		return 0
	}
	total := uint64(1)
	for range n {
		d := r.UintLE(width)
		if d != 0 && total > 1<<61/d {
			return 1 << 61
		}
		total *= d
	}
	return total
}
