package ort_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/ort"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// walk prints what is told of a session.
func walk(data []byte) (told []string, err error) {
	say := func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
	err = ort.Walk(hostiletest.Reader(data), onnx.Visitor{
		Node:   func(n onnx.Node) { say("node %s %s", n.OpType, n.Name) },
		Tensor: func(x onnx.Tensor) { say("%s: tensor %s of %d bytes", x.Where, x.Name, x.RawSize) },
		Text:   func(x onnx.Text) { say("%s %s: %s", x.Kind, x.Name, data[x.Offset:x.Offset+x.Size]) },
	})
	return told, err
}

func session(graph fb.Table) []byte {
	return fb.Build(ort.Identifier, fb.Table{0: "6", 1: fb.Table{6: "of the model", 7: graph, 8: "of the graph"}})
}

func tensor(name string) fb.Table {
	return fb.Table{0: name, 1: "of " + name, 2: fb.Int64s{2}, 3: uint32(1), 4: []byte("12345678")}
}

// TestWalk: whatever holds a tensor, a node or a text is walked into.
func TestWalk(t *testing.T) {
	inner := func(name string) fb.Table { return fb.Table{2: []fb.Table{{0: name, 5: "Relu"}}} }
	attribute := fb.Table{
		0: "a", 1: "of a", 5: "one", 6: tensor("single"), 7: inner("branch"), 10: []string{"two", "three"},
		11: []fb.Table{tensor("listed")}, 12: []fb.Table{inner("listed branch")},
	}
	got, err := walk(session(fb.Table{
		0: []fb.Table{{0: "strings", 3: uint32(8), 5: []string{"four"}}},
		1: []fb.Table{{0: "x", 1: "of x"}},
		2: []fb.Table{{0: "n", 1: "of n", 5: "If", 10: []fb.Table{attribute}}},
		7: []fb.Table{{0: tensor("values"), 1: tensor("indices")}},
	}))
	want := []string{
		"doc_string : of the model", "doc_string graph: of the graph",
		"string tensor strings: four", "initializer: tensor strings of 0 bytes",
		"doc_string values: of values", "sparse initializer (values): tensor values of 8 bytes",
		"doc_string indices: of indices", "sparse initializer (indices): tensor indices of 8 bytes",
		"doc_string n: of n", "doc_string a: of a", "attribute a: one", "attribute a: two", "attribute a: three",
		"doc_string single: of single", "attribute a of If n: tensor single of 8 bytes",
		"doc_string listed: of listed", "attribute a of If n: tensor listed of 8 bytes",
		"node Relu branch", "node Relu listed branch", "node If n", "doc_string x: of x",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, want (-), got (+):\n%s", err, diff)
	}
}

// TestOutside: what says nothing about a model has to lie in the file, too.
func TestOutside(t *testing.T) {
	const marker = "a text that is moved out of the file"
	shape := func(dimension fb.Table) fb.Table { return fb.Table{1: fb.Table{0: []fb.Table{dimension}}} }
	of := func(kind uint8, value fb.Table) fb.Table {
		return fb.Table{1: []fb.Table{{0: "x", 2: fb.Table{1: kind, 2: value}}}}
	}
	const isTensor, isSequence, isMap = 1, 2, 3
	inTensor := fb.Table{1: uint8(isTensor), 2: shape(fb.Table{1: marker})}
	for name, graph := range map[string]fb.Table{
		"inputs":              {5: []string{marker}},
		"a node's outputs":    {2: []fb.Table{{5: "Relu", 9: []string{marker}}}},
		"a type's denotation": {1: []fb.Table{{0: "x", 2: fb.Table{0: marker}}}},
		"a dimension's note":  of(isTensor, shape(fb.Table{1: marker})),
		"a dimension's name":  of(isTensor, shape(fb.Table{0: fb.Table{2: marker}})),
		"an element's type":   of(isSequence, fb.Table{0: inTensor}),
		"a value's type":      of(isMap, fb.Table{1: inTensor}),
		"an optimizer":        {8: fb.Table{0: []fb.Table{{0: marker}}}},
		"an action":           {8: fb.Table{0: []fb.Table{{0: "o", 1: []fb.Table{{0: marker}}}}}},
		"what is produced":    {8: fb.Table{0: []fb.Table{{0: "o", 1: []fb.Table{{3: []string{marker}}}}}}},
	} {
		data := session(graph)
		if _, err := walk(data); err != nil {
			t.Errorf("%s: got %v, want no fault", name, err)
		}
		lengthen(t, data, marker)
		_, err := walk(data)
		var fault *hostile.Fault
		if !errors.As(err, &fault) || fault.Kind != hostile.Truncated {
			t.Errorf("%s: got %v, want %v", name, err, hostile.Truncated)
		}
	}
}

// lengthen makes the length of a text claim more than there is.
func lengthen(t *testing.T, data []byte, text string) {
	t.Helper()
	at := bytes.Index(data, []byte(text))
	if at < 4 {
		t.Fatal("the text is not there")
	}
	binary.LittleEndian.PutUint32(data[at-4:], uint32(len(data)))
}
