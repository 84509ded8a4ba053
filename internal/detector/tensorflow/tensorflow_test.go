package tensorflow_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// node is a NodeDef: name, operation, inputs separated by spaces, attributes.
func node(name, op, inputs string, attrs ...[]byte) []byte {
	n := pb.Join(pb.Text(1<<3|byts, name), pb.Text(2<<3|byts, op))
	for in := range strings.FieldsSeq(inputs) {
		n = pb.Join(n, pb.Text(3<<3|byts, in))
	}
	return pb.Join(n, pb.Join(attrs...))
}

// attr is an entry of NodeDef.attr with an AttrValue of the given fields.
func attr(key string, value ...[]byte) []byte {
	return pb.Sub(5<<3|byts, pb.Text(1<<3|byts, key), pb.Sub(2<<3|byts, value...))
}

func text(s string) []byte { return pb.Text(2<<3|byts, s) }

func refers(function string) []byte { return pb.Sub(10<<3|byts, pb.Text(1<<3|byts, function)) }

// constant is a Const node of strings.
func constant(name string, values ...string) []byte {
	t := pb.Int(1<<3|vint, 7) // DT_STRING
	for _, v := range values {
		t = pb.Join(t, pb.Text(8<<3|byts, v))
	}
	return node(name, "Const", "", attr("value", pb.Sub(8<<3|byts, t)))
}

// nodes are fields of a GraphDef.
func nodes(list ...[]byte) []byte {
	var out []byte
	for _, n := range list {
		out = pb.Join(out, pb.Sub(1<<3|byts, n))
	}
	return out
}

// function is a field of a FunctionDefLibrary, with arguments separated by spaces.
func function(name, args string, list ...[]byte) []byte {
	signature := pb.Text(1<<3|byts, name)
	for a := range strings.FieldsSeq(args) {
		signature = pb.Join(signature, pb.Sub(2<<3|byts, pb.Text(1<<3|byts, a)))
	}
	f := pb.Sub(1<<3|byts, signature)
	for _, n := range list {
		f = pb.Join(f, pb.Sub(3<<3|byts, n))
	}
	return pb.Sub(1<<3|byts, f)
}

func library(functions ...[]byte) []byte { return pb.Sub(2<<3|byts, functions...) }

// graph is a GraphDef with the version of its producer last.
func graph(fields ...[]byte) []byte {
	return pb.Join(pb.Join(fields...), pb.Sub(4<<3|byts, pb.Int(1<<3|vint, 1882)))
}

// meta is a MetaGraphDef.
func meta(graph []byte, fields ...[]byte) []byte {
	info := pb.Sub(1<<3|byts, pb.Text(4<<3|byts, "serve"), pb.Text(5<<3|byts, "2.21.0"))
	return pb.Join(info, pb.Sub(2<<3|byts, graph), pb.Join(fields...))
}

// saved is a SavedModel.
func saved(meta []byte) []byte { return pb.Join(pb.Int(1<<3|vint, 1), pb.Sub(2<<3|byts, meta)) }

func placeholder(name string) []byte { return node(name, "Placeholder", "") }

// saver is what every export has: paths that the caller completes.
func saver() []byte {
	return nodes(constant("save/filename/input", "model"), node("save/filename", "PlaceholderWithDefault", "save/filename/input"),
		node("save/Const", "PlaceholderWithDefault", "save/filename:0"), constant("save/part", "_temp/part"),
		node("save/StringJoin", "StringJoin", "save/Const save/part"), node("save/Shard", "ShardedFilename", "save/StringJoin"),
		node("save/SaveV2", "SaveV2", "save/Shard:0 ^init"), node("save/restore", "RestoreV2", "save/Const"),
		node("save/Merge", "MergeV2Checkpoints", "save/Shard save/Const"))
}

const noEnd = "the fields of a GraphDef may come in any order, and none must be there"

func cases() []detectortest.Case {
	reads, writes := []string{"tensorflow-reads-file"}, []string{"tensorflow-writes-file"}
	data, named := []string{"tensorflow-data-files"}, []string{"tensorflow-reads-named-file"}
	secret := nodes(constant("p", "/etc/passwd"), node("r", "ReadFile", "p"))
	return []detectortest.Case{
		{Name: "frozen graph", Data: graph(nodes(placeholder("x"), node("y", "Relu", "x"))), AnyPrefix: noEnd},
		{Name: "SavedModel with a saver", File: "saved_model.pb", Data: saved(meta(graph(nodes(placeholder("x")), saver())))},
		{Name: "SavedModel in chunks", File: "saved_model.cpb", Data: []byte("\x83\xaf\x70\xd1\x0d\x88\x4a\x3f"), Named: "nothing else is known of it", Unread: true, AnyPrefix: noEnd},
		{Name: "operations that only sound bad", Data: saved(meta(graph(nodes(node("exec", "Assert", ""), node("eval", "Print", ""),
			node("PyFunc", "DecodeJpeg", ""), node("t", "InitializeTableV2", ""), node("l", "LookupTableImportV2", "")))))},
		{Name: "prints to the log", Data: saved(meta(graph(nodes(node("p", "PrintV2", "", attr("output_stream", text("stderr")))))))},
		{Name: "own function", Data: saved(meta(graph(nodes(node("c", "my_function", "")), library(function("my_function", "", node("y", "Relu", ""))))))},
		{Name: "table of an asset", Data: saved(meta(graph(nodes(constant("Const", "/build/vocab.txt"), node("c", "StatefulPartitionedCall", "Const", attr("f", refers("init")))),
			library(function("init", "path", node("i", "InitializeTableFromTextFileV2", "table path")))),
			pb.Sub(6<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "Const:0")), pb.Text(2<<3|byts, "vocab.txt"))))},

		{Name: "reads", Data: saved(meta(graph(secret))), Want: reads},
		{Name: "reads in a frozen graph", Data: graph(secret), Want: reads},
		{Name: "reads in a MetaGraphDef", File: "m.meta", Data: meta(graph(secret)), Want: reads},
		{Name: "reads in a function", Data: saved(meta(graph(library(function("f", "", constant("p", "x"), node("r", "ReadFile", "p:output:0")))))), Want: reads},
		{Name: "reads what strings join to", Data: saved(meta(graph(nodes(constant("a", "/et"), constant("b", "c/passwd"), node("j", "StringJoin", "a b"),
			node("i", "Identity", "j"), node("r", "ReadFile", "i:0"))))), Want: reads},
		{Name: "reads what a call gives", Data: saved(meta(graph(nodes(constant("p", "/etc/shadow"), node("c", "PartitionedCall", "x p", attr("f", refers("g")))),
			library(function("g", "x path", node("r", "ReadFile", "path")))))), Want: reads},
		{Name: "reads without a path", Data: saved(meta(graph(nodes(node("r", "ReadFile", ""))))), Want: reads},
		{Name: "reads a region of memory", Data: saved(meta(graph(nodes(node("r", "ImmutableConst", "", attr("memory_region_name", text("/x"))))))), Want: reads},
		{Name: "reads what the caller names", Data: saved(meta(graph(nodes(placeholder("p"), node("r", "ReadFile", "p"))))), Want: named},
		{Name: "reads in the second part of a graph", Data: saved(pb.Join(meta(graph(nodes(placeholder("x")))), pb.Sub(2<<3|byts, secret))), Want: reads},
		{Name: "reads in a second meta graph", Data: pb.Join(saved(meta(graph(nodes(placeholder("x"))))), pb.Sub(2<<3|byts, meta(graph(secret)))), Want: reads},
		{Name: "saves outside", Data: saved(meta(graph(nodes(constant("p", "/tmp/x"), node("s", "SaveV2", "p"))))), Want: writes},
		{Name: "writes", Data: saved(meta(graph(nodes(placeholder("p"), node("w", "WriteFile", "p"))))), Want: writes},
		{Name: "prints to a file", Data: saved(meta(graph(nodes(node("p", "PrintV2", "", attr("output_stream", text("file:///tmp/x"))))))), Want: writes},
		{Name: "traces to a file", Data: saved(meta(graph(nodes(node("d", "DebugIdentity", "x", attr("debug_urls", pb.Sub(1<<3|byts, text("file:///tmp/x")))))))), Want: writes},
		{Name: "saves over a profile", Data: saved(meta(graph(nodes(constant("p", "/home/me/.bashrc"), node("s", "SaveV2", "p"))))), Want: writes},
		{Name: "lines of a secret", Data: saved(meta(graph(library(function("f", "", constant("p", "/proc/self/environ"), node("d", "TextLineDataset", "p")))))), Want: reads},
		{Name: "lines by way of a dataset", Data: saved(meta(graph(nodes(constant("p", "/etc/passwd"), node("s", "TensorSliceDataset", "p"), node("m", "FlatMapDataset", "s", attr("f", refers("g")))),
			library(function("g", "arg", node("d", "TextLineDataset", "arg")))))), Want: reads},
		{Name: "records at a fixed place", Data: saved(meta(graph(nodes(constant("p", "/data/train"), node("d", "TFRecordDataset", "p"))))), Want: data},
		{Name: "records of the caller", Data: saved(meta(graph(nodes(placeholder("p"), node("d", "TFRecordDataset", "p")))))},
		{Name: "cache in memory", Data: saved(meta(graph(nodes(constant("p", ""), node("d", "CacheDatasetV2", "x p")))))},
		{Name: "reader behind a queue", Data: saved(meta(graph(nodes(constant("p", "/etc/passwd"), node("e", "QueueEnqueueManyV2", "q p"), node("r", "WholeFileReaderV2", ""))))),
			Want: []string{"tensorflow-data-files", "tensorflow-reads-file"}},
		{Name: "queue without a reader", Data: saved(meta(graph(nodes(constant("p", "/etc/passwd"), node("e", "QueueEnqueueManyV2", "q p")))))},
		{Name: "callback", Data: saved(meta(graph(library(function("f", "", node("p", "EagerPyFunc", "", attr("token", text("pyfunc_0")))))))), Want: []string{"tensorflow-python-callback"}},
		{Name: "connects", Data: saved(meta(graph(nodes(constant("a", "example.com:1"), node("c", "RpcClient", "a"))))), Want: []string{"tensorflow-network"}},
		{Name: "sends what it sees", Data: saved(meta(graph(nodes(node("d", "DebugIdentityV2", "x", attr("debug_urls", pb.Sub(1<<3|byts, text("grpc://example.com:1")))))))),
			Want: []string{"tensorflow-network"}},
		{Name: "engine", Data: saved(meta(graph(nodes(node("t", "TRTEngineOp", ""))))), Want: []string{"tensorflow-native-code"}},
		{Name: "custom operation", Data: saved(meta(graph(nodes(placeholder("x"), node("z", "ZeroOut", "x"))))), Want: []string{"tensorflow-custom-op"}},
		{Name: "asset outside", Data: saved(meta(graph(nodes(placeholder("x"))), pb.Sub(6<<3|byts, pb.Text(2<<3|byts, "../../etc/passwd")))),
			Want: []string{"tensorflow-asset-escapes"}},
		{Name: "broken after a finding", File: "saved_model.pb", Data: append(saved(meta(graph(secret))), 0x0b), Want: reads, Unread: true},
		{Name: "named but nothing", File: "saved_model.pb", Data: []byte{8, 1, 8, 1}, Unread: true},
		{Name: "fingerprint", File: "fingerprint.pb", Data: pb.Join(pb.Int(1<<3|vint, 5), pb.Int(2<<3|vint, 6), pb.Int(3<<3|vint, 7)),
			AnyPrefix: "a fingerprint holds optional checksums"},
	}
}

func TestDetector(t *testing.T) { detectortest.Run(t, tensorflow.Detector, cases()) }

// TestLongWays: a place is found however long the way from it to what reads it is.
func TestLongWays(t *testing.T) {
	chain := [][]byte{constant("n0", "/etc/passwd")}
	for i := range 40 {
		chain = append(chain, node(fmt.Sprint("n", i+1), "Identity", fmt.Sprint("n", i)))
	}
	var parts [][]byte
	var all []string
	for i := range 400 {
		name := fmt.Sprint("p", i)
		parts, all = append(parts, constant(name, name)), append(all, name)
	}
	parts = append(parts, constant("z", "/etc/passwd"), node("j", "Pack", strings.Join(all, " ")+" z"))
	empty := nodes(constant("f", ""), constant("z", "/etc/passwd"), node("j", "StringJoin", strings.Repeat("f ", 5000)+"z"))
	read := func(input string) []byte { return nodes(node("d", "TextLineDataset", input)) }
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "a chain", data: pb.Join(nodes(chain...), read("n40"))},
		{name: "a list", data: pb.Join(nodes(constant("p", append(all, "/etc/passwd")...)), read("p"))},
		{name: "many inputs", data: pb.Join(empty, read("j"))},
		{name: "in base64", data: pb.Join(nodes(constant("p", "L2V0Yy9wYXNzd2Q"), node("b", "DecodeBase64", "p"), node("s", "StringStrip", "b")), read("s"))},
		{name: "many nodes", data: pb.Join(nodes(parts...), read("j"))},
	} {
		got := detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", graph(c.data))
		if !slices.Equal(detectortest.RuleIDs(got), []string{"tensorflow-reads-file"}) {
			t.Errorf("%s: got %s %+v", c.name, got.Status, got.Findings)
		}
	}
}

// TestManyReaders: old savers have one node for each variable, and one name for all.
func TestManyReaders(t *testing.T) {
	list := [][]byte{constant("c", "model")}
	for i := range 3000 {
		list = append(list, node(fmt.Sprint("l", i), "Relu", fmt.Sprint("l", i-1)), node(fmt.Sprint("r", i), "RestoreV2", "c n s"))
	}
	s := scan.Scanner{Detectors: []*detector.Detector{tensorflow.Detector}, Limits: hostile.DefaultLimits(), Now: time.Now}
	s.Limits.Steps = 200_000
	data := graph(nodes(list...))
	got := s.File(context.Background(), artifact.File{Path: "m.pb", Content: hostile.Bytes(data), Size: int64(len(data))})
	if got.Status != audit.Clean {
		t.Errorf("got %s (%s) %+v", got.Status, got.Reason, got.Findings)
	}
}

// TestManyWays: calls of calls form more ways than could be followed one by one.
func TestManyWays(t *testing.T) {
	const args = "a0 a1 a2 a3 a4 a5 a6 a7"
	functions := [][]byte{function("f0", args, node("r", "ReadFile", "a0"))}
	for i := range 5 {
		var calls [][]byte
		for n := range 64 {
			calls = append(calls, node(fmt.Sprint("m", n), "MapDataset", args, attr("f", refers(fmt.Sprint("f", i)))))
		}
		functions = append(functions, function(fmt.Sprint("f", i+1), args, calls...))
	}
	done := make(chan audit.File)
	go func() {
		done <- detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", graph(library(functions...)))
	}()
	select {
	case got := <-done:
		if !slices.Equal(detectortest.RuleIDs(got), []string{"tensorflow-reads-named-file"}) || got.Unread() {
			t.Errorf("got %s %+v", got.Status, got.Findings)
		}
	case <-time.After(30 * time.Second):
		t.Error("no end after 30 seconds")
	}
}

// TestDoubling: strings that double with each node are not put together.
func TestDoubling(t *testing.T) {
	for _, c := range []struct{ name, text string }{{name: "long", text: "abc"}, {name: "empty"}} {
		list := [][]byte{constant("n0", c.text)}
		for i := range 20 {
			list = append(list, node(fmt.Sprint("n", i+1), "StringJoin", strings.Repeat(fmt.Sprint("n", i, " "), 100)))
		}
		list = append(list, node("r", "ReadFile", "n20"))
		got := detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", graph(nodes(list...)))
		if !slices.Equal(detectortest.RuleIDs(got), []string{"tensorflow-reads-file"}) || got.Unread() {
			t.Errorf("%s: got %s %+v", c.name, got.Status, got.Findings)
		}
	}
}

// TestWithoutAName: a graph is known whatever stands in front of what makes it one.
func TestWithoutAName(t *testing.T) {
	secret, own := graph(nodes(constant("p", "/etc/passwd"), node("r", "ReadFile", "p"))), nodes(node("f", "f", ""))
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "a field that no parser knows", data: append(pb.Text(15<<3|byts, "x"), secret...)},
		{name: "a field of a large number", data: append(pb.Text(100<<3|byts, "x"), secret...)},
		{name: "a tag in two bytes", data: append([]byte{secret[0] | 0x80, 0}, secret[1:]...)},
		{name: "calls of functions", data: append(bytes.Repeat(own, 70_000), secret[:len(secret)-5]...)},
	} {
		got := detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", c.data)
		if !slices.Contains(detectortest.RuleIDs(got), "tensorflow-reads-file") {
			t.Errorf("%s: got %s %+v", c.name, got.Status, got.Findings)
		}
	}
}

// TestNested: the JSON by which Keras restores objects goes back to the scan,
// from a SavedModel and from the file beside it, and so do long strings.
func TestNested(t *testing.T) {
	json := `{"class_name": "Lambda", "config": {"name": "poc"}}`
	long := strings.Repeat("text ", 20)
	object := pb.Sub(7<<3|byts, pb.Sub(1<<3|byts, pb.Sub(4<<3|byts, pb.Text(1<<3|byts, "_tf_keras_layer"), pb.Text(3<<3|byts, json))))
	for _, c := range []struct {
		name, file, want string
		data             []byte
	}{
		{name: "object graph", data: saved(meta(graph(nodes(placeholder("x"))), object)), want: "object.keras.json: " + json},
		{name: "metadata", file: "keras_metadata.pb", want: "root.layer-0.keras.json: " + json,
			data: pb.Sub(1<<3|byts, pb.Int(2<<3|vint, 1), pb.Text(3<<3|byts, "root.layer-0"), pb.Text(4<<3|byts, "_tf_keras_layer"), pb.Text(5<<3|byts, json))},
		{name: "constant", data: saved(meta(graph(nodes(constant("c", long))))), want: "attribute value of c: " + long},
	} {
		if got := detectortest.Told(t, tensorflow.Detector, c.file, c.data); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
