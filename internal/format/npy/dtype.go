package npy

import (
	"math/bits"
	"strconv"
	"strings"
)

// A DType is what matters here of a NumPy dtype.
type DType struct {
	Known  bool   // false: neither size nor content is known
	Object bool   // an element, or a field of it, is a Python object
	Size   uint64 // of an element, in bytes
	// Text is how many bytes a character has where elements are text alone, 1 or
	// 4 (UTF-32 in the order of bytes that Big says); 0 elsewhere.
	Text uint8
	Big  bool
}

// maxFields bounds how many fields of a dtype are looked at, nested ones
// included.
const maxFields = 1 << 20

// dtypeOf converts a descr as numpy.lib.format.descr_to_dtype does. budget
// counts fields down.
func dtypeOf(descr literal, budget *int) DType {
	if *budget--; *budget < 0 {
		return DType{}
	}
	switch {
	case descr.kind == str:
		return named(descr.text)
	case descr.kind == tuple && len(descr.items) == 2:
		return dtypeOf(descr.items[0], budget).repeat(descr.items[1])
	case descr.kind == list || descr.kind == tuple:
		return record(descr.items, budget)
	}
	return DType{}
}

// record is the dtype of a list of fields: (name, descr) or (name, descr, shape).
func record(fields []literal, budget *int) DType {
	out := DType{Known: true}
	for _, f := range fields {
		var field DType
		switch {
		case f.kind != tuple && f.kind != list:
		case len(f.items) == 2:
			field = dtypeOf(f.items[1], budget)
		case len(f.items) == 3:
			field = dtypeOf(f.items[1], budget).repeat(f.items[2])
		}
		out = out.and(field)
	}
	return out
}

// and is the dtype of two fields, one behind the other.
func (d DType) and(e DType) DType {
	size, carry := bits.Add64(d.Size, e.Size, 0)
	return DType{Known: d.Known && e.Known && carry == 0, Object: d.Object || e.Object, Size: size}
}

// repeat is the dtype of an array of d: of n elements, or of a shape.
func (d DType) repeat(shape literal) DType {
	dims := shape.items
	if shape.kind == integer {
		dims = []literal{shape}
	}
	for _, n := range dims {
		hi, size := bits.Mul64(d.Size, uint64(n.n))
		if n.kind != integer || n.n < 0 || hi != 0 {
			// Without a size that fits, what may be pickled still is.
			return DType{Object: d.Object}
		}
		d.Size = size
	}
	return d
}

// sizes are those of the names that numpy.dtype takes for a number, in bytes.
var sizes = map[string]uint64{
	"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "p": 8, "P": 8, "n": 8, "N": 8,
	"e": 2, "f": 4, "d": 8, "g": 16, "F": 8, "D": 16, "G": 32, "M": 8, "m": 8, "c": 1,
	"b1": 1, "bool": 1, "bool_": 1, "bool8": 1,
	"i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4, "u8": 8,
	"f2": 2, "f4": 4, "f8": 8, "f12": 12, "f16": 16, "c8": 8, "c16": 16, "c24": 24, "c32": 32,
	"int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
	"int": 8, "int_": 8, "uint": 8, "intp": 8, "uintp": 8, "intc": 4, "uintc": 4, "short": 2, "ushort": 2, "byte": 1, "ubyte": 1,
	"long": 8, "ulong": 8, "longlong": 8, "ulonglong": 8,
	"float16": 2, "float32": 4, "float64": 8, "float128": 16, "float": 8, "half": 2, "single": 4, "double": 8, "longdouble": 16,
	"complex64": 8, "complex128": 16, "complex256": 32, "complex": 16, "csingle": 8, "cdouble": 16, "clongdouble": 32,
	"datetime64": 8, "timedelta64": 8, "M8": 8, "m8": 8,
}

// named is the dtype of a string: a byte order, a name and a number of bytes or
// characters. Strings of several fields and numbers in front are not known,
// since no version of NumPy writes them.
func named(text string) DType {
	name := strings.TrimLeft(text, "<>|=")
	// More than one sign of byte order is none.
	if len(text)-len(name) > 1 {
		return DType{}
	}
	// The unit of a date or a duration, as in "M8[ns]".
	if unit := strings.IndexByte(name, '['); unit > 0 && strings.HasSuffix(name, "]") && (name[0]|0x20 == 'm' || strings.Contains(name, "64")) {
		name = name[:unit]
	}
	if size, ok := sizes[name]; ok {
		return DType{Known: true, Size: size}
	}
	switch name {
	case "O", "O4", "O8", "object", "object_", "object0":
		// As large as a pointer: in the file objects are pickled, and the size
		// means nothing.
		return DType{Known: true, Object: true, Size: 8}
	case "":
		return DType{}
	}
	n, err := strconv.ParseUint(name[1:], 10, 31)
	if err != nil && len(name) > 1 {
		return DType{}
	}
	switch name[0] {
	case 'V':
		return DType{Known: true, Size: n}
	case 'S', 'a':
		return DType{Known: true, Size: n, Text: 1}
	case 'U':
		return DType{Known: true, Size: 4 * n, Text: 4, Big: text[0] == '>'}
	}
	return DType{}
}
