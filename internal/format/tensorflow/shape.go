package tensorflow

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Looks returns the kind of message that the file has the shape of, whole or
// cut, or None. isOp tells the names of TensorFlow's operations from others:
// many formats have nodes with a name and an operation.
func Looks(r *hostile.Reader, isOp func(string) bool) Kind {
	s := shaper{isOp}
	root := func() protobuf.Message {
		return protobuf.Root(r.At(uint64(r.Start()), uint64(r.End()-r.Start()))).Clipped()
	}
	switch {
	case s.saved(root()):
		return SavedModel
	case s.meta(root()):
		return MetaGraph
	case s.graph(root()):
		return GraphDef
	case kerasMetadata(root()):
		return KerasMetadata
	case fingerprint(root()):
		return Fingerprint
	}
	return None
}

// A shaper asks whether bytes have the shape of a message. It reads messages
// that may be cut, and never faults: the file may be anything.
type shaper struct{ isOp func(string) bool }

// saved wants a version of the schema and one graph. SavedModel has no
// signature, and protobuf takes much for a message.
func (s shaper) saved(m protobuf.Message) bool {
	schema := false
	for f := range m.Fields() {
		switch f.Tag {
		case savedSchema:
			schema = true
		case savedMetaGraph:
			if s.meta(f.Message().Alone()) && schema {
				return true
			}
		}
	}
	return false
}

// meta: a graph and the description of what wrote it.
func (s shaper) meta(m protobuf.Message) bool {
	info, graph := false, false
	for f := range m.Fields() {
		switch f.Tag {
		case metaInfo:
			info = info || described(f.Message().Alone())
		case metaGraph:
			graph = graph || s.graph(f.Message().Alone())
		case metaObjects:
			graph = graph || objects(f.Message().Alone())
		}
		if info && graph {
			return true
		}
	}
	return graph && m.Start() > 0 // inside a SavedModel the description may be absent
}

// objects reports whether a message is a SavedObjectGraph: nodes, and a map of
// functions.
func objects(m protobuf.Message) bool {
	any := false
	for f := range m.Fields() {
		if f.Tag != 1<<3|byts && f.Tag != 2<<3|byts {
			return false
		}
		any = true
	}
	return any
}

// described reports whether a message is a MetaInfoDef.
func described(m protobuf.Message) bool {
	for f := range m.Fields() {
		if f.Tag == infoTags || f.Tag == infoVersion || f.Tag == 2<<3|byts {
			return true
		}
	}
	return false
}

// graph: nodes with operations that exist, or a library of functions with them.
func (s shaper) graph(m protobuf.Message) bool {
	nodes, producer := false, false
	for f := range m.Fields() {
		switch f.Tag {
		case graphNode:
			op := f.Message().Alone().Text(nodeOp, maxName)
			if s.isOp(op) {
				return true
			}
			nodes = nodes || op != ""
		case graphLibrary:
			if s.library(f.Message().Alone()) {
				return true
			}
		case graphVersions:
			producer = producer || versions(f.Message().Alone())
		}
	}
	return nodes && producer
}

// versions reports whether a VersionDef has a producer: a GraphDef version of
// TensorFlow, which counts up slowly (core/public/version.h).
func versions(m protobuf.Message) bool {
	for f := range m.All(versionsProducer) {
		return f.Uint > 0 && f.Uint < 1<<20
	}
	return false
}

// library reports whether one of the functions has a node that exists.
func (s shaper) library(m protobuf.Message) bool {
	for f := range m.All(libraryFunction) {
		for g := range f.Message().Alone().All(functionNode) {
			if s.isOp(g.Message().Alone().Text(nodeOp, maxName)) {
				return true
			}
		}
	}
	return false
}

// kerasMetadata: nodes with an identifier of Keras and a JSON object.
func kerasMetadata(m protobuf.Message) bool {
	for f := range m.Fields() {
		// A file of other fields as well is something else.
		if f.Tag != metadataNode {
			return false
		}
		for g := range f.Message().Alone().All(metadataJSON) {
			if g.Prefix(1) == "{" {
				return true
			}
		}
	}
	return false
}

// fingerprint: checksums in their fields and nothing else.
func fingerprint(m protobuf.Message) bool {
	model, graph := false, false
	for f := range m.Fields() {
		switch f.Tag {
		case fingerprintModel:
			model = true
		case fingerprintGraph:
			graph = true
		// Further checksums, a UUID and the version, of newer writers.
		case 3<<3 | vint, 4<<3 | vint, 5<<3 | vint, 6<<3 | byts, 7<<3 | byts:
		default:
			return false
		}
	}
	return model && graph && m.Reader().Err() == nil
}
