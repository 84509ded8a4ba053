package onnx_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
)

func TestText(t *testing.T) {
	var cases []detectortest.Case
	for file, text := range map[string]string{
		"m.onnxtxt":   "<ir_version: 8, opset_import: [\"\" : 17]>\ng (float[1] x) => (float[1] y) { y = Identity(x) }\n",
		"m.textproto": "ir_version: 8\ngraph { node { op_type: \"Identity\" } }\n",
		"m.onnxjson":  `{"irVersion": "8", "graph": {}}`,
		"m.json":      `{"irVersion": "8", "graph": {}}`,
	} {
		cases = append(cases, detectortest.Case{Name: file, File: file, Data: []byte(text), Unread: true, Named: "the library knows text by its name"})
	}
	detectortest.Run(t, onnx.Text, cases)
}
