package onnx_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// model is a ModelProto with a graph of the given fields, and opset last, so that
// no prefix of it is whole.
func model(graph ...[]byte) []byte {
	return modelWith(nil, graph...)
}

func modelWith(fields []byte, graph ...[]byte) []byte {
	return pb.Join(pb.Int(1<<3|vint, 8), pb.Text(2<<3|byts, "test"),
		pb.Sub(7<<3|byts, pb.Join(graph...), pb.Text(2<<3|byts, "g"), pb.Sub(12<<3|byts, pb.Text(1<<3|byts, "y"))),
		fields, pb.Sub(8<<3|byts, pb.Text(1<<3|byts, ""), pb.Int(2<<3|vint, 17)))
}

// node is a field 1 of a GraphProto.
func node(domain, op string, attributes ...[]byte) []byte {
	return pb.Sub(1<<3|byts, body(domain, op, attributes...))
}

// body is a NodeProto; the domain comes last, where the encoder puts it.
func body(domain, op string, attributes ...[]byte) []byte {
	fields := pb.Join(pb.Text(1<<3|byts, "x"), pb.Text(2<<3|byts, "y"), pb.Text(3<<3|byts, "n"), pb.Text(4<<3|byts, op))
	for _, a := range attributes {
		fields = pb.Join(fields, pb.Sub(5<<3|byts, a))
	}
	if domain != "" {
		fields = pb.Join(fields, pb.Text(7<<3|byts, domain))
	}
	return fields
}

func attribute(name string, value []byte) []byte { return pb.Join(pb.Text(1<<3|byts, name), value) }

// many are n different attributes.
func many(n int) (out [][]byte) {
	for i := range n {
		out = append(out, attribute(fmt.Sprint("a", i), pb.Int(3<<3|vint, 1)))
	}
	return out
}

// tensor is a TensorProto of two floats, as external data with the given pairs
// of keys and values, or inline without any.
func tensor(entries ...string) []byte {
	t := pb.Join(pb.Packed(1<<3|byts, 2), pb.Int(2<<3|vint, 1), pb.Text(8<<3|byts, "w"))
	if len(entries) == 0 {
		return pb.Join(t, pb.Text(9<<3|byts, "12345678"))
	}
	for i := 0; i < len(entries); i += 2 {
		t = pb.Join(t, pb.Sub(13<<3|byts, pb.Text(1<<3|byts, entries[i]), pb.Text(2<<3|byts, entries[i+1])))
	}
	return pb.Join(t, pb.Int(14<<3|vint, 1))
}

func initializer(entries ...string) []byte { return pb.Sub(5<<3|byts, tensor(entries...)) }

const (
	attrTensor  = 5<<3 | byts
	attrGraph   = 6<<3 | byts
	attrString  = 4<<3 | byts
	attrSparse  = 22<<3 | byts
	attrStrings = 9<<3 | byts
	attrTensors = 10<<3 | byts
)

func cases() []detectortest.Case {
	outside := []string{"onnx-external-data-escapes"}
	climb := tensor("location", "../../etc/passwd")
	return []detectortest.Case{
		{Name: "plain", File: "m.onnx", Data: model(node("", "Relu"), initializer())},
		{Name: "without a name", Data: model(node("", "Relu"), initializer())},
		{Name: "behind a field that no parser knows", Data: append(pb.Text(30<<3|byts, "x"), model(initializer("location", "/x"))...), Want: outside},
		{Name: "Python operator behind fields that no parser knows",
			Data: model(append(slices.Repeat([][]byte{pb.Int(99<<3|vint, 1)}, 1100), node("", ""), node("ai.onnx.contrib", "PyOp", attribute("name", pb.Text(attrString, "f"))))...),
			Want: []string{"onnx-python-operator"}},
		{Name: "well-known domains", Data: model(node("ai.onnx.ml", "Scaler"), node("com.microsoft", "FusedMatMul"))},
		{Name: "own function", Data: modelWith(
			pb.Sub(25<<3|byts, pb.Text(1<<3|byts, "Gelu"), pb.Text(10<<3|byts, "local"), pb.Sub(7<<3|byts, body("", "Erf"))),
			node("local", "Gelu"))},
		{Name: "weights beside the model", Data: model(node("", "Relu"), initializer("location", "a/../model.onnx.data", "offset", "0", "length", "8"))},
		{Name: "described as outside but inside", Data: model(pb.Sub(5<<3|byts, climb[:len(climb)-2]))},
		{Name: "climbs", Data: model(node("", "Relu"), initializer("location", "../../etc/passwd")), Want: outside},
		{Name: "climbs behind many entries", File: "m.onnx", Data: model(initializer(append(slices.Repeat([]string{"location", "w.bin"}, 64), "location", "../../etc/passwd")...)), Unread: true},
		{Name: "climbs from below", Data: model(initializer("location", "a/b/../../../x")), Want: outside},
		{Name: "climbs on Windows", Data: model(initializer("location", `a\..\..\x`)), Want: outside},
		{Name: "absolute", Data: model(initializer("location", "/etc/passwd")), Want: outside},
		{Name: "drive", Data: model(initializer("location", "C:x")), Want: outside},
		{Name: "share", Data: model(initializer("location", `\\host\share\x`)), Want: outside},
		{Name: "URL", Data: model(initializer("location", "https://example.com/w")), Want: outside},
		{Name: "NUL", Data: model(initializer("location", "w\x00.bin")), Want: outside},
		{Name: "in an attribute", Data: model(node("", "Constant", attribute("value", pb.Sub(attrTensor, climb)))), Want: outside},
		{Name: "in a list", Data: model(node("", "Constant", attribute("value", pb.Sub(attrTensors, climb)))), Want: outside},
		{Name: "split over two messages", Data: model(node("", "Constant",
			attribute("value", pb.Join(pb.Sub(attrTensor, climb[:8]), pb.Sub(attrTensor, climb[8:]))))), Want: outside},
		{Name: "sparse", Data: model(pb.Sub(15<<3|byts, pb.Sub(1<<3|byts, tensor()), pb.Sub(2<<3|byts, climb))), Want: outside},
		{Name: "sparse attribute", Data: model(node("", "Constant", attribute("v", pb.Sub(attrSparse, pb.Sub(1<<3|byts, climb))))), Want: outside},
		{Name: "in a subgraph", Data: model(node("", "If", attribute("then_branch", pb.Sub(attrGraph, pb.Sub(5<<3|byts, climb))))), Want: outside},
		{Name: "in a function", Data: modelWith(
			pb.Sub(25<<3|byts, pb.Text(1<<3|byts, "f"), pb.Sub(7<<3|byts, body("", "Constant", attribute("value", pb.Sub(attrTensor, climb))))),
			node("", "Relu")), Want: outside},
		{Name: "in a training graph", Data: modelWith(pb.Sub(20<<3|byts, pb.Sub(1<<3|byts, pb.Sub(5<<3|byts, climb))), node("", "Relu")), Want: outside},
		{Name: "in a second graph that merges", Data: modelWith(pb.Sub(7<<3|byts, pb.Sub(5<<3|byts, climb)), node("", "Relu")), Want: outside},
		{Name: "behind an unknown field and group", Data: model(pb.Group(3<<3|protobuf.Start, pb.Int(1<<3, 1)), pb.Int(100<<3, 1), initializer("location", "/x")), Want: outside},
		{Name: "memory", Data: model(initializer("location", "*/_ORT_MEM_ADDR_/*", "offset", "140000000000", "length", "8")), Want: []string{"onnx-external-data-memory"}},
		{Name: "unnamed", Data: model(initializer("offset", "0")), Want: []string{"onnx-external-data-missing"}},
		{Name: "negative offset", Data: model(initializer("location", "w", "offset", "-1")), Want: []string{"onnx-external-data-bounds"}},
		{Name: "offset beyond 63 bits", Data: model(initializer("location", "w", "offset", "18446744073709551615")), Want: []string{"onnx-external-data-bounds"}},
		{Name: "short range", Data: model(initializer("location", "w", "length", "4")), Want: []string{"onnx-external-data-bounds"}},
		{Name: "unknown key", Data: model(initializer("location", "w", "__class__", "x")), Want: []string{"onnx-external-data-key"}},
		{Name: "short data", Data: model(pb.Sub(5<<3|byts, pb.Packed(1<<3|byts, 1<<20), pb.Int(2<<3|vint, 1), pb.Text(8<<3|byts, "w"), pb.Text(9<<3|byts, "1234"))),
			Want: []string{"onnx-tensor-size"}},
		{Name: "2^63 elements", Data: model(pb.Sub(5<<3|byts, pb.Packed(1<<3|byts, 1<<62, 2, 2), pb.Int(2<<3|vint, 1), pb.Text(8<<3|byts, "w"))),
			Want: []string{"onnx-tensor-size"}},
		{Name: "negative dimension", Data: model(pb.Sub(5<<3|byts, pb.Packed(1<<3|byts, -1), pb.Int(2<<3|vint, 1), pb.Text(8<<3|byts, "w"))),
			Want: []string{"onnx-tensor-size"}},
		{Name: "Python operator", Data: model(node("ai.onnx.contrib", "PyOp", attribute("name", pb.Text(attrString, "f")))), Want: []string{"onnx-python-operator"}},
		{Name: "named PyOptimizer", Data: model(node("", "PyOptimizer"))},
		{Name: "custom domain", Data: model(node("acme", "Magic"), node("acme", "Magic")), Want: []string{"onnx-custom-domain"}},
		{Name: "custom domain in a subgraph", Data: model(node("", "Loop", attribute("body", pb.Sub(attrGraph, node("acme", "Magic"))))),
			Want: []string{"onnx-custom-domain"}},
		{Name: "engine outside", Data: model(node("com.microsoft", "EPContext",
			attribute("embed_mode", pb.Int(3<<3|vint, 0)), attribute("ep_cache_context", pb.Text(attrString, "../evil.bin")))), Want: []string{"onnx-engine-escapes"}},
		{Name: "engine outside, the mode left out and a list behind", Data: model(node("com.microsoft", "EPContext", attribute("embed_mode", nil),
			attribute("ep_cache_context", pb.Join(pb.Text(attrString, "../evil.bin"), pb.Text(attrStrings, "engine.bin"))))), Want: []string{"onnx-engine-escapes"}},
		{Name: "engine behind many attributes", Data: model(node("com.microsoft", "EPContext", append(many(1001),
			attribute("embed_mode", pb.Int(3<<3|vint, 0)), attribute("ep_cache_context", pb.Text(attrString, "../evil.bin")))...)), Unread: true},
		{Name: "operator set that is no message", File: "m.onnx", Data: pb.Join(model(node("", "Relu")), pb.Text(8<<3|byts, "\xff")), Unread: true},
		{Name: "engine beside", Data: model(node("com.microsoft", "EPContext",
			attribute("embed_mode", pb.Int(3<<3|vint, 0)), attribute("ep_cache_context", pb.Text(attrString, "engine.bin"))))},
		{Name: "broken tail", File: "m.onnx", Data: append(model(initializer("location", "/x")), 0x0b), Want: outside, Unread: true},
		{Name: "too deep", File: "m.onnx", Data: model(deep()), Unread: true},
	}
}

// deep nests subgraphs beyond what a parser reads.
func deep() []byte {
	n := node("", "Relu")
	for range protobuf.MaxDepth {
		n = node("", "If", attribute("then_branch", pb.Sub(attrGraph, n)))
	}
	return n
}

func TestDetector(t *testing.T) { detectortest.Run(t, onnx.Detector, cases()) }

// neighbours is a directory with one file of 64 bytes, a link that leads out and
// a Git LFS pointer to 64 bytes.
func neighbours(name string) (artifact.Entry, error) {
	switch name {
	case "w.bin":
		return artifact.Entry{Size: 64}, nil
	case "link.bin":
		return artifact.Entry{Symlink: true, Outside: true}, nil
	case "pointer.bin":
		return artifact.Entry{Size: 128, First: []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" +
			strings.Repeat("0a", 32) + "\nsize 64\n")}, nil
	default:
		return artifact.Entry{}, fs.ErrNotExist
	}
}

func TestNeighbours(t *testing.T) {
	for _, c := range []struct{ name, location, offset, want string }{
		{name: "fits", location: "w.bin", offset: "56"},
		{name: "beyond", location: "w.bin", offset: "57", want: "onnx-external-data-bounds"},
		{name: "link", location: "./link.bin", offset: "0", want: "onnx-external-data-escapes"},
		{name: "missing", location: "x.bin", offset: "0", want: "onnx-external-data-missing"},
		{name: "pointer fits", location: "pointer.bin", offset: "56"},
		{name: "pointer beyond", location: "pointer.bin", offset: "64", want: "onnx-external-data-bounds"},
	} {
		data := model(initializer("location", c.location, "offset", c.offset))
		file := artifact.File{Path: "m.onnx", Content: hostile.Bytes(data), Size: int64(len(data)), Open: neighbours}
		got := detectortest.ScanFile([]*detector.Detector{onnx.Detector}, file)
		if ids := strings.Join(detectortest.RuleIDs(got), " "); ids != c.want {
			t.Errorf("%s: got %q, want %q (%s)", c.name, ids, c.want, got.Reason)
		}
	}
}

// TestTexts: what a program may interpret is handed back to the scan under a
// name that says where it was.
func TestTexts(t *testing.T) {
	secret := strings.Repeat("text ", 20)
	data := modelWith(pb.Sub(14<<3|byts, pb.Text(1<<3|byts, "licence"), pb.Text(2<<3|byts, secret)),
		node("acme", "Op", attribute("script", pb.Text(attrString, secret)), attribute("mode", pb.Text(attrString, "short"))))
	got := detectortest.Told(t, onnx.Detector, "m.onnx", data)
	if want := []string{"attribute script: " + secret, "metadata licence: " + secret}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMatch: a name adds what breaks off after its first tag, and nothing that starts
// with none.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, first string
		want        bool
	}{
		{"model.onnx", "\x08\x07\x3a\x02", true},
		{"model.bin", "\x08\x07\x3a\x02", true},
		{"model.onnx", "\x80\x02cos\nsystem\n", true},
		{"model.bin", "\x80\x02cos\nsystem\n", false},
		{"model.onnx", "version https://git-lfs.github.com/spec/v1\n", false},
		{"model.onnx", "", false},
	} {
		head := &artifact.Head{Name: c.name, First: []byte(c.first), Last: []byte(c.first), Size: int64(len(c.first))}
		if got := onnx.Detector.Match(head); got != c.want {
			t.Errorf("%s of %q: got %v, want %v", c.name, c.first, got, c.want)
		}
	}
}
