package onnx

import (
	"bytes"
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Text recognises the forms of ONNX models that are text, which the library
// writes and reads by the extensions of their names. That of Protocol Buffers is
// judged as the binary form is; JSON and ONNX's own syntax are not read here, and
// so never clean.
var Text = &detector.Detector{
	Name: "onnx-text",
	Rules: rule.Explain(help, escapes, address, bounds, unknownKey, missing,
		mismatch, python, engineEscapes, custom),
	Match: matchText,
	Run:   runText,
}

// matchText knows models by the names that the library gives them, and JSON by its
// first fields.
func matchText(h artifact.Head) bool {
	switch h.Extension() {
	case ".onnxtxt", ".onnxtext", ".onnxjson":
		return h.Size > 0
	case ".textproto", ".prototxt", ".pbtxt":
		return true
	case ".json":
		return bytes.Contains(h.First, []byte(`"irVersion"`)) && bytes.Contains(h.First, []byte(`"graph"`))
	}
	return false
}

func runText(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return nil // another detector's trouble too; nothing was recognised
	}
	switch head.Extension() {
	case ".textproto", ".prototxt", ".pbtxt":
		if !onnx.TextStarts(prototext.First(p.Reader())) {
			return nil
		}
	default:
		p.Recognised("onnx-text")
		return hostile.Faultf(hostile.Unsupported, 0, "an ONNX model as text, which this program does not read: save it as .onnx")
	}
	p.Recognised("onnx-text")
	binary, err := onnx.FromText(p.Reader())
	if unread := judged(p.InBinary(binary.Data, binary.Place), onnx.Walk); err == nil {
		return unread
	}
	return err
}
