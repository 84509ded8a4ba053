// Package gguf reads GGUF files, the format of llama.cpp and what is built on
// ggml, in versions 1 to 3 and both byte orders, and the formats before it
// (ggml, ggmf, ggjt, ggla). It copies no values but names.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
package gguf

import (
	"encoding/binary"
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Visitor is told what a file holds, in file order.
type Visitor struct {
	Text   func(Text)
	Tensor func(Tensor)
	// Absurd is told of numbers that no file can mean, before they end the
	// reading or wrap around in a loader that does not check.
	Absurd func(offset int64, what string)
}

// A Text is a string value, in place.
type Text struct {
	Key    string
	Index  int // in an array, or -1
	Offset int64
	Size   int64
}

// A Tensor is one entry of the table of tensors.
type Tensor struct {
	Name   string
	Type   uint32
	Entry  int64  // offset of the entry
	Offset uint64 // of the data, from the start of the data section
	Size   uint64 // of the data, in bytes
	Sized  bool   // Size is known
}

// A File is what the header says and where its parts end.
type File struct {
	Version   uint32
	Alignment uint64
	Data      int64 // start of the data section
	End       int64 // end of the last tensor whose size is known; Data if there is none
	Whole     bool  // the size of every tensor is known
}

const (
	// maxDims is GGML_MAX_DIMS.
	maxDims = 4
	// absurd is the number from which on a count or length is no mistake of a
	// cut file: no loader can hold as many, and products of it wrap around.
	absurd = 1 << 31
	// maxName is how much of a name is kept; ggml keeps 64 bytes.
	maxName = 1 << 10
	// maxNesting bounds arrays in arrays, which the format allows and loaders
	// refuse.
	maxNesting       = 4
	defaultAlignment = 32
)

// Magic is what every GGUF file starts with.
const Magic = "GGUF"

// Decode reads a file to the end of its table of tensors, and checks that the
// tensors lie inside the file.
func Decode(r *hostile.Reader, v Visitor) (File, error) {
	d := decoder{r: r, v: v, file: File{Alignment: defaultAlignment}}
	d.header()
	return d.file, r.Err()
}

// A decoder reads one file, in the byte order that its version tells.
type decoder struct {
	r     *hostile.Reader
	v     Visitor
	order binary.ByteOrder
	file  File
}

// header reads the counts, the key-value pairs and the table of tensors. Data
// and padding behind it are jumped over.
func (d *decoder) header() {
	at := d.r.Offset()
	if string(d.r.Peek(4)) != Magic {
		d.r.Fail(hostile.Malformed, "no GGUF magic")
		return
	}
	d.r.Skip(4)
	d.version()
	if d.file.Version < 1 || d.file.Version > 3 {
		d.r.FailAt(at+4, hostile.Unsupported, "GGUF version %d", d.file.Version)
		return
	}
	tensors, values := d.length(), d.length()
	d.values(d.count(values, "key-value pairs", d.width()+5))
	d.tensors(d.count(tensors, "tensors", d.width()+16))
}

// version reads the version, whose small number tells the byte order.
func (d *decoder) version() {
	d.order = binary.LittleEndian
	d.file.Version = d.r.Uint32(d.order)
	if d.file.Version != 0 && d.file.Version&0xffff == 0 {
		d.order = binary.BigEndian
		d.file.Version = bits.ReverseBytes32(d.file.Version)
	}
}

// width is the size of a length in bytes: version 1 has 32 bits.
func (d *decoder) width() int64 {
	if d.file.Version == 1 {
		return 4
	}
	return 8
}

// length reads a count or the size of a string (gguf_str), of width bytes.
func (d *decoder) length() uint64 {
	if d.file.Version == 1 {
		return uint64(d.r.Uint32(d.order))
	}
	return d.r.Uint64(d.order)
}

// count checks a number of records against the bytes left.
func (d *decoder) count(n uint64, what string, least int64) int {
	if n >= absurd && d.r.Err() == nil {
		d.absurd(d.r.Offset()-d.width(), what, n)
	}
	return d.r.Count(n, least)
}

// absurd tells of a number that overflows what loaders compute from it.
func (d *decoder) absurd(offset int64, what string, n uint64) {
	d.v.Absurd(offset, what+" "+number(n))
}

// text reads the bounds of a string and moves behind it.
func (d *decoder) text() (offset, size int64) {
	n := d.length()
	offset = d.r.Offset()
	if n >= absurd && n > uint64(d.r.Left()) && d.r.Err() == nil {
		d.absurd(offset-d.width(), "length of a string", n)
	}
	d.r.Skip(n)
	return offset, d.r.Offset() - offset
}

// name reads a string and returns it, cut at maxName bytes.
func (d *decoder) name() string {
	offset, size := d.text()
	end := d.r.Offset()
	d.r.MoveTo(offset)
	s := string(d.r.Peek(int(min(size, maxName))))
	d.r.MoveTo(end)
	return s
}

// tensors reads the table of tensors and places the data behind it.
func (d *decoder) tensors(n int) {
	d.file.Whole = true
	farthest := uint64(0)
	for i := 0; i < n && d.r.Step(); i++ {
		t := d.tensor()
		if d.r.Err() != nil {
			return
		}
		if d.v.Tensor(t); t.Offset+t.Size > farthest {
			farthest = t.Offset + t.Size
		}
		d.file.Whole = d.file.Whole && t.Sized
	}
	d.place(n, farthest)
}

// place checks that the data, which start at the next aligned byte, are there.
func (d *decoder) place(n int, farthest uint64) {
	d.file.Data = d.r.Offset()
	d.file.End = d.file.Data
	if d.r.Err() != nil || n == 0 {
		return
	}
	// An alignment of 0 is judged elsewhere, and must not be divided by here.
	if a := int64(d.file.Alignment); a > 0 && a < absurd {
		d.file.Data = (d.file.Data + a - 1) / a * a
	}
	if left := d.r.End() - d.file.Data; left < 0 || farthest > uint64(left) {
		d.r.FailAt(d.file.Data, hostile.Truncated, "tensors of %d bytes claimed, %d left", farthest, max(0, left))
		return
	}
	d.file.End = d.file.Data + int64(farthest)
}
