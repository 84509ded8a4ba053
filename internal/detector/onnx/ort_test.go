package onnx_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

// session is a file of ONNX Runtime with the nodes in its graph.
func session(initializers []fb.Table, nodes ...fb.Table) []byte {
	graph := fb.Table{0: initializers, 1: []fb.Table{{0: "x"}}, 2: nodes, 5: []string{"x"}, 6: []string{"y"}}
	return sessionOf(graph)
}

func sessionOf(graph fb.Table) []byte {
	return fb.Build("ORTM", fb.Table{0: "6", 1: fb.Table{
		0: uint64(8), 1: []fb.Table{{0: "", 1: uint64(17)}}, 2: "test", 7: graph,
		9: []fb.Table{{0: "licence", 1: "MIT"}},
	}, 3: fb.Table{0: []fb.Table{{0: ":Add:14", 1: []fb.Table{{0: "T", 1: []fb.Table{{0: uint8(0), 1: uint32(1)}}}}}}}})
}

// call is a node; operator is written as the file does.
func call(domain, operator string, attributes ...fb.Table) fb.Table {
	return fb.Table{0: "n", 2: domain, 5: operator, 8: []string{"x"}, 9: []string{"y"}, 10: attributes}
}

// weights is a tensor of two floats that holds the bytes.
func weights(data string) []fb.Table {
	return []fb.Table{{0: "w", 2: int64s(2), 3: uint32(1), 4: []byte(data)}}
}

func int64s(values ...uint64) fb.Int64s { return values }

func TestRuntime(t *testing.T) {
	none := []fb.Table(nil)
	inside := func(n fb.Table) fb.Table {
		return call("", "If", fb.Table{0: "then_branch", 2: uint32(5), 7: fb.Table{2: []fb.Table{n}}})
	}
	deep := call("", "Relu")
	for range 80 {
		deep = inside(deep)
	}
	engine := func(path string) fb.Table {
		return call("com.microsoft", "EPContext", fb.Table{0: "embed_mode", 4: uint64(0)}, fb.Table{0: "ep_cache_context", 5: path})
	}
	detectortest.Run(t, onnx.Runtime, []detectortest.Case{
		{Name: "plain", File: "m.ort", Data: session(weights("12345678"), call("", "Add"))},
		{Name: "under no name", Data: session(weights("12345678"), call("ai.onnx.ml", "Scaler"), call("com.microsoft", "QGemm"))},
		{Name: "without a graph", Data: fb.Build("ORTM", fb.Table{0: "6", 1: fb.Table{0: uint64(8)}}), Unread: true},
		{Name: "without a model", Data: fb.Build("ORTM", fb.Table{0: "6"}), Unread: true},
		{Name: "another file", File: "m.ort", Data: []byte("not a model at all"), Unread: true},
		{Name: "custom domain", Data: session(none, call("acme", "Magic")), Want: []string{"onnx-custom-domain"}},
		{Name: "custom domain in a subgraph", Data: session(none, inside(inside(call("acme", "Magic")))), Want: []string{"onnx-custom-domain"}},
		{Name: "Python operator", Data: session(none, call("ai.onnx.contrib", "PyOp", fb.Table{0: "name", 5: "f"})), Want: []string{"onnx-python-operator"}},
		{Name: "short data", Data: session(weights("1234"), call("", "Add")), Want: []string{"onnx-tensor-size"}},
		{Name: "no data but too many dimensions", Data: session([]fb.Table{{0: "w", 2: int64s(1<<62, 4), 3: uint32(1)}}), Want: []string{"onnx-tensor-size"}},
		{Name: "data elsewhere", Data: session([]fb.Table{{0: "w", 2: int64s(2), 3: uint32(1), 6: uint64(64)}}), Want: []string{"onnx-external-data-missing"}},
		{Name: "sparse, elsewhere", Data: sessionOf(fb.Table{7: []fb.Table{{0: weights("12345678")[0], 1: fb.Table{0: "i", 6: uint64(0)}}}}),
			Want: []string{"onnx-external-data-missing"}},
		{Name: "engine outside", Data: session(none, engine("../evil.bin")), Want: []string{"onnx-engine-escapes"}},
		{Name: "engine beside", Data: session(none, engine("engine.bin"))},
		{Name: "too deep", Data: session(none, deep), Unread: true},
	})
}

// TestRuntimeForm: the form counts, not the name.
func TestRuntimeForm(t *testing.T) {
	all := []*detector.Detector{onnx.Detector, onnx.Runtime}
	if got := detectortest.Scan(all, "m.ort", model(node("", "Relu"))); got.Status != audit.Clean || len(got.Formats) != 1 {
		t.Errorf("protobuf under the other name: got %s %v (%s), want clean onnx", got.Status, got.Formats, got.Reason)
	}
}

// TestRuntimeReal scans models that ONNX Runtime converted (testdata/real.py).
func TestRuntimeReal(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		name, encoded := bytes.CutSuffix([]byte(e.Name()), []byte(".gz.b64"))
		if !encoded {
			continue
		}
		n++
		got := detectortest.Scan([]*detector.Detector{onnx.Runtime}, string(name), unpack(t, "testdata/"+e.Name()))
		if got.Status != audit.Clean {
			t.Errorf("%s: got %s (%s) %+v, want clean", name, got.Status, got.Reason, got.Findings)
		}
	}
	if n == 0 {
		t.Error("no real models")
	}
}

func unpack(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
