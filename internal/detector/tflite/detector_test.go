package tflite_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tflite"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

// model is a model of one operator, whose tensor lies in a buffer, with more fields
// of the operator.
func model(code fb.Table, buffer uint32, operator uint32, more ...fb.Table) []byte {
	op := fb.Table{0: operator}
	for _, m := range more {
		maps.Copy(op, m)
	}
	graph := fb.Table{0: []fb.Table{{2: buffer, 3: "t"}}, 3: []fb.Table{op}}
	return fb.Build("TFL3", fb.Table{
		0: uint32(3), 1: []fb.Table{code}, 2: []fb.Table{graph},
		4: []fb.Table{{}, {0: []byte("0123456789abcdef")}},
	})
}

// trained is a model that runs an operator of TensorFlow on the tensor of a buffer, which its
// graph has as an input, with more operator codes and operators.
func trained(name string, buffer uint32, codes, operators []fb.Table) []byte {
	graph := fb.Table{
		0: []fb.Table{{2: buffer, 3: "path"}, {2: uint32(0), 3: "t"}}, 1: fb.Int32s{0},
		3: append([]fb.Table{{0: uint32(0), 1: fb.Int32s{0, 1}}}, operators...),
	}
	return fb.Build("TFL3", fb.Table{
		1: append([]fb.Table{{0: uint8(32), 1: name, 3: uint32(32)}}, codes...), 2: []fb.Table{graph},
		4: []fb.Table{{}, {0: []byte("0123456789abcdef")}},
	})
}

// shaped is a model of one tensor of 16 bytes, floating-point numbers.
func shaped(dims ...int32) []byte {
	return fb.Build("TFL3", fb.Table{
		2: []fb.Table{{0: []fb.Table{{0: fb.Int32s(dims), 2: uint32(0), 3: "t"}}}}, 4: []fb.Table{{0: []byte("0123456789abcdef")}},
	})
}

// flexOptions is a FlexBuffer of a vector of two strings, as the converter writes
// it: each is its size, its bytes and a zero, and the vector ends in the distances
// to them and their types.
func flexOptions(name, node string) []byte {
	const text, vector = 5 << 2, 10 << 2
	out := append([]byte{byte(len(name))}, name+"\x00"...)
	second := len(out) + 1
	out = append(append(out, byte(len(node))), node+"\x00"...)
	out = append(out, 2)
	first := len(out)
	out = append(out, byte(first-1), byte(first+1-second), text, text)
	return append(out, byte(len(out)-first), vector, 1)
}

func TestDetector(t *testing.T) {
	add := fb.Table{0: uint8(0), 3: uint32(0)}
	named := func(name string) fb.Table { return fb.Table{0: uint8(32), 1: name, 3: uint32(32)} }
	detectortest.Run(t, tflite.Detector, []detectortest.Case{
		{Name: "plain", File: "m.tflite", Data: model(add, 1, 0)},
		{Name: "known custom", File: "m.tflite", Data: model(named("TFLite_Detection_PostProcess"), 1, 0)},
		{Name: "custom", File: "m.tflite", Data: model(named("EvilOp"), 1, 0), Want: []string{"tflite-custom-operator"}},
		{Name: "by the old field alone", Data: model(fb.Table{0: uint8(32), 1: "EvilOp"}, 1, 0), Want: []string{"tflite-custom-operator"}},
		{Name: "by the new field alone", Data: model(fb.Table{3: uint32(32), 1: "EvilOp"}, 1, 0), Want: []string{"tflite-custom-operator"}},
		{Name: "flex", File: "m.tflite", Data: model(named("FlexAddV2"), 1, 0), Want: []string{"tflite-flex-operator"}},
		{Name: "flex that writes", File: "m.tflite", Data: model(named("FlexWriteFile"), 1, 0), Want: []string{"tflite-reaches-out"}},
		{Name: "no such buffer", File: "m.tflite", Data: model(add, 7, 0), Unread: true},
		{Name: "no such code", File: "m.tflite", Data: model(add, 1, 9), Unread: true},
		{Name: "flex that runs what its name hides", File: "m.tflite", Data: model(named("FlexAddV2"), 1, 0, fb.Table{5: flexOptions("Add", "\x0a\x01e\x12\x09WriteFile")}), Want: []string{"tflite-flex-operator", "tflite-reaches-out"}},
		{Name: "flex that runs what its name says", File: "m.tflite", Data: model(named("FlexAddV2"), 1, 0, fb.Table{5: flexOptions("AddV2", "\x0a\x01e\x12\x05AddV2")}), Want: []string{"tflite-flex-operator"}},
		{Name: "flex without sense", File: "m.tflite", Data: model(named("FlexAddV2"), 1, 0, fb.Table{5: []byte("\xff\xff\x28\x04")}), Want: []string{"tflite-flex-operator"}},
		{Name: "an operand that is there", File: "m.tflite", Data: model(add, 1, 0, fb.Table{1: fb.Int32s{0, -1}, 2: fb.Int32s{0}})},
		{Name: "an operand that is not", File: "m.tflite", Data: model(add, 1, 0, fb.Table{1: fb.Int32s{5000}}), Unread: true},
		{Name: "a result before the tensors", File: "m.tflite", Data: model(add, 1, 0, fb.Table{2: fb.Int32s{-7}}), Unread: true},
		{Name: "a shape as large as the value", File: "m.tflite", Data: shaped(2, 2)},
		{Name: "a shape larger than the value", File: "m.tflite", Data: shaped(1000, 1000), Unread: true},
		{Name: "a shape larger than anything", File: "m.tflite", Data: shaped(-1, -1, -1), Unread: true},
		{Name: "one code many times", Data: fb.Build("TFL3", fb.Table{1: fb.Shared{Table: named(strings.Repeat("n", 1<<10)), Count: 130_000}}),
			Want: []string{"tflite-custom-operator"}, Unread: true, Heavy: true},
		{Name: "a checkpoint of the caller", Data: trained("FlexSave", 0, nil, nil), Want: []string{"tflite-flex-operator"}},
		{Name: "a checkpoint of the model", Data: trained("FlexSave", 1, nil, nil), Want: []string{"tflite-reaches-out"}},
		{Name: "a checkpoint of the caller and one of the model", Data: trained("FlexRestoreV2", 0, nil, []fb.Table{{0: uint32(0), 1: fb.Int32s{1, 0}}}),
			Want: []string{"tflite-reaches-out"}},
		{Name: "a path of the caller that is written over", Data: trained("FlexSaveV2", 0, []fb.Table{add}, []fb.Table{{0: uint32(1), 1: fb.Int32s{1}, 2: fb.Int32s{0}}}),
			Want: []string{"tflite-reaches-out"}},
		{Name: "a path that another graph may give", Data: trained("FlexRestore", 0, []fb.Table{{0: uint8(119), 3: uint32(119)}}, nil), Want: []string{"tflite-reaches-out"}},
		{Name: "a file of the caller", Data: trained("FlexWriteFile", 0, nil, nil), Want: []string{"tflite-reaches-out"}},
		{Name: "a checkpoint without operands", Data: model(named("FlexSave"), 1, 0), Want: []string{"tflite-reaches-out"}},
		{Name: "another format", File: "m.tflite", Data: []byte("not a model at all"), Unread: true},
	})
}

// TestUnused: of an operator that no graph uses, that is told.
func TestUnused(t *testing.T) {
	codes := []fb.Table{{0: uint8(32), 1: "Used"}, {0: uint8(32), 1: "Unused"}}
	data := fb.Build("TFL3", fb.Table{1: codes, 2: []fb.Table{{3: []fb.Table{{0: uint32(0)}}}}})
	for _, f := range detectortest.Scan([]*detector.Detector{tflite.Detector}, "m.tflite", data).Findings {
		if told := strings.Contains(f.Message, "No graph of the model uses it"); told != (f.Key == "Unused") {
			t.Errorf("%s: %s", f.Key, f.Message)
		}
	}
}
