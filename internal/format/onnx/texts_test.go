package onnx_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestTexts: every text that people or custom operators read is told.
func TestTexts(t *testing.T) {
	const byts, vint = protobuf.Bytes, protobuf.Varint
	doc := func(field protobuf.Tag, of string) []byte { return pb.Text(field<<3|byts, "of "+of) }
	entry := func(field protobuf.Tag, of string) []byte {
		return pb.Sub(field<<3|byts, pb.Text(1<<3|byts, of), pb.Text(2<<3|byts, "entry of "+of))
	}
	attribute := pb.Join(pb.Text(1<<3|byts, "a"), pb.Text(4<<3|byts, "one"), pb.Text(9<<3|byts, "two"), pb.Text(9<<3|byts, "three"))
	node := pb.Join(pb.Text(3<<3|byts, "n"), pb.Text(4<<3|byts, "Op"), pb.Sub(5<<3|byts, attribute), doc(6, "n"), entry(9, "n"))
	strings := pb.Join(pb.Packed(1<<3|byts, 1), pb.Int(2<<3|vint, 8), pb.Text(8<<3|byts, "s"), pb.Text(6<<3|byts, "four"))
	graph := pb.Join(pb.Sub(1<<3|byts, node), pb.Sub(5<<3|byts, strings), doc(10, "graph"), entry(16, "graph"))
	function := pb.Join(pb.Text(1<<3|byts, "f"), doc(8, "f"), entry(14, "f"), pb.Sub(11<<3|byts, pb.Text(1<<3|byts, "d"), pb.Text(4<<3|byts, "default")))
	training := pb.Sub(1<<3|byts, doc(10, "training"))
	data := pb.Join(pb.Int(1<<3|vint, 8), doc(6, "model"), entry(14, "model"), pb.Sub(7<<3|byts, graph),
		pb.Sub(20<<3|byts, training), pb.Sub(25<<3|byts, function), pb.Sub(8<<3|byts, pb.Int(2<<3|vint, 17)))

	var got []string
	err := onnx.Walk(hostiletest.Reader(data), onnx.Visitor{
		Text: func(x onnx.Text) {
			got = append(got, x.Kind+" "+x.Name+": "+string(data[x.Offset:x.Offset+x.Size]))
		},
	})
	want := []string{
		"attribute a: one", "attribute a: three", "attribute a: two", "attribute d: default",
		"doc_string : of model", "doc_string f: of f", "doc_string graph: of graph", "doc_string graph: of training", "doc_string n: of n",
		"metadata f: entry of f", "metadata graph: entry of graph", "metadata model: entry of model", "metadata n: entry of n",
		"string tensor s: four",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, want (-), got (+):\n%s", err, diff)
	}
}
