// Package safetensors decodes the header of safetensors files
// (https://github.com/huggingface/safetensors#format): eight bytes of length, a
// JSON object, and the data of the tensors, which is never read here.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// maxHeader is the largest header that the reference implementation reads,
	// in bytes.
	maxHeader = 100_000_000
	// lengthSize is the size of the header's length in front of it.
	lengthSize = 8
	// metadataName is the one name in the header that is not a tensor's.
	metadataName = "__metadata__"
	// tensorCost is what keeping a tensor takes beside its name, in bytes.
	tensorCost = 192
)

// A Header is what a file says about its tensors.
type Header struct {
	Data     int64 // offset of the tensors' bytes in the file
	DataSize uint64
	Tensors  []Tensor // in the order of the text
	Metadata []Entry  // in the order of the text
	Repeated []Name   // names that an object of the header has more than once
}

// A Tensor is one entry of the header.
type Tensor struct {
	Name
	DType      string
	Bits       uint64 // of one element; 0 for a dtype that is not known here
	Shape      []uint64
	Begin, End uint64 // of its bytes, counted from Header.Data; not checked
}

// A Name is a name with its place in the file.
type Name struct {
	Text   string
	Offset int64
}

// An Entry is a line of the free-form metadata.
type Entry struct {
	Name
	Value string
}

// widths are the sizes of the elements of every dtype of the reference
// implementation.
var widths = map[string]uint64{
	"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
	"F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
	"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}

// Looks reports whether a file that starts with first may be safetensors: a
// length that the reference implementation takes, and the start of an object.
func Looks(first []byte) bool {
	return len(first) > lengthSize && binary.LittleEndian.Uint64(first) <= maxHeader && Braced(first)
}

// Braced is Looks for a file that calls itself safetensors: any length will do.
func Braced(first []byte) bool {
	if len(first) <= lengthSize {
		return false
	}
	const space = " \t\r\n"
	text := bytes.TrimLeft(first[lengthSize:], space)
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	text = bytes.TrimLeft(text[1:], space)
	return len(text) == 0 || text[0] == '"' || text[0] == '}'
}

// Decode reads a header. What tensors claim about their bytes is not checked,
// see Header.Layout. An error is a *hostile.Fault, or one of the machine; the
// header then holds what came before it.
func Decode(r *hostile.Reader) (*Header, error) {
	h := &Header{}
	n := r.UintLE(lengthSize)
	if r.Err() == nil && n > maxHeader {
		return h, r.FailAt(0, hostile.Malformed, "a header of %d bytes claimed, the reference implementation reads up to %d", n, maxHeader)
	}
	text := r.Window(n)
	h.Data, h.DataSize = r.Offset(), uint64(r.Left())
	d := &decoder{Decoder: json.NewDecoder(text), r: text, h: h}
	d.header()
	return h, d.Err()
}

// A decoder reads the JSON object of a header into h.
type decoder struct {
	*json.Decoder
	r *hostile.Reader
	h *Header
}

// header reads the outermost object.
func (d *decoder) header() {
	d.expect(json.Object, "the header")
	for t := d.Next(); t.Kind == json.Name; t = d.Next() {
		d.repeated(t)
		if t.Text == metadataName {
			d.metadata()
		} else {
			d.tensor(name(t))
		}
	}
	d.Next()
}

// metadata reads a map of strings to strings, or null.
func (d *decoder) metadata() {
	t := d.Next()
	if t.Kind == json.Null {
		return
	}
	d.is(t, json.Object, "the metadata")
	for t := d.Next(); t.Kind == json.Name; t = d.Next() {
		d.repeated(t)
		value := d.expect(json.String, "a value of the metadata")
		if d.hold(len(t.Text) + len(value.Text)) {
			d.h.Metadata = append(d.h.Metadata, Entry{Name: name(t), Value: value.Text})
		}
	}
}

// tensor reads the description of one tensor. Members that the reference
// implementation ignores are ignored.
func (d *decoder) tensor(n Name) {
	t := Tensor{Name: n}
	var seen [3]bool
	d.expect(json.Object, "a tensor's description")
	for m := d.Next(); m.Kind == json.Name; m = d.Next() {
		d.repeated(m)
		switch m.Text {
		case "dtype":
			seen[0] = true
			t.DType = d.expect(json.String, "a dtype").Text
			t.Bits = widths[t.DType]
		case "shape":
			seen[1] = true
			t.Shape = d.numbers("a shape")
		case "data_offsets":
			seen[2] = true
			t.Begin, t.End = d.offsets()
		default:
			d.Skip(d.Next())
		}
	}
	if d.Err() == nil && seen != [3]bool{true, true, true} {
		d.r.FailAt(n.Offset, hostile.Malformed, "a tensor's description without a dtype, a shape or offsets")
	}
	if d.hold(len(n.Text) + 8*len(t.Shape)) {
		d.h.Tensors = append(d.h.Tensors, t)
	}
}

// offsets reads where a tensor's bytes begin and end, counted from the end of
// the header.
func (d *decoder) offsets() (begin, end uint64) {
	at := d.r.Offset()
	o := d.numbers("data_offsets")
	if len(o) != 2 {
		d.r.FailAt(at, hostile.Malformed, "%d data_offsets, there are two", len(o))
		return 0, 0
	}
	return o[0], o[1]
}

// numbers reads an array of unsigned integers.
func (d *decoder) numbers(what string) []uint64 {
	d.expect(json.Array, what)
	var out []uint64
	for t := d.Next(); t.Kind != json.ArrayEnd && d.Err() == nil; t = d.Next() {
		v, err := strconv.ParseUint(t.Text, 10, 64)
		if t.Kind != json.Number || err != nil {
			d.r.FailAt(t.Offset, hostile.Malformed, "%s that is not of unsigned integers of 64 bits", what)
		}
		if d.hold(8) {
			out = append(out, v)
		}
	}
	return out
}

// expect reads a token that must be of a kind.
func (d *decoder) expect(k json.Kind, what string) json.Token {
	t := d.Next()
	d.is(t, k, what)
	return t
}

// is makes a fault of a token of another kind, unless there is one already.
func (d *decoder) is(t json.Token, k json.Kind, what string) {
	if t.Kind != k && d.Err() == nil {
		d.r.FailAt(t.Offset, hostile.Malformed, "%s is of another JSON type than the format says", what)
	}
}

// repeated notes a name that stands again.
func (d *decoder) repeated(t json.Token) {
	if t.Again && d.hold(len(t.Text)) {
		d.h.Repeated = append(d.h.Repeated, name(t))
	}
}

// hold charges n bytes and what stands around them to the memory budget.
func (d *decoder) hold(n int) bool {
	if d.Err() != nil {
		return false
	}
	if err := d.r.Budget().Hold(uint64(tensorCost + n)); err != nil {
		d.r.Fail(hostile.OverBudget, "%d tensors so far: %v", len(d.h.Tensors), err)
		return false
	}
	return true
}

func name(t json.Token) Name { return Name{Text: t.Text, Offset: t.Offset} }
