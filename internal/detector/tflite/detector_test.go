package tflite_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tflite"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

// model is a model of one operator, whose tensor lies in a buffer.
func model(code fb.Table, buffer uint32, operator uint32) []byte {
	graph := fb.Table{0: []fb.Table{{2: buffer, 3: "t"}}, 3: []fb.Table{{0: operator}}}
	return fb.Build("TFL3", fb.Table{
		0: uint32(3), 1: []fb.Table{code}, 2: []fb.Table{graph},
		4: []fb.Table{{}, {0: []byte("0123456789abcdef")}},
	})
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
		{Name: "one code many times", Data: fb.Build("TFL3", fb.Table{1: fb.Shared{Table: named(strings.Repeat("n", 1<<10)), Count: 130_000}}),
			Want: []string{"tflite-custom-operator"}, Unread: true, Heavy: true},
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
