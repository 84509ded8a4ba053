// Package tensorflow judges TensorFlow graphs by what their operations do
// outside of the graph: read and write files, open connections, call back into
// Python, run machine code.
package tensorflow

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Detector recognises SavedModel, MetaGraphDef and GraphDef files, and the files
// that lie beside a SavedModel.
var Detector = &detector.Detector{
	Name:  "tensorflow",
	Rules: rule.Explain(help, writes, reads, network, callback, asset, native, data, caller, custom),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool {
		base := strings.ToLower(h.Base())
		return names[base] != tensorflow.None || base == chunked || len(h.First) > 0 && protobuf.MayStart(h.First)
	},
	Run: run,
}

// formats are the names by which kinds are recognised.
var formats = map[tensorflow.Kind]string{
	tensorflow.SavedModel:    "tensorflow-savedmodel",
	tensorflow.MetaGraph:     "tensorflow-metagraph",
	tensorflow.GraphDef:      "tensorflow-graph",
	tensorflow.KerasMetadata: "keras-metadata",
	tensorflow.Fingerprint:   "tensorflow-fingerprint",
}

// names are files that a loader takes for a kind whatever is in them.
var names = map[string]tensorflow.Kind{
	"saved_model.pb":    tensorflow.SavedModel,
	"keras_metadata.pb": tensorflow.KerasMetadata,
}

// chunked is the name of a SavedModel that was divided into chunks, in records of
// Riegeli: TensorFlow's loader in C++ and its servers read it in place of the other.
const chunked = "saved_model.cpb"

// run takes a file for a kind by its name, which is all that a loader looks at,
// or by what it holds.
func run(_ context.Context, p *detector.Pass) error {
	base := strings.ToLower(artifact.Base(p.File.Name()))
	if base == chunked {
		p.Recognised(formats[tensorflow.SavedModel])
		return hostile.Faultf(hostile.Unsupported, 0, "a SavedModel that is divided into chunks")
	}
	kind, named := names[base]
	if !named {
		kind = tensorflow.Looks(p.Reader(), isOp)
	}
	if kind == tensorflow.None {
		return nil
	}
	p.Recognised(formats[kind])
	if p.File.Size == 0 {
		return hostile.Faultf(hostile.Truncated, 0, "an empty file, where a loader expects a model")
	}
	return judgeModel(p, kind)
}

// judgeModel judges a file of a kind.
func judgeModel(p *detector.Pass, kind tensorflow.Kind) error {
	model, err := tensorflow.Decode(p.Reader(), kind)
	j := &judge{p: p, model: model, defined: make(map[string]bool), indices: make(map[int]*index), traces: make(map[origin]target)}
	j.all()
	switch {
	case err != nil:
		return err
	case j.stop != nil:
		return j.stop
	}
	return model.Err()
}

// A judge goes through a model and gathers causes: one operation on one target
// is one finding, however many nodes do it.
type judge struct {
	p       *detector.Pass
	model   *tensorflow.Model
	causes  finding.Causes
	defined map[string]bool   // functions of the model's library
	assets  map[string]bool   // constants that a loader replaces by the path of an asset
	indices map[int]*index    // of scopes, nil of those too large for one
	calls   map[string][]call // of functions, once they were asked for
	traces  map[origin]target // that were followed
	placed  []string          // constants that are places, once they were asked for
	stop    error             // the budget is spent
}

// all judges the model. Assets and functions come first: what nodes do depends
// on them.
func (j *judge) all() {
	j.assets = make(map[string]bool)
	for _, a := range j.model.Assets {
		j.asset(a)
	}
	for _, s := range j.model.Scopes {
		j.defined[s.Function] = true
	}
	for i := range j.model.Scopes {
		j.scope(i)
	}
	for _, o := range j.model.Objects {
		j.object(o)
	}
	j.causes.Report(j.p.Report)
}

// asset judges the path that a loader joins to the model's assets directory.
func (j *judge) asset(a tensorflow.Asset) {
	tensor, _, _ := strings.Cut(a.Tensor, ":")
	j.assets[tensor] = true
	if why := location.Leaves(a.Filename); why != "" {
		shown := finding.Quote(a.Filename)
		j.causes.At(asset, a.Filename, fmt.Sprintf("The asset %q is %s: loading the model reads it from there.", shown, why)).
			Add(a.Offset, "asset_file_def %q", shown)
	}
}

// scope judges the operations of one graph or function.
func (j *judge) scope(i int) {
	s := j.model.Scopes[i]
	pulls := false
	for n := range s.Nodes() {
		op := n.Op()
		e, touches := effects()[op]
		switch {
		case e.does == "pull":
			pulls = true
		case touches || isOp(op) || j.defined[op]:
		default:
			j.custom(n, op)
		}
		if touches && e.does != "queue" {
			j.effect(i, n, op, e)
		}
		j.texts(n)
	}
	// A queue matters only where something reads the files that it names.
	if pulls {
		j.queues(i)
	}
}

// queues judges what is put into the queues of a graph that has a reader.
func (j *judge) queues(i int) {
	for n := range j.model.Scopes[i].Nodes() {
		op := n.Op()
		if e := effects()[op]; e.does == "queue" {
			j.effect(i, n, op, e)
		}
	}
}

// custom notes an operation that TensorFlow does not register and the model
// does not define.
func (j *judge) custom(n tensorflow.Node, op string) {
	shown := finding.Quote(op)
	j.causes.At(custom, op, fmt.Sprintf("The operation %s is not part of TensorFlow: the graph runs only with a library that registers it.", shown)).
		Add(n.Offset, "node %q: %s", finding.Quote(n.Name()), shown)
}

// minText is the size of the shortest text that goes back to the scan: shorter
// ones hold names.
const minText = 64

// texts hands the strings of a node back to the scan.
func (j *judge) texts(n tensorflow.Node) {
	for key, a := range n.Attrs() {
		for t := range a.Texts() {
			offset, size := t.Bounds()
			switch name := "attribute " + key + " of " + n.Name(); {
			case j.stop != nil:
			case size >= minText:
				j.stop = j.p.Value(name, offset, size)
			default:
				j.stop = j.p.Written(name, offset, size)
			}
		}
	}
}

// object hands the JSON by which Keras restores a Python object back to the
// scan.
func (j *judge) object(o tensorflow.Object) {
	name := o.Path
	if name == "" {
		name = "object"
	}
	j.nested(name+".keras.json", o.Offset, o.Size)
}

// nested hands a stretch back to the scan, unless the budget is spent.
func (j *judge) nested(name string, offset, size int64) {
	if j.stop == nil {
		j.stop = j.p.Part(name, offset, size)
	}
}
