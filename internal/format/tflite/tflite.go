// Package tflite reads TensorFlow Lite models: FlatBuffers of the table Model.
//
// Format: tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3
package tflite

import (
	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Identifier is the file identifier, at byte 4.
const Identifier = "TFL3"

// Fields of the tables, by their order in schema.fbs.
const (
	modelOperatorCodes = 1
	modelSubgraphs     = 2
	modelDescription   = 3
	modelBuffers       = 4
	modelMetadata      = 6
	metadataName       = 0
	metadataBuffer     = 1
	codeDeprecated     = 0
	codeCustom         = 1
	codeBuiltin        = 3
	graphTensors       = 0
	graphOperators     = 3
	operatorCode       = 0
	tensorType         = 1
	tensorBuffer       = 2
	tensorName         = 3
	bufferData         = 0
	bufferOffset       = 1
	bufferSize         = 2
)

// builtinCustom is BuiltinOperator_CUSTOM.
const builtinCustom = 32

// typeString is TensorType_STRING.
const typeString = 5

// placeholder is the value of the old one-byte field where an operator's number
// does not fit it; readers take the larger of both fields.
const placeholder = 127

// maxName is how much of a name is kept, in bytes.
const maxName = 1 << 10

// A Model is what a model runs besides the operators of the runtime.
type Model struct {
	Custom []Custom
	Used   []bool // whether some graph uses the operator code
	Codes  int
	Texts  []Text
}

// A Text is where people wrote something: a description, a metadata buffer, a
// tensor of strings. It need not be text alone.
type Text struct {
	Name         string
	Offset, Size int64
}

// A Custom is an operator that is not the runtime's own.
type Custom struct {
	Offset int64
	Name   string
	Index  int // of its operator code
}

// Decode reads a model and checks that all of its parts lie in the file and that
// what refers to them does.
func Decode(r *hostile.Reader) (Model, error) {
	var m Model
	root, id := flatbuffers.Root(r)
	if r.Err() == nil && id != Identifier {
		r.FailAt(4, hostile.Malformed, "the identifier %q where %q belongs", id, Identifier)
	}
	for i, code := range root.Tables(modelOperatorCodes) {
		m.code(i, code)
	}
	m.Used = make([]bool, m.Codes)
	var buffers []extent
	for _, b := range root.Tables(modelBuffers) {
		buffers = append(buffers, buffer(r, b))
	}
	for _, g := range root.Tables(modelSubgraphs) {
		m.graph(r, g, buffers)
	}
	if w, n := root.Vector(modelDescription, 1); n > 0 {
		m.Texts = append(m.Texts, Text{"description", w.Offset(), int64(n)})
	}
	for _, d := range root.Tables(modelMetadata) {
		m.text(d.String(metadataName, maxName), d.Uint(metadataBuffer, 4, 0), buffers)
	}
	if r.Err() == nil && m.Codes == 0 && len(buffers) == 0 {
		r.Fail(hostile.Malformed, "a model of nothing")
	}
	return m, r.Err()
}

func (m *Model) code(i int, t flatbuffers.Table) {
	m.Codes++
	old, now := t.Uint(codeDeprecated, 1, 0), t.Uint(codeBuiltin, 4, 0)
	name := t.String(codeCustom, maxName)
	if max(old, now) == builtinCustom || old == placeholder && now == 0 || name != "" {
		m.Custom = append(m.Custom, Custom{Offset: t.Offset(), Name: name, Index: i})
	}
}

// text notes a buffer that holds texts.
func (m *Model) text(name string, buffer uint64, buffers []extent) {
	if buffer < uint64(len(buffers)) && buffers[buffer].size > 0 {
		m.Texts = append(m.Texts, Text{name, buffers[buffer].offset, buffers[buffer].size})
	}
}

// An extent is where a buffer's bytes are.
type extent struct{ offset, size int64 }

// buffer reads and checks the extent of a buffer: inside the FlatBuffer or, in
// large models, behind it.
func buffer(r *hostile.Reader, t flatbuffers.Table) extent {
	if w, n := t.Vector(bufferData, 1); n > 0 {
		return extent{w.Offset(), int64(n)}
	}
	offset, size := t.Uint(bufferOffset, 8, 0), t.Uint(bufferSize, 8, 0)
	if offset > 1 && r.Err() == nil && (offset > uint64(r.End()) || size > uint64(r.End())-offset) {
		r.FailAt(t.Offset(), hostile.Truncated, "a buffer of %d bytes at %#x in a file of %d", size, offset, r.End())
	}
	if offset <= 1 || r.Err() != nil {
		return extent{}
	}
	return extent{int64(offset), int64(size)}
}

func (m *Model) graph(r *hostile.Reader, g flatbuffers.Table, buffers []extent) {
	for i, t := range g.Tables(graphTensors) {
		b := t.Uint(tensorBuffer, 4, 0)
		if b >= uint64(len(buffers)) && r.Err() == nil {
			r.FailAt(t.Offset(), hostile.Malformed, "tensor %d is in buffer %d of %d", i, b, len(buffers))
		}
		if t.Uint(tensorType, 1, 0) == typeString {
			m.text(t.String(tensorName, maxName), b, buffers)
		}
	}
	for i, op := range g.Tables(graphOperators) {
		code := op.Uint(operatorCode, 4, 0)
		if code >= uint64(m.Codes) {
			r.FailAt(op.Offset(), hostile.Malformed, "operator %d is of code %d of %d", i, code, m.Codes)
			return
		}
		m.Used[code] = true
	}
}
