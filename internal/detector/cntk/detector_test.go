package cntk_test

import (
	"bytes"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/cntk"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
)

const text = protobuf.Bytes

// entry is one entry of a dictionary.
func entry(key string, value []byte) []byte {
	return pb.Sub(2<<3|text, pb.Text(1<<3|text, key), pb.Sub(2<<3|text, pb.Int(1<<3, 1), value))
}

func str(s string) []byte { return pb.Text(8<<3|text, s) }

func dictionary(entries ...[]byte) []byte {
	return pb.Sub(12<<3|text, pb.Int(1<<3, 1), pb.Join(entries...))
}

// model is a composite function of one primitive function.
func model(function ...[]byte) []byte {
	vector := pb.Sub(11<<3|text, pb.Sub(1<<3|text, pb.Int(1<<3, 1), dictionary(function...)))
	return pb.Join(pb.Int(1<<3, 1), entry("type", str("CompositeFunction")), entry("root", str("Plus_1")),
		entry("primitive_functions", vector), entry("uid", str("CompositeFunction1")))
}

func TestDetector(t *testing.T) {
	const cut = "the last entry of a dictionary ends where the file does"
	plain := entry("type", str("PrimitiveFunction"))
	detectortest.Run(t, cntk.Detector, []detectortest.Case{
		{Name: "plain", File: "model.dnn", Data: model(plain, entry("op", str("module class"))), AnyPrefix: cut},
		{Name: "user's class", File: "model.dnn", Data: model(plain, entry("module", str("my_layers")), entry("class", str("Attention"))), Want: []string{"cntk-imports-class"}},
		{Name: "behind many entries", File: "model.dnn", Data: model(bytes.Repeat(plain, 300), entry("module", str("my_layers")), entry("class", str("Attention"))), Want: []string{"cntk-imports-class"}},
		{Name: "under no name", Data: model(plain, entry("class", str("system")), entry("module", str("os"))), Want: []string{"cntk-imports-class"}},
		{Name: "statement", File: "model.dnn", Data: model(entry("module", str("os")), entry("class", str("system; system('echo poc')"))), Want: []string{"cntk-executes-code"}},
		{Name: "native", File: "model.dnn", Data: model(entry("module", str("evil")), entry("method", str("create"))), Want: []string{"cntk-native-function"}},
		{Name: "first version", File: "old.dnn", Data: []byte("B\x00C\x00N\x00\x00\x00B\x00V\x00e\x00r\x00"), Unread: true},
	})
}
