package tensorflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var weightsElsewhere = &rule.Rule{
	ID: "tensorflow-js-weights-escape", Title: "A TensorFlow.js model takes its weights from outside of its directory",
	Severity: rule.High, Precision: rule.Likely, CWE: []int{22, 918}, Since: "0.1.0",
}

// JS judges models of TensorFlow.js (model.json): where their weights come from,
// and the operations of graphs, which the JSON form of a GraphDef holds. Keras
// layers are judged where those of Keras are.
var JS = &detector.Detector{
	Name:  "tensorflow-js",
	Rules: rule.Explain(help, writes, reads, network, callback, asset, native, data, caller, weightsElsewhere),
	Match: (*artifact.Head).IsJSON,
	Run:   runJS,
}

// keysJS are what model.json must hold to be of interest.
var keysJS = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"weightsManifest"`, `"modelTopology"`) })

// runJS takes the nodes of the topology to the binary form, which is then judged
// as that of other graphs is.
func runJS(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), keysJS()) {
		return nil
	}
	j := js{p: p}
	err := config.JSON(p.Reader(), j.item)
	if !j.known {
		return nil
	}
	p.Recognised("tensorflow-js")
	j.end()
	j.causes.Report(p.Report)
	if len(j.graph) > 0 && j.full == nil {
		in := p.InBinary(j.graph, func(int64) int64 { return 0 })
		in.Report = func(f finding.Finding) {
			if f.Rule != custom { // TensorFlow.js fuses operations, and registers them by names of its own
				p.Report(f)
			}
		}
		j.full = judgeModel(in, tensorflow.GraphDef)
	}
	if err != nil {
		return err
	}
	return j.full
}

// A js gathers what model.json says.
type js struct {
	p      *detector.Pass
	known  bool
	causes finding.Causes
	at     string // the node that is read
	node   []byte // its fields in the binary form
	graph  []byte
	full   error // of the memory for graph
}

// Fields of NodeDef and GraphDef.
const (
	nodeName, nodeOp, nodeInput, graphNode = 1, 2, 3, 1
)

// item takes one value.
func (j *js) item(i config.Item) {
	if len(i.Path) < 2 || i.Kind != config.Text {
		return
	}
	switch i.Path[0] {
	case "weightsManifest":
		if len(i.Path) > 3 && i.Path[2] == "paths" {
			j.known = true
			j.weights(i)
		}
	case "modelTopology":
		j.topology(i)
	}
}

// weights judges where a part of the weights comes from.
func (j *js) weights(i config.Item) {
	why := location.Leaves(i.Value)
	if why == "" {
		return
	}
	shown := finding.Quote(i.Value)
	j.causes.At(weightsElsewhere, shown, fmt.Sprintf("The weights are read from %s, which is %s.", shown, why)).
		Add(i.Offset, "%s: %s", strings.Join(i.Path, "."), shown)
}

// topology takes a field of a node, of the graph or of a function in its library.
func (j *js) topology(i config.Item) {
	n := slices.IndexFunc(i.Path, func(k string) bool { return k == "node" || k == "nodeDef" })
	if n < 0 || n+2 >= len(i.Path) || i.Path[n+1] == "" || j.full != nil {
		return
	}
	j.known = true
	at := strings.Join(i.Path[:n+2], ".")
	if at != j.at {
		j.end()
		j.at = at
	}
	number := map[string]protowire.Number{"name": nodeName, "op": nodeOp, "input": nodeInput}[i.Path[n+2]]
	if number == 0 {
		return
	}
	if j.full = j.p.Budget.Hold(uint64(2 * (len(i.Value) + 16))); j.full != nil {
		return
	}
	j.node = protowire.AppendString(protowire.AppendTag(j.node, number, protowire.BytesType), i.Value)
}

// end puts the node that was read into the graph.
func (j *js) end() {
	if len(j.node) > 0 {
		j.graph = protowire.AppendBytes(protowire.AppendTag(j.graph, graphNode, protowire.BytesType), j.node)
	}
	j.node = j.node[:0]
}
