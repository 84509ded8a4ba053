// Package onnx reads ONNX models: protobuf messages of type ModelProto. It
// visits every tensor, node and text wherever it hides, in subgraphs, functions,
// sparse tensors and training graphs, and copies no weights.
//
// Format: https://github.com/onnx/onnx/blob/main/docs/IR.md
package onnx

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Visitor is told what a model holds, in file order. A nil function is not
// called.
type Visitor struct {
	Node     func(Node)
	Tensor   func(Tensor)
	Function func(domain, name string) // one that the model defines itself
	Text     func(Text)                // what people and custom operators read
}

// A Node is one operator of a graph or function.
type Node struct {
	Offset int64
	Name   string
	OpType string
	Domain string // "" is the standard domain
	// Strings and Ints are the attributes, as of those types, of custom operators
	// only; a string of more than maxAttribute bytes is cut.
	Strings map[string]string
	Ints    map[string]int64
}

// maxKept bounds the attributes of one node that are kept, in number.
const maxKept = 1000

// Keeps reports whether one more attribute of a node is kept: an operator of
// another domain than the standard's is judged by what they say. More than are
// kept are a fault of r.
func (n *Node) Keeps(r *hostile.Reader) bool {
	if n.Domain == "" {
		return false
	}
	if n.Strings == nil {
		n.Strings, n.Ints = make(map[string]string), make(map[string]int64)
	}
	if max(len(n.Strings), len(n.Ints)) >= maxKept {
		r.FailAt(n.Offset, hostile.Unsupported, "a node with more than %d attributes", maxKept)
	}
	return r.Err() == nil
}

// A Text is a string of the model, in place.
type Text struct {
	Kind   string // "metadata", "doc_string", "attribute" or "string tensor"
	Name   string // key, attribute or tensor
	Offset int64
	Size   int64
}

const (
	// maxAttribute is how much of a string attribute a Node carries.
	maxAttribute = 4 << 10
	// maxName is how much of a name is kept; longer ones are cut.
	maxName = 1 << 10
)

// Walk reads a model to its end or to the first fault.
func Walk(r *hostile.Reader, v Visitor) error {
	w := walker{r: r, v: v.complete()}
	w.root(protobuf.Root(r))
	if r.Err() == nil && !w.graphs {
		r.Fail(hostile.Truncated, "a model without a graph")
	}
	if r.Err() == nil && !w.opsets && w.version >= firstWithOpsets {
		r.Fail(hostile.Truncated, "a model without operator sets")
	}
	return r.Err()
}

// firstWithOpsets is the IR version from which on a model must import operator
// sets.
const firstWithOpsets = 3

// complete fills in the functions that the caller left out.
func (v Visitor) complete() Visitor {
	if v.Node == nil {
		v.Node = func(Node) {}
	}
	if v.Tensor == nil {
		v.Tensor = func(Tensor) {}
	}
	if v.Function == nil {
		v.Function = func(string, string) {}
	}
	if v.Text == nil {
		v.Text = func(Text) {}
	}
	return v
}

// A walker is a model on its way to a visitor.
type walker struct {
	r              *hostile.Reader
	v              Visitor
	version        int64 // of the format
	opsets, graphs bool  // whether there are any
}

// root reads a ModelProto. Fields come in any order, and the graph may come
// before the operator sets.
func (w *walker) root(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case modelIRVersion:
			w.version = f.Int()
		case modelDoc:
			w.text("doc_string", "", f)
		case modelGraph:
			w.graphs = true
			w.graph(f.Message())
		case modelOpset:
			w.opsets = true
			for range f.Message().Fields() { // which must be a message
			}
		case modelMetadata:
			w.entry(f.Message())
		case modelTraining:
			w.training(f.Message())
		case modelFunction:
			w.function(f.Message())
		}
	}
}

// training reads a TrainingInfoProto: its graphs run when somebody trains on.
func (w *walker) training(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case trainingInitialization, trainingAlgorithm:
			w.graph(f.Message())
		}
	}
}

// function reads a FunctionProto.
func (w *walker) function(m protobuf.Message) {
	var domain, called string
	for f := range m.Fields() {
		switch f.Tag {
		case functionName:
			called = f.Prefix(maxName)
		case functionDomain:
			domain = f.Prefix(maxName)
		case functionDoc:
			w.text("doc_string", called, f)
		case functionNode:
			w.node(f.Message())
		case functionAttribute:
			w.attribute(f.Message(), nil)
		case functionMetadata:
			w.entry(f.Message())
		}
	}
	w.v.Function(domain, called)
}

// graph reads a GraphProto. Subgraphs are attributes of nodes; the depth of
// messages bounds them.
func (w *walker) graph(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case graphNode:
			w.node(f.Message())
		case graphInitializer:
			w.tensor(f.Message(), "initializer")
		case graphSparse:
			w.sparse(f.Message(), "sparse initializer")
		case graphDoc:
			w.text("doc_string", "graph", f)
		case graphMetadata:
			w.entry(f.Message())
		}
	}
}

// node reads a node twice: its names come first, because what its attributes
// mean depends on them and the file decides the order.
func (w *walker) node(m protobuf.Message) {
	n := Node{Offset: m.Start()}
	for f := range m.Fields() {
		switch f.Tag {
		case nodeName:
			n.Name = f.Prefix(maxName)
		case nodeOpType:
			n.OpType = f.Prefix(maxName)
		case nodeDomain:
			n.Domain = f.Prefix(maxName)
		}
	}
	for f := range m.Fields() {
		switch f.Tag {
		case nodeAttribute:
			w.attribute(f.Message(), &n)
		case nodeDoc:
			w.text("doc_string", n.Name, f)
		case nodeMetadata:
			w.entry(f.Message())
		}
	}
	if w.r.Err() == nil {
		w.v.Node(n)
	}
}

// entry reads a key and a value that some program may interpret.
func (w *walker) entry(m protobuf.Message) {
	key := m.Text(entryKey, maxName)
	for f := range m.All(entryValue) {
		w.text("metadata", key, f)
	}
}

// text tells a string where it stands, unread.
func (w *walker) text(kind, label string, f protobuf.Field) {
	start, end := f.Body()
	w.v.Text(Text{Kind: kind, Name: label, Offset: start, Size: end - start})
}
