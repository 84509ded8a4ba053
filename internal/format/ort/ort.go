// Package ort reads models in the form of ONNX Runtime's own: FlatBuffers that
// hold what an ONNX model does. They are told as onnx tells the form in
// protobuf.
//
// Format: https://onnxruntime.ai/docs/performance/model-optimizations/ort-format-models.html
package ort

import (
	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Identifier is the file identifier, at byte 4.
const Identifier = "ORTM"

const (
	// maxDepth is how deep graphs and types may be nested. The runtime's verifier
	// gives up at 64 tables.
	maxDepth = 64
	// maxName is how much of a name is kept; longer ones are cut.
	maxName = 1 << 10
	// maxAttribute is how much of a string attribute a node carries.
	maxAttribute = 4 << 10
)

// Looks reports whether a file that starts with first has the identifier.
func Looks(first []byte) bool { return flatbuffers.Is(first, Identifier) }

// Walk reads a model to its end or to the first fault. All functions of v must
// be set; Function is never called, since this form has no functions.
func Walk(r *hostile.Reader, v onnx.Visitor) error {
	w := walker{r: r, v: v}
	root := flatbuffers.RootOf(r, Identifier)
	root.String(sessionVersion, maxName)
	model, ok := root.Table(sessionModel)
	if r.Err() == nil && !ok {
		r.Fail(hostile.Malformed, "a session without a model")
	}
	if ok {
		w.root(model)
	}
	if resolver, ok := root.Table(sessionResolver); ok {
		resolve(resolver)
	}
	return r.Err()
}

// A walker is a model on its way to a visitor. Tables can be shared, so that it
// counts steps and depth and keeps no set of tables.
type walker struct {
	r     *hostile.Reader
	v     onnx.Visitor
	depth int
}

// root reads the Model table. Everything that a visitor is told before the
// graph is what ONNX has in its ModelProto.
func (w *walker) root(m flatbuffers.Table) {
	for _, field := range []int{modelProducer, modelProducerVersion, modelDomain} {
		m.String(field, maxName)
	}
	for _, o := range m.Tables(modelOpsets) {
		o.String(opsetDomain, maxName)
	}
	w.text("doc_string", "", m, modelDoc)
	w.text("doc_string", "graph", m, modelGraphDoc)
	for _, e := range m.Tables(modelMetadata) {
		w.text("metadata", e.String(entryKey, maxName), e, entryValue)
	}
	g, ok := m.Table(modelGraph)
	if w.r.Err() == nil && !ok {
		w.r.Fail(hostile.Malformed, "a model without a graph")
	}
	if ok {
		w.graph(g)
	}
}

// enter goes one level deeper and reports whether that is allowed.
func (w *walker) enter() bool {
	w.depth++
	if w.depth > maxDepth {
		w.r.Fail(hostile.OverBudget, "graphs and types nested more than %d deep", maxDepth)
	}
	return w.r.Err() == nil
}

// leave goes back up; it belongs to every enter, also one that was refused.
func (w *walker) leave() { w.depth-- }

// graph reads a graph, the outermost one or one in an attribute: initializers
// first, as in the protobuf form.
func (w *walker) graph(g flatbuffers.Table) {
	defer w.leave()
	if !w.enter() {
		return
	}
	for _, t := range g.Tables(graphInitializers) {
		w.tensor(t, "initializer")
	}
	for _, s := range g.Tables(graphSparse) {
		w.sparse(s)
	}
	for _, n := range g.Tables(graphNodes) {
		w.node(n)
	}
	for _, a := range g.Tables(graphArgs) {
		w.arg(a)
	}
	for _, e := range g.Tables(graphEdges) {
		e.Vector(edgeInputs, sizeEdge)
		e.Vector(edgeOutputs, sizeEdge)
	}
	names(g, graphInputs, graphOutputs)
	optimizations(g)
}

// node tells a node behind what its attributes hold.
func (w *walker) node(t flatbuffers.Table) {
	n := onnx.Node{
		Offset: t.Offset(),
		Name:   t.String(nodeName, maxName),
		OpType: t.String(nodeOpType, maxName),
		Domain: t.String(nodeDomain, maxName),
	}
	w.text("doc_string", n.Name, t, nodeDoc)
	t.String(nodeProvider, maxName)
	for _, a := range t.Tables(nodeAttributes) {
		w.attribute(a, &n)
	}
	names(t, nodeInputs, nodeOutputs, nodeImplicit)
	t.Vector(nodeArgCounts, size32)
	if w.r.Err() == nil {
		w.v.Node(n)
	}
}

// attribute reads every field of an attribute, whichever its type says counts.
func (w *walker) attribute(t flatbuffers.Table, n *onnx.Node) {
	called := t.String(attributeName, maxName)
	where := "attribute " + called + " of " + n.OpType + " " + n.Name
	w.text("doc_string", called, t, attributeDoc)
	w.text("attribute", called, t, attributeString)
	w.texts("attribute", called, t, attributeStrings)
	if n.Keeps(w.r) {
		n.Strings[called] = t.String(attributeString, maxAttribute)
		n.Ints[called] = int64(t.Uint(attributeInt, 8, 0))
	}
	t.Vector(attributeFloats, size32)
	t.Vector(attributeInts, size64)
	if one, ok := t.Table(attributeTensor); ok {
		w.tensor(one, where)
	}
	for _, each := range t.Tables(attributeTensors) {
		w.tensor(each, where)
	}
	if g, ok := t.Table(attributeGraph); ok {
		w.graph(g)
	}
	for _, g := range t.Tables(attributeGraphs) {
		w.graph(g)
	}
}

// tensor tells a tensor. Its data is in raw_data, in strings or in a file
// beside the model: it is not read here but told of.
func (w *walker) tensor(t flatbuffers.Table, where string) {
	out := onnx.NewTensor(t.Offset(), where)
	out.Name = t.String(tensorName, maxName)
	out.DataType = int64(int32(t.Uint(tensorType, 4, 0)))
	w.text("doc_string", out.Name, t, tensorDoc)
	dims, n := t.Vector(tensorDims, size64)
	for range n {
		if !w.r.Step() {
			return
		}
		out.Dimension(int64(dims.UintLE(size64)))
	}
	if raw, _ := t.Vector(tensorRaw, 1); t.Has(tensorRaw) {
		out.Raw, out.RawSize = true, raw.Left()
	}
	w.texts("string tensor", out.Name, t, tensorStrings)
	// external_data_offset is -1 in the schema where the data is in the model.
	out.External = int64(t.Uint(tensorExternal, 8, 1<<64-1)) >= 0
	if w.r.Err() == nil {
		out.Measure()
		w.v.Tensor(out)
	}
}

// sparse reads a sparse tensor, whose values and indices are tensors of their
// own.
func (w *walker) sparse(t flatbuffers.Table) {
	if values, ok := t.Table(sparseValues); ok {
		w.tensor(values, "sparse initializer (values)")
	}
	if indices, ok := t.Table(sparseIndices); ok {
		w.tensor(indices, "sparse initializer (indices)")
	}
	t.Vector(sparseDims, size64)
}

// text tells a field that is a string, if the table has it.
func (w *walker) text(kind, label string, t flatbuffers.Table, field int) {
	if s, n := t.Vector(field, 1); n > 0 && w.r.Err() == nil {
		w.v.Text(onnx.Text{Kind: kind, Name: label, Offset: s.Start(), Size: s.Left()})
	}
}

// texts tells a field that is a vector of strings.
func (w *walker) texts(kind, label string, t flatbuffers.Table, field int) {
	for s := range t.Texts(field) {
		w.v.Text(onnx.Text{Kind: kind, Name: label, Offset: s.Start(), Size: s.Left()})
	}
}
