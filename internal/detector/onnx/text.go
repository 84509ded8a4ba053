package onnx

import (
	"bytes"
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Text recognises the forms of ONNX models that are text, which the library
// writes and reads by the extensions of their names. They are not read here, and
// so never clean.
var Text = &detector.Detector{
	Name: "onnx-text",
	Match: func(h artifact.Head) bool {
		switch h.Extension() {
		case ".onnxtxt", ".onnxtext", ".onnxjson":
			return h.Size > 0
		case ".textproto", ".prototxt", ".pbtxt":
			return true
		case ".json":
			return bytes.Contains(h.First, []byte(`"irVersion"`)) && bytes.Contains(h.First, []byte(`"graph"`))
		}
		return false
	},
	Run: func(_ context.Context, p *detector.Pass) error {
		head, err := p.File.Head()
		if err != nil {
			return nil // another detector's trouble too; nothing was recognised
		}
		switch head.Extension() {
		case ".textproto", ".prototxt", ".pbtxt":
			if first := prototext.First(p.Reader()); first != "ir_version" && first != "opset_import" && first != "producer_name" {
				return nil
			}
		}
		p.Recognised("onnx-text")
		return hostile.Faultf(hostile.Unsupported, 0, "an ONNX model as text, which this program does not read: save it as .onnx")
	},
}
