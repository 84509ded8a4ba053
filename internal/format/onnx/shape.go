package onnx

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Looks reports whether the file has the shape of a model, whole or cut: a
// version or an operator set, and a graph with a node or a tensor. Parsers skip
// fields that they do not know, so that those change nothing.
func Looks(r *hostile.Reader) bool {
	alone := protobuf.Root(r.At(uint64(r.Start()), uint64(r.End()-r.Start()))).Clipped()
	versioned, graph := false, false
	for f := range alone.Fields() {
		switch f.Tag {
		case modelIRVersion, modelOpset:
			versioned = true
		case modelGraph:
			graph = graph || looksGraph(f.Message().Alone())
		}
		if graph && versioned {
			return true
		}
	}
	return false
}

// looksGraph reports whether a message is a GraphProto: it has a node or a
// tensor, or a name and an output.
func looksGraph(m protobuf.Message) bool {
	named, output := false, false
	for f := range m.Fields() {
		switch {
		case f.Tag == graphNode && looksNode(f.Message().Alone()),
			f.Tag == graphInitializer && looksTensor(f.Message().Alone()):
			return true
		case f.Tag == graphName:
			named = true
		case f.Tag == graphOutput:
			output = true
		}
	}
	return named && output
}

// looksNode reports whether a message names an operator.
func looksNode(m protobuf.Message) bool {
	for f := range m.All(nodeOpType) {
		if identifier(f.Prefix(maxName)) {
			return true
		}
	}
	return false
}

// identifier reports whether p is a name as operators bear them.
func identifier(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '_' && c != '.' && c != ':' && c != '-' {
			return false
		}
	}
	return s != ""
}

// looksTensor reports whether a message has the type and the name that an
// initializer must have.
func looksTensor(m protobuf.Message) bool {
	typed, named := false, false
	for f := range m.Fields() {
		typed = typed || f.Tag == tensorType
		named = named || f.Tag == tensorName
	}
	return typed && named
}
