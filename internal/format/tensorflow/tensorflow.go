// Package tensorflow reads TensorFlow graphs: SavedModel and MetaGraphDef files,
// frozen GraphDefs, and the Keras metadata beside or inside them. It keeps where
// the nodes are, not the nodes: a graph is walked again for every question.
package tensorflow

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind is the message that a file holds.
type Kind string

// The kinds of files.
const (
	SavedModel    Kind = "SavedModel"
	MetaGraph     Kind = "MetaGraphDef"
	GraphDef      Kind = "GraphDef"
	KerasMetadata Kind = "SavedMetadata"
	Fingerprint   Kind = "FingerprintDef"
	None          Kind = ""
)

// A Model is what a file holds.
type Model struct {
	Scopes  []Scope // graphs and functions, in file order
	Assets  []Asset
	Objects []Object

	nodes *hostile.Reader // for the nodes, which a fault of Decode does not end
}

// Err returns the first fault that was met in walking nodes.
func (m *Model) Err() error { return m.nodes.Err() }

// A Scope is a graph or a function: a set of nodes that name each other.
type Scope struct {
	Function string   // "" for a graph
	Args     []string // of a function, in order
	parts    []protobuf.Message
	node     protobuf.Tag
}

// An Asset is a file that a SavedModel expects in its assets directory.
type Asset struct {
	Filename string
	Tensor   string // the constant that its path replaces
	Offset   int64
}

// An Object is a Python object that a SavedModel describes in JSON.
type Object struct {
	Kind   string // "_tf_keras_layer"
	Path   string // in the tree of objects, if the file gives it
	Offset int64  // of the JSON text
	Size   int64
}

const (
	// maxName is how much of a name is kept.
	maxName = 1 << 10
	// maxText is how much of a constant string is kept.
	maxText = 4 << 10
	// recordCost is what a kept record is charged beside its strings.
	recordCost = 256
)

// Decode reads a file of the given kind up to its nodes, or to the first fault.
// What was read before the fault is in the Model.
func Decode(r *hostile.Reader, kind Kind) (*Model, error) {
	d := decoder{r: r, model: &Model{}}
	root := protobuf.Root(r)
	switch kind {
	case SavedModel:
		d.saved(root)
	case MetaGraph:
		d.metaGraph(root)
	case GraphDef:
		d.graph([]protobuf.Message{root})
	case KerasMetadata:
		d.keras(root)
	default:
		for range root.Fields() { // read to the end, nothing in it matters
		}
	}
	// Nodes are walked later, by a reader of their own: a fault in one of them
	// must not hide the others' records.
	d.model.nodes = r.At(uint64(r.Start()), uint64(r.End()-r.Start()))
	for _, s := range d.model.Scopes {
		for i := range s.parts {
			s.parts[i] = s.parts[i].On(d.model.nodes)
		}
	}
	return d.model, r.Err()
}

// A decoder fills a Model, and stops at the first fault of its reader.
type decoder struct {
	r     *hostile.Reader
	model *Model
}

// keep charges a record with strings of n bytes to the memory budget.
func (d *decoder) keep(n int) bool {
	if err := d.r.Budget().Hold(uint64(recordCost + n)); err != nil {
		d.r.Fail(hostile.OverBudget, "too many graphs, functions or objects: %v", err)
		return false
	}
	return true
}

// saved reads a SavedModel. Loaders choose a graph by its tags, so that all of
// them are read.
func (d *decoder) saved(m protobuf.Message) {
	graphs := 0
	for f := range m.All(savedMetaGraph) {
		graphs++
		d.metaGraph(f.Message())
	}
	if d.r.Err() == nil && graphs == 0 {
		d.r.Fail(hostile.Truncated, "a SavedModel without a graph")
	}
}

// metaGraph reads a MetaGraphDef. The parts of its graph are kept and read as
// one: the field may be repeated, and parsers merge what repeats.
func (d *decoder) metaGraph(m protobuf.Message) {
	var graph []protobuf.Message
	for f := range m.Fields() {
		switch f.Tag {
		case metaGraph:
			if d.keep(0) {
				graph = append(graph, f.Message())
			}
		case metaAsset:
			d.asset(f.Message())
		case metaObjects:
			d.objects(f.Message())
		}
	}
	d.graph(graph)
}

// graph reads a GraphDef that may stand in the file in parts, which merge.
func (d *decoder) graph(parts []protobuf.Message) {
	d.model.Scopes = append(d.model.Scopes, Scope{parts: parts, node: graphNode})
	for _, part := range parts {
		for f := range part.All(graphLibrary, libraryFunction) {
			d.function(f.Message())
		}
	}
}

// function keeps a function as a scope of its own. Its nodes stay in the file.
func (d *decoder) function(m protobuf.Message) {
	scope := Scope{parts: []protobuf.Message{m}, node: functionNode}
	for f := range m.All(functionSignature) {
		d.signature(f.Message(), &scope)
	}
	if d.keep(len(scope.Function)) {
		d.model.Scopes = append(d.model.Scopes, scope)
	}
}

// signature reads the name and the arguments of a function, by which calls are
// joined to it.
func (d *decoder) signature(m protobuf.Message, scope *Scope) {
	for f := range m.Fields() {
		switch f.Tag {
		case signatureName:
			scope.Function = f.Prefix(maxName)
		case signatureArg:
			arg := f.Message().Text(argName, maxName)
			if !d.keep(len(arg)) {
				return
			}
			scope.Args = append(scope.Args, arg)
		}
	}
}

// asset reads an AssetFileDef.
func (d *decoder) asset(m protobuf.Message) {
	a := Asset{Offset: m.Start()}
	for f := range m.Fields() {
		switch f.Tag {
		case assetFilename:
			a.Filename = f.Prefix(maxText)
		case assetTensor:
			a.Tensor = f.Message().Text(tensorInfo, maxName)
		}
	}
	if d.keep(len(a.Filename) + len(a.Tensor)) {
		d.model.Assets = append(d.model.Assets, a)
	}
}

// objects reads a SavedObjectGraph.
func (d *decoder) objects(m protobuf.Message) {
	for f := range m.All(objectNode, objectUser) {
		d.object(f.Message(), userKind, 0, userJSON)
	}
}

// keras reads the SavedMetadata of a keras_metadata.pb.
func (d *decoder) keras(m protobuf.Message) {
	for f := range m.All(metadataNode) {
		d.object(f.Message(), metadataKind, metadataPath, metadataJSON)
	}
}

// object keeps where the JSON text of an object is; a repeated one is kept too,
// although readers take the last.
func (d *decoder) object(m protobuf.Message, kind, path, json protobuf.Tag) {
	o := Object{Kind: m.Text(kind, maxName), Path: m.Text(path, maxName)}
	for f := range m.All(json) {
		if f.Len() > 0 && d.keep(len(o.Kind)+len(o.Path)) {
			start, end := f.Body()
			o.Offset, o.Size = start, end-start
			d.model.Objects = append(d.model.Objects, o)
		}
	}
}

// Nodes yields the nodes of the scope in file order.
func (s Scope) Nodes() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for _, part := range s.parts {
			for f := range part.All(s.node) {
				if !yield(Node{m: f.Message(), Offset: f.At}) {
					return
				}
			}
		}
	}
}
