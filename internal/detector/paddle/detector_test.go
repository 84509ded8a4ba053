package paddle_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/paddle"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
)

const text = protobuf.Bytes

// attr is an attribute of text; its type is STRING.
func attr(name, value string) []byte {
	return pb.Sub(4<<3|text, pb.Text(1<<3|text, name), pb.Int(2<<3, 2), pb.Text(5<<3|text, value))
}

// op is an operator with one input.
func op(kind string, attrs ...[]byte) []byte {
	input := pb.Sub(1<<3|text, pb.Text(1<<3|text, "X"), pb.Text(2<<3|text, "x"))
	return pb.Sub(4<<3|text, input, pb.Text(3<<3|text, kind), pb.Join(attrs...))
}

// program is a ProgramDesc of one block with a variable.
func program(ops ...[]byte) []byte {
	variable := pb.Sub(3<<3|text, pb.Text(1<<3|text, "x"))
	block := pb.Sub(1<<3|text, pb.Int(1<<3, 0), pb.Int(2<<3, -1), variable, pb.Join(ops...))
	return pb.Join(block, pb.Sub(4<<3|text, pb.Int(1<<3, 0)))
}

// braced is a program that starts as JSON may: with the end of a line and a brace,
// which is the length of the block.
func braced() []byte {
	short := program(op("py_func", attr("x", "")))
	return program(op("py_func", attr("x", strings.Repeat("x", '{'-int(short[1])))))
}

// pir is a program of Paddle 3 with these operators in its one block.
func pir(ops ...string) []byte {
	return []byte(`{"base_code":{"magic":"pir","trainable":true,"version":4},"program":{"regions":[{"#":"region_0","blocks":[{"#":"block_0","args":[],"ops":[` +
		strings.Join(ops, ",") + `]}]}]}}`)
}

// parameter is one tensor of floats as it stands in a .pdiparams file.
func parameter(dims ...int64) []byte {
	desc := pb.Int(1<<3, 5)
	n := int64(4)
	for _, d := range dims {
		desc = append(desc, pb.Int(2<<3, d)...)
		n *= d
	}
	p := make([]byte, 4+8+4) // version, levels, version
	p = binary.LittleEndian.AppendUint32(p, uint32(len(desc)))
	p = append(p, desc...)
	return append(p, make([]byte, n)...)
}

// impossible is a tensor of more bytes than there are.
func impossible() []byte {
	p := parameter(4)
	desc := pb.Join(pb.Int(1<<3, 5), pb.Int(2<<3, 1<<62))
	p = binary.LittleEndian.AppendUint32(p[:16], uint32(len(desc)))
	return append(p, desc...)
}

func TestDetector(t *testing.T) {
	const cut = "the last message of a program ends where the file does"
	detectortest.Run(t, paddle.Detector, []detectortest.Case{
		{Name: "inference", File: "model.pdmodel", Data: program(op("feed"), op("matmul_v2"), op("fetch")), AnyPrefix: cut},
		{Name: "program in JSON", File: "net.json", Data: pir(`{"#":"p","A":[0,1,1,"linear_0.b_0"]}`, `{"#":"1.matmul","A":[]}`)},
		{Name: "python function in JSON", File: "net.json", Data: pir(`{"#":"1.py_func","A":[]}`), Want: []string{"paddle-python-function"}},
		{Name: "file in JSON", Data: pir(`{"A":[{"N":"file_path","AT":{"#":"0.a_str","D":"/etc/poc"}}],"#":"pd_op.save_combine_"}`), Want: []string{"paddle-writes-file"}},
		{Name: "file of another directory in JSON", Data: pir(`{"#":"1.load_combine","A":[{"AT":{"#":"0.a_str","D":"../poc"},"N":"file_path"}]}`), Want: []string{"paddle-reads-file"}},
		{Name: "operator inside another", Data: pir(`{"#":"1.if","regions":[{"blocks":[{"ops":[{"#":"3.own","A":[]}]}]}]}`), Want: []string{"paddle-native-engine"}},
		{Name: "python function", File: "model.pdmodel", Data: program(op("py_func")), Want: []string{"paddle-python-function"}},
		{Name: "like JSON at its start", Data: braced(), Want: []string{"paddle-python-function"}},
		{Name: "under no name", Data: program(op("py_func")), Want: []string{"paddle-python-function"}},
		{Name: "in another order", File: "model.pdmodel", Data: pb.Join(pb.Sub(4<<3|text, pb.Int(1<<3, 0)), pb.Sub(1<<3|text, op("py_func"), pb.Int(1<<3, 0), pb.Int(2<<3, 0))),
			Want: []string{"paddle-python-function"}},
		{Name: "save", File: "model.pdmodel", Data: program(op("save", attr("file_path", "/root/.bashrc"))), Want: []string{"paddle-writes-file"}},
		{Name: "load far", File: "model.pdmodel", Data: program(op("load", attr("file_path", "../../secret"))), Want: []string{"paddle-reads-file"}},
		{Name: "load far behind another path", File: "model.pdmodel", Data: program(op("load", attr("file_path", "weights"), attr("file_path", "../../secret"))), Want: []string{"paddle-reads-file"}},
		{Name: "load beside", File: "model.pdmodel", Data: program(op("load_combine", attr("file_path", "weights"))), Want: []string{"paddle-loads-parameters"}},
		{Name: "send", File: "model.pdmodel", Data: program(op("send", attr("endpoints", "10.0.0.1:80"))), Want: []string{"paddle-network"}},
		{Name: "engine", File: "model.pdmodel", Data: program(op("tensorrt_engine")), Want: []string{"paddle-native-engine"}},
		{Name: "parameters", File: "model.pdiparams", Data: append(parameter(3, 2), parameter(5)...),
			AnyPrefix: "a file of parameters does not say how many there are"},
		{Name: "parameters cut off", File: "model.pdiparams", Data: append(parameter(3), parameter(5)[:30]...), Unread: true},
		{Name: "impossible tensor", File: "model.pdiparams", Data: append(parameter(3), impossible()...), Unread: true},
	})
}

// TestOtherJSON: a document with members of the same names.
func TestOtherJSON(t *testing.T) {
	data := []byte(`{"base_code":{"magic":"own"},"program":{"ops":[{"#":"1.py_func"}]}}`)
	if got := detectortest.Scan([]*detector.Detector{paddle.Detector}, "net.json", data); got.Status != audit.NotAModel {
		t.Errorf("got %s %v, want not-a-model", got.Status, detectortest.RuleIDs(got))
	}
}

// TestTold: texts of a program go to whoever looks at them.
func TestTold(t *testing.T) {
	const note = "a text of more than twenty bytes"
	got := detectortest.Told(t, paddle.Detector, "model.pdmodel", program(op("feed", attr("op_callstack", "\x00"+note+"\x00"))))
	if !slices.Contains(got, ": "+note) {
		t.Errorf("got %q, want %q", got, note)
	}
}
