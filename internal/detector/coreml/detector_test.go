package coreml_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/coreml"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
)

const bytes = protobuf.Bytes

// model is a Model of one content.
func model(content ...[]byte) []byte {
	description := pb.Sub(2<<3|bytes, pb.Sub(1<<3|bytes, pb.Text(1<<3|bytes, "input")),
		pb.Sub(100<<3|bytes, pb.Text(1<<3|bytes, "runs bash scripts, see https://example.org")))
	return pb.Join(pb.Int(1<<3, 4), description, pb.Join(content...))
}

func network(layers ...[]byte) []byte { return pb.Join(layers...) }

func layer(name string, parameters []byte) []byte {
	return pb.Sub(1<<3|bytes, pb.Text(1<<3|bytes, name), parameters)
}

// customLayer has a class and a parameter of text.
func customLayer() []byte {
	parameter := pb.Sub(30<<3|bytes, pb.Text(1<<3|bytes, "cmd"), pb.Sub(2<<3|bytes, pb.Text(20<<3|bytes, "echo poc")))
	return layer("c", pb.Sub(500<<3|bytes, pb.Text(10<<3|bytes, "EvilLayer"), parameter))
}

// many is a network of n custom layers of few bytes.
func many(n int) []byte {
	return []byte(strings.Repeat(string(pb.Sub(1<<3|bytes, pb.Sub(500<<3|bytes))), n))
}

func linked(file, search string) []byte {
	text := func(tag protobuf.Tag, s string) []byte { return pb.Sub(tag, pb.Text(1<<3|bytes, s)) }
	return pb.Sub(556<<3|bytes, pb.Sub(1<<3|bytes, text(1<<3|bytes, file), text(2<<3|bytes, search)))
}

// program reads a constant's weights from a file.
func program(file string) []byte {
	value := pb.Sub(2<<3|bytes, pb.Sub(5<<3|bytes, pb.Text(1<<3|bytes, file), pb.Int(2<<3, 64)))
	operation := pb.Sub(3<<3|bytes, pb.Text(1<<3|bytes, "const"), pb.Sub(5<<3|bytes, pb.Text(1<<3|bytes, "val"), value))
	block := pb.Sub(3<<3|bytes, pb.Text(1<<3|bytes, "CoreML5"), pb.Sub(2<<3|bytes, operation))
	function := pb.Sub(2<<3|bytes, pb.Text(1<<3|bytes, "main"), pb.Sub(2<<3|bytes, block))
	return pb.Sub(502<<3|bytes, pb.Int(1<<3, 1), function)
}

// blobs is a file of two blobs of weights: the second has this sentinel and size.
func blobs(sentinel uint32, first, second uint64) []byte {
	p := binary.LittleEndian.AppendUint32(nil, 2)
	p = binary.LittleEndian.AppendUint32(p, 2)
	p = append(p, make([]byte, 56)...)
	add := func(sentinel uint32, size uint64) {
		p = binary.LittleEndian.AppendUint32(p, sentinel)
		p = binary.LittleEndian.AppendUint32(p, 1)
		p = binary.LittleEndian.AppendUint64(p, size)
		p = binary.LittleEndian.AppendUint64(p, uint64(len(p)+8+40))
		p = append(p, make([]byte, 40+min(size, 128))...)
	}
	add(0xdeadbeef, first)
	add(sentinel, second)
	return p
}

func TestDetector(t *testing.T) {
	const cut = "the last field of a message ends where the file does"
	relu := layer("relu", pb.Sub(130<<3|bytes, pb.Sub(10<<3|bytes)))
	branch := layer("if", pb.Sub(605<<3|bytes, pb.Sub(1<<3|bytes, network(relu)), pb.Sub(2<<3|bytes, network(customLayer()))))
	inner := pb.Sub(1<<3|bytes, model(pb.Sub(500<<3|bytes, network(customLayer()))))
	detectortest.Run(t, coreml.Detector, []detectortest.Case{
		{Name: "network", File: "m.mlmodel", Data: model(pb.Sub(500<<3|bytes, network(relu))), AnyPrefix: cut},
		{Name: "under no name", Data: model(pb.Sub(403<<3|bytes, network(customLayer()))), Want: []string{"coreml-custom-code"}},
		{Name: "custom layer", File: "m.mlmodel", Data: model(pb.Sub(500<<3|bytes, network(relu, customLayer()))), Want: []string{"coreml-custom-code"}},
		{Name: "too many", File: "m.mlmodel", Data: model(pb.Sub(500<<3|bytes, many(1_700_000))), Want: []string{"coreml-custom-code"}, Unread: true, Heavy: true},
		{Name: "in a branch", File: "m.mlmodel", Data: model(pb.Sub(500<<3|bytes, network(branch))), Want: []string{"coreml-custom-code"}},
		{Name: "in a loop", File: "m.mlmodel", Data: model(pb.Sub(500<<3|bytes, network(layer("loop", pb.Sub(615<<3|bytes, pb.Sub(4<<3|bytes, network(customLayer()))))))), Want: []string{"coreml-custom-code"}},
		{Name: "in a pipeline", File: "m.mlmodel", Data: model(pb.Sub(202<<3|bytes, inner)), Want: []string{"coreml-custom-code"}},
		{Name: "in a classifier's pipeline", File: "m.mlmodel", Data: model(pb.Sub(200<<3|bytes, pb.Sub(1<<3|bytes, inner))), Want: []string{"coreml-custom-code"}},
		{Name: "custom model", File: "m.mlmodel", Data: model(pb.Sub(555<<3|bytes, pb.Text(10<<3|bytes, "EvilModel"))), Want: []string{"coreml-custom-code"}},
		{Name: "linked beside", File: "m.mlmodel", Data: model(linked("other.mlmodel", "$BUNDLE_MAIN:$BUNDLE_IDENTIFIER(com.example)/models")), Want: []string{"coreml-linked-model"}},
		{Name: "linked far", File: "m.mlmodel", Data: model(linked("../other.mlmodel", ".")), Want: []string{"coreml-file-escape", "coreml-linked-model"}},
		{Name: "program", File: "m.mlmodel", Data: model(program("@model_path/weights/weight.bin")), AnyPrefix: cut},
		{Name: "program reads far", File: "m.mlmodel", Data: model(program("@model_path/../../secret")), Want: []string{"coreml-file-escape"}},
		{Name: "blobs", File: "weight.bin", Data: blobs(0xdeadbeef, 64, 128)},
		{Name: "blobs without the end", File: "weight.bin", Data: blobs(0xdeadbeef, 64, 1<<40), Unread: true},
		{Name: "record without its sentinel", File: "weight.bin", Data: blobs(0xdeadbee, 64, 128), Unread: true},
		{Name: "serialized", File: "m.mlmodel", Data: model(pb.Sub(3000<<3|bytes, pb.Text(1<<3|bytes, "id"), pb.Text(2<<3|bytes, string(model(pb.Sub(555<<3|bytes)))))), Want: []string{"coreml-custom-code"}},
	})
}

// TestTold: texts of the model go to whoever looks at them.
func TestTold(t *testing.T) {
	const text = "a parameter of more than twenty bytes"
	parameter := pb.Sub(30<<3|bytes, pb.Text(1<<3|bytes, "cmd"), pb.Sub(2<<3|bytes, pb.Text(20<<3|bytes, text)))
	got := detectortest.Told(t, coreml.Detector, "m.mlmodel", model(pb.Sub(555<<3|bytes, pb.Text(10<<3|bytes, "Class"), parameter)))
	if len(got) != 2 || !strings.HasSuffix(got[0], "runs bash scripts, see https://example.org") || got[1] != "parameter: "+text {
		t.Errorf("got %q, want the description and the parameter", got)
	}
}
