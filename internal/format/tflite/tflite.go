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

// Looks reports whether a file that starts with first has the identifier.
func Looks(first []byte) bool { return flatbuffers.Is(first, Identifier) }

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
	graphInputs        = 1
	graphOperators     = 3
	operatorCode       = 0
	operatorInputs     = 1
	operatorOutputs    = 2
	operatorOptions    = 5
	tensorShape        = 0
	tensorType         = 1
	tensorBuffer       = 2
	tensorName         = 3
	tensorSparsity     = 6
	bufferData         = 0
	bufferOffset       = 1
	bufferSize         = 2
)

// Values of BuiltinOperator.
const (
	builtinCall      = 31
	builtinCustom    = 32
	builtinIf        = 118
	builtinWhile     = 119
	builtinStablehlo = 162 // and above: some of them run graphs
)

// typeString is TensorType_STRING.
const typeString = 5

// placeholder is the value of the old one-byte field where an operator's number
// does not fit it; readers take the larger of both fields.
const placeholder = 127

const (
	// maxName is how much of a name is kept, in bytes.
	maxName = 1 << 10
	// keptCost is the memory that an entry takes which is kept, beside its name:
	// many may be one table, of which only the first is in the file.
	keptCost = 64
)

// A Model is what a model runs besides the operators of the runtime, and where
// it has texts.
type Model struct {
	Custom []Custom
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
	Used   bool // by some graph
	// Given says that it is used, and that whoever runs the model gives the first
	// operand of every use: an input of a graph that no operator writes or runs.
	Given bool
	// Runs are the operations of TensorFlow that graphs have it run, by the
	// description in its options, which counts and not its name.
	Runs []string
}

// Decode reads a model and checks that all of its parts lie in the file and that
// what refers to them does.
func Decode(r *hostile.Reader) (Model, error) {
	d := decoder{r: r}
	root := flatbuffers.RootOf(r, Identifier)
	for _, code := range root.Tables(modelOperatorCodes) {
		d.code(code)
	}
	for _, b := range root.Tables(modelBuffers) {
		d.buffer(b)
	}
	for _, g := range root.Tables(modelSubgraphs) {
		d.graph(g)
	}
	if w, n := root.Vector(modelDescription, 1); n > 0 {
		d.text("description", extent{w.Offset(), int64(n)})
	}
	for _, t := range root.Tables(modelMetadata) {
		d.named(t.String(metadataName, maxName), t.Uint(metadataBuffer, 4, 0))
	}
	if r.Err() == nil && len(d.codes) == 0 && len(d.buffers) == 0 {
		r.Fail(hostile.Malformed, "a model of nothing")
	}
	for i := range d.model.Custom {
		c := &d.model.Custom[i]
		c.Given = c.Given && c.Used && !d.nests
	}
	return d.model, r.Err()
}

type decoder struct {
	r       *hostile.Reader
	model   Model
	codes   []int // by operator code: its place in Custom, or -1
	nests   bool  // some operator may run graphs, on operands of its choice
	buffers []extent
}

// keep reports whether there is memory for one more entry with a name.
func (d *decoder) keep(name string) bool {
	return d.r.Hold(keptCost+uint64(len(name))) == nil
}

// code reads an operator code, and keeps it if it is a custom one.
func (d *decoder) code(t flatbuffers.Table) {
	old, now := t.Uint(codeDeprecated, 1, 0), t.Uint(codeBuiltin, 4, 0)
	name := t.String(codeCustom, maxName)
	if !d.keep(name) {
		return
	}
	builtin, place := max(old, now), -1
	if builtin == builtinCustom || old == placeholder && now == 0 || name != "" {
		place = len(d.model.Custom)
		d.model.Custom = append(d.model.Custom, Custom{Offset: t.Offset(), Name: name, Given: true})
	}
	d.nests = d.nests || builtin == builtinCall || builtin == builtinIf || builtin == builtinWhile || builtin >= builtinStablehlo
	d.codes = append(d.codes, place)
}

// named keeps the text in a buffer.
func (d *decoder) named(name string, buffer uint64) {
	if buffer < uint64(len(d.buffers)) {
		d.text(name, d.buffers[buffer])
	}
}

// text keeps where a text is.
func (d *decoder) text(name string, at extent) {
	if at.size > 0 && d.keep(name) {
		d.model.Texts = append(d.model.Texts, Text{name, at.offset, at.size})
	}
}

// An extent is where a buffer's bytes are.
type extent struct{ offset, size int64 }

// buffer reads and checks the extent of a buffer: inside the FlatBuffer or, in
// large models, behind it.
func (d *decoder) buffer(t flatbuffers.Table) {
	at := extent{}
	if w, n := t.Vector(bufferData, 1); n > 0 {
		at = extent{w.Offset(), int64(n)}
	} else if offset, size := t.Uint(bufferOffset, 8, 0), t.Uint(bufferSize, 8, 0); offset > 1 {
		if end := uint64(d.r.End()); offset > end || size > end-offset {
			d.r.FailAt(t.Offset(), hostile.Truncated, "a buffer of %d bytes at %#x in a file of %d", size, offset, end)
			return
		}
		at = extent{int64(offset), int64(size)}
	}
	if d.keep("") {
		d.buffers = append(d.buffers, at)
	}
}

// graph checks what tensors and operators refer to, and keeps the texts in
// tensors of strings.
func (d *decoder) graph(g flatbuffers.Table) {
	given := d.inputs(g)
	tensors := 0
	for i, t := range g.Tables(graphTensors) {
		tensors++
		b := t.Uint(tensorBuffer, 4, 0)
		if b >= uint64(len(d.buffers)) {
			d.r.FailAt(t.Offset(), hostile.Malformed, "tensor %d is in buffer %d of %d", i, b, len(d.buffers))
			return
		}
		if t.Uint(tensorType, 1, 0) == typeString {
			d.named(t.String(tensorName, maxName), b)
		}
		if d.buffers[b].size > 0 {
			delete(given, uint64(i))
		}
		d.constant(i, t, d.buffers[b].size)
	}
	for i, op := range g.Tables(graphOperators) {
		code := op.Uint(operatorCode, 4, 0)
		if code >= uint64(len(d.codes)) {
			d.r.FailAt(op.Offset(), hostile.Malformed, "operator %d is of code %d of %d", i, code, len(d.codes))
			return
		}
		d.operands(i, op, operatorInputs, tensors, nil)
		d.operands(i, op, operatorOutputs, tensors, given)
		if place := d.codes[code]; place >= 0 {
			d.runs(&d.model.Custom[place], op)
		}
	}
	d.uses(g, given)
}
