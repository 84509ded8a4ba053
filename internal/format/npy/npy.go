// Package npy decodes the header of NumPy's array files
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a
// signature, a version and the text of a Python dict. The data of the array is
// never read here.
package npy

import (
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// Magic is what every array file starts with.
	Magic = "\x93NUMPY"
	// maxHeader is the longest header that is read, in bytes. NumPy refuses more
	// than 10,000 characters, and reads any number where pickles are allowed.
	maxHeader = 16 << 20
	// literalCost is the memory that parsing one byte of a header may take.
	literalCost = 64
)

// A Header describes an array.
type Header struct {
	Major, Minor uint8
	Text         string // the Python literal
	DType        DType
	Fortran      bool
	Shape        []uint64
	Offset, Data int64 // of the signature and of the array's bytes in the file
}

// Decode reads a header and leaves the cursor at the array's bytes. After a
// fault, which is returned, the header holds what could be read: Data is 0 when
// it is not known where the array's bytes are, and DType.Known is false when it
// is not known what they are.
func Decode(r *hostile.Reader) (Header, error) {
	h := Header{Offset: r.Offset()}
	if magic := r.Bytes(uint64(len(Magic))); r.Err() == nil && string(magic) != Magic {
		return h, r.FailAt(h.Offset, hostile.Malformed, "no signature of a NumPy array")
	}
	h.Major, h.Minor = r.Uint8(), r.Uint8()
	text, at := h.text(r)
	if r.Err() != nil {
		return h, r.Err()
	}
	h.Text, h.Data = text, r.Offset()
	if err := r.Budget().Hold(uint64(len(text)) * literalCost); err != nil {
		return h, r.Fail(hostile.OverBudget, "a header of %d bytes: %v", len(text), err)
	}
	if fault := h.parse(at); fault != nil {
		return h, fault
	}
	return h, nil
}

// text reads the literal and returns it with its offset. A version that does not
// exist is read like the one before it.
func (h *Header) text(r *hostile.Reader) (string, int64) {
	width := 4
	// Version 1.0 has a length of two bytes, later ones of four.
	if h.Major <= 1 {
		width = 2
	}
	n := r.UintLE(width)
	if n > maxHeader {
		r.Fail(hostile.Unsupported, "a header of %d bytes, up to %d are read", n, maxHeader)
	}
	at := r.Offset()
	raw := r.Bytes(n)
	if h.Major >= 3 {
		if r.Err() == nil && !utf8.Valid(raw) {
			r.FailAt(at, hostile.Malformed, "a header of version 3 that is not UTF-8")
		}
		return string(raw), at
	}
	return latin1(raw), at
}

// latin1 decodes the text of versions 1 and 2 (numpy.lib.format, "Format
// Version 3.0": UTF-8 came with that).
func latin1(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for _, c := range raw {
		out = utf8.AppendRune(out, rune(c))
	}
	return string(out)
}

// parse fills in what the literal at an offset of the file says. The fault it
// returns is about the literal; what could be read of it stands.
func (h *Header) parse(at int64) *hostile.Fault {
	v, where, problem := parseLiteral(h.Text, h.Major <= 2)
	if problem != "" {
		return hostile.Faultf(hostile.Malformed, at+int64(where), "the header is not a Python literal: %s", problem)
	}
	if v.kind != dict {
		return hostile.Faultf(hostile.Malformed, at, "the header is not a dict")
	}
	descr, hasDescr, names := v.get("descr")
	fortran, _, _ := v.get("fortran_order")
	shape, _, _ := v.get("shape")
	fields := maxFields
	// Before anything is refused: that elements are objects must be known of a
	// damaged header, too.
	h.DType = dtypeOf(descr, &fields)
	h.Fortran = fortran.n != 0
	switch {
	// NumPy insists on these three keys and no other.
	case !hasDescr || names != 3 || fortran.kind != boolean || shape.kind != tuple:
		return hostile.Faultf(hostile.Malformed, at, "the header is not a dict of descr, fortran_order and shape")
	case (h.Major < 1 || h.Major > 3) || h.Minor != 0:
		return hostile.Faultf(hostile.Unsupported, h.Offset+int64(len(Magic)), "version %d.%d of the format", h.Major, h.Minor)
	case !h.DType.Known:
		return hostile.Faultf(hostile.Unsupported, at, "the dtype is not known")
	}
	for _, d := range shape.items {
		// A bool is an int to Python.
		if d.kind != integer && d.kind != boolean || d.n < 0 {
			return hostile.Faultf(hostile.Malformed, at, "the shape is not of sizes")
		}
		h.Shape = append(h.Shape, uint64(d.n))
	}
	return nil
}

// Size returns how many bytes the array's elements take, and whether 64 bits
// hold it. It means nothing for arrays of objects, which are pickled.
func (h *Header) Size() (uint64, bool) {
	n := h.DType.Size
	// Before the product, which may overflow on the way to 0.
	if slices.Contains(h.Shape, 0) {
		return 0, true
	}
	for _, d := range h.Shape {
		hi, lo := bits.Mul64(n, d)
		if hi != 0 {
			return 0, false
		}
		n = lo
	}
	return n, true
}
