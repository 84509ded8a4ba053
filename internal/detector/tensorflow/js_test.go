package tensorflow_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	"github.com/modelaudit/modelaudit/internal/rule"
)

func TestJS(t *testing.T) {
	model := func(nodes, path string) []byte {
		return []byte(`{"format": "graph-model", "modelTopology": {"node": [` + nodes + `], "library": {}}, "weightsManifest": [{"paths": ["` + path + `"], "weights": []}]}`)
	}
	const relu = `{"name": "x", "op": "Placeholder", "attr": {}}, {"name": "y", "op": "Relu", "input": ["x"]}`
	const function = `{"name": "x", "op": "Placeholder"}], "library": {"function": [{"signature": {"name": "f"}, "nodeDef": [{"name": "w", "op": "PyFunc", "input": ["x"]}]}]}, "more": [`
	escapes := []string{"tensorflow-js-weights-escape"}
	fire := *tensorflow.JS // the others fire for graphs in any form
	fire.Rules = slices.DeleteFunc(slices.Clone(fire.Rules), func(r *rule.Rule) bool {
		return r.ID != "tensorflow-python-callback" && r.ID != escapes[0]
	})
	detectortest.Run(t, &fire, []detectortest.Case{
		{Name: "model", File: "model.json", Data: model(relu, "group1-shard1of1.bin")},
		{Name: "weights of the machine", File: "model.json", Data: model(relu, "../../../etc/passwd"), Want: escapes},
		{Name: "weights of another host", File: "model.json", Data: model(relu, "https://example.org/w.bin"), Want: escapes},
		{Name: "operation that calls Python", File: "model.json", Data: model(relu+`, {"name": "z", "op": "PyFunc", "input": ["y"]}`, "w.bin"), Want: []string{"tensorflow-python-callback"}},
		{Name: "in a function", File: "model.json", Data: model(function, "w.bin"), Want: []string{"tensorflow-python-callback"}},
	})
}
