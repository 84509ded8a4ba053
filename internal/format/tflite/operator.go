package tflite

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// optional stands for an operand that is not there.
const optional = math.MaxUint32 // -1

// inputs returns the tensors that a graph takes from whoever runs it, if there are
// operators that this says something of.
func (d *decoder) inputs(g flatbuffers.Table) map[uint64]bool {
	out := make(map[uint64]bool)
	if len(d.model.Custom) == 0 {
		return out
	}
	w, n := g.Vector(graphInputs, 4)
	for range n {
		if !d.r.Step() || !d.keep("") {
			break
		}
		out[w.UintLE(4)] = true
	}
	return out
}

// uses notes how a graph whose inputs are given uses custom operators.
func (d *decoder) uses(g flatbuffers.Table, given map[uint64]bool) {
	if len(d.model.Custom) == 0 {
		return
	}
	for _, op := range g.Tables(graphOperators) {
		place := d.codes[op.Uint(operatorCode, 4, 0)]
		if place < 0 {
			continue
		}
		c := &d.model.Custom[place]
		w, n := op.Vector(operatorInputs, 4)
		c.Used = true
		c.Given = c.Given && n > 0 && given[w.UintLE(4)]
	}
}

// operands checks that an operator works on tensors that there are: runtimes take
// the numbers for indices. It strikes them off from what is given.
func (d *decoder) operands(i int, op flatbuffers.Table, field, tensors int, given map[uint64]bool) {
	w, n := op.Vector(field, 4)
	for range n {
		if !d.r.Step() {
			return
		}
		t := w.UintLE(4)
		delete(given, t)
		if t != optional && t >= uint64(tensors) {
			d.r.FailAt(op.Offset(), hostile.Malformed, "operator %d works on tensor %d of %d", i, int32(t), tensors)
			return
		}
	}
}

// sizes are those of the types of elements, in bytes, by TensorType; 0 where a
// value does not take as many bytes as each other, or fewer than one.
var sizes = [...]uint64{4, 2, 4, 1, 8, 0, 1, 2, 8, 1, 8, 16, 8, 0, 0, 4, 2, 0, 2}

// constant checks that a tensor whose value is in the file is as large as its
// shape: runtimes read as much as that.
func (d *decoder) constant(i int, t flatbuffers.Table, have int64) {
	kind := t.Uint(tensorType, 1, 0)
	if have == 0 || kind >= uint64(len(sizes)) || sizes[kind] == 0 || t.Has(tensorSparsity) {
		return
	}
	need := sizes[kind]
	w, n := t.Vector(tensorShape, 4)
	for range n {
		if !d.r.Step() {
			return
		}
		// A negative dimension is larger than any buffer.
		over, product := bits.Mul64(need, w.UintLE(4))
		if need = product; over > 0 {
			need = math.MaxUint64
		}
	}
	if need > uint64(have) {
		d.r.FailAt(t.Offset(), hostile.Malformed, "tensor %d is larger by its shape than its %d bytes", i, have)
	}
}

// Fields of TensorFlow's NodeDef.
const nodeOp = 2

// maxRuns is how many operations are kept of one operator code.
const maxRuns = 64

// runs keeps what an operator of TensorFlow runs: its options are a vector of a
// name and a NodeDef. What cannot be read does not run.
func (d *decoder) runs(c *Custom, op flatbuffers.Table) {
	if !strings.HasPrefix(c.Name, "Flex") || len(c.Runs) >= maxRuns {
		return
	}
	w, n := op.Vector(operatorOptions, 1)
	if n == 0 {
		return
	}
	for _, text := range flatbuffers.FlexTexts(d.r.At(uint64(w.Offset()), uint64(n))) {
		for f := range protobuf.Root(text).Fields() {
			if f.Tag.Number() != nodeOp || f.Tag.Wire() != protobuf.Bytes {
				continue
			}
			if name := string(f.Prefix(maxName)); !slices.Contains(c.Runs, name) && d.keep(name) {
				c.Runs = append(c.Runs, name)
			}
		}
	}
}
