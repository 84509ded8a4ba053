package onnx

import (
	"context"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Text recognises the forms of ONNX models that are text, which the library
// writes and reads by the extensions of their names. All are judged as
// the binary form is.
var Text = &detector.Detector{
	Name: "onnx-text",
	Rules: rule.Explain(help, escapes, address, bounds, unknownKey, missing,
		mismatch, python, engineEscapes, custom),
	Match: matchText,
	Run:   runText,
}

// matchText knows models by the names that the library gives them, and JSON by its
// first fields.
func matchText(h *artifact.Head) bool {
	switch h.Extension() {
	case ".onnxtxt", ".onnxtext", ".onnxjson":
		return h.Size > 0
	case ".textproto", ".prototxt", ".pbtxt":
		return true
	case ".json":
		return h.IsJSON()
	}
	return false
}

// words are what JSON must hold to be a model.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"graph"`) })

func runText(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return nil // another detector's trouble too; nothing was recognised
	}
	read := onnx.FromText
	switch head.Extension() {
	case ".textproto", ".prototxt", ".pbtxt":
		if !onnx.TextStarts(prototext.First(p.Reader())) {
			return nil
		}
	case ".json":
		if !detector.Mentions(p.Reader(), words()) || !onnx.JSONStarts(p.Reader()) {
			return nil
		}
		read = onnx.FromJSON
	case ".onnxjson":
		read = onnx.FromJSON
	default:
		return inSyntax(p)
	}
	p.Recognised("onnx-text")
	binary, err := read(p.Reader())
	if unread := judged(p.InBinary(binary.Data, binary.Place), onnx.Walk); err == nil {
		return unread
	}
	return err
}

// inSyntax judges a model in ONNX's own syntax.
func inSyntax(p *detector.Pass) error {
	p.Recognised("onnx-text")
	binary, place, err := onnx.FromSyntax(p.Reader())
	if unread := judged(p.InBinary(binary.Data, place), onnx.Walk); err == nil {
		return unread
	}
	return err
}
