package mxnet_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/mxnet"
)

// symbol is a graph with one more node.
func symbol(node string) []byte {
	return []byte(fmt.Sprintf(`{"nodes": [{"op": "null", "name": "data", "inputs": []}, {"op": "FullyConnected", "name": "fc",`+
		` "attrs": {"num_hidden": "10", "path": "word"}, "inputs": [[0, 0, 0]]}%s], "arg_nodes": [0], "heads": [[1, 0, 0]]}`, node))
}

func TestGraph(t *testing.T) {
	detectortest.Run(t, mxnet.Graph, []detectortest.Case{
		{Name: "plain", File: "m-symbol.json", Data: symbol("")},
		{Name: "custom", File: "m-symbol.json", Data: symbol(`, {"op": "Custom", "name": "c", "attrs": {"op_type": "evil"}}`), Want: []string{"mxnet-custom-operator"}},
		{Name: "old attributes", File: "g.json", Data: symbol(`, {"op": "Custom", "name": "c", "param": {"op_type": "evil"}}`), Want: []string{"mxnet-custom-operator"}},
		{Name: "in a subgraph", File: "m-symbol.json", Data: symbol(`, {"op": "_foreach", "name": "f", "subgraphs": [{"nodes": [{"op": "Custom", "name": "c"}]}]}`), Want: []string{"mxnet-custom-operator"}},
		{Name: "library", File: "m-symbol.json", Data: symbol(`, {"op": "x", "name": "l", "attrs": {"library": "libevil"}}`), Want: []string{"mxnet-native-library"}},
		{Name: "library by its extension", File: "m-symbol.json", Data: symbol(`, {"op": "x", "name": "l", "attrs": {"path": "evil.SO"}}`), Want: []string{"mxnet-native-library"}},
		{Name: "library in a directory", File: "m-symbol.json", Data: symbol(`, {"op": "x", "name": "l", "attr": {"path": "tmp\\evil"}}`), Want: []string{"mxnet-native-library"}},
		{Name: "words, and paths of what is no library", File: "m-symbol.json",
			Data: symbol(`, {"op": "x", "name": "l", "attrs": {"path": "", "library": "", "mean": "a/b.so", "op_type": "evil"}}, {"op": "y", "subgraphs": [{}]}`)},
		{Name: "file", File: "m-symbol.json", Data: symbol(`, {"op": "x", "name": "l", "attrs": {"__path__": "../../evil.so"}}`), Want: []string{"mxnet-native-library"}},
	})
}

// TestOtherDocuments: what lacks a member of every graph is another JSON document.
func TestOtherDocuments(t *testing.T) {
	const node = `[{"op": "Custom", "name": "c"}]`
	for text, want := range map[string]bool{
		`{"nodes": ` + node + `, "arg_nodes": [], "heads": []}`:             true,
		`{"nodes": ` + node + `, "arg_nodes": []}`:                          false,
		`{"nodes": ` + node + `, "heads": [], "x": "arg_nodes"}`:            false,
		`{"arg_nodes": [], "heads": [], "x": ` + node + `}`:                 false,
		`{"x": {"nodes": ` + node + `, "arg_nodes": [], "heads": []}}`:      false,
		`[{"nodes": ` + node + `, "arg_nodes": [], "heads": []}, "unended"`: false,
	} {
		got := detectortest.Scan([]*detector.Detector{mxnet.Graph}, "m.json", []byte(text))
		if is := len(got.Findings) > 0 && len(got.Formats) > 0; is != want || len(got.Formats) > 0 != want {
			t.Errorf("%s: got %v and %d findings", text, got.Formats, len(got.Findings))
		}
	}
}

func TestParameters(t *testing.T) {
	le := binary.LittleEndian
	p := le.AppendUint64(nil, 0x112)
	p = le.AppendUint64(p, 0)
	p = le.AppendUint64(p, 0) // arrays
	p = le.AppendUint64(p, 0) // names
	detectortest.Run(t, mxnet.Parameters, []detectortest.Case{
		{Name: "empty list", File: "m-0000.params", Data: p},
		{Name: "more behind it", File: "m-0000.params", Data: append(p[:len(p):len(p)], "more"...), Unread: true},
		{Name: "claims too much", File: "m-0000.params", Data: append(p[:16:16], 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), Unread: true},
	})
}
