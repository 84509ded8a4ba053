package tensorflow_test

import (
	"testing"

	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: whatever the bytes, what is told lies inside the file, and nodes
// are read without a fault that the model did not have.
func FuzzDecode(f *testing.F) {
	const byts = 2
	node := pb.Join(pb.Text(1<<3|byts, "n"), pb.Text(2<<3|byts, "Const"), pb.Text(3<<3|byts, "x:0"),
		pb.Sub(5<<3|byts, pb.Text(1<<3|byts, "value"), pb.Sub(2<<3|byts, pb.Sub(8<<3|byts, pb.Text(8<<3|byts, "text")))))
	function := pb.Sub(1<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "f"), pb.Sub(2<<3|byts, pb.Text(1<<3|byts, "a"))), pb.Sub(3<<3|byts, node))
	graph := pb.Join(pb.Sub(1<<3|byts, node), pb.Sub(2<<3|byts, function), pb.Sub(4<<3|byts, pb.Int(1<<3, 27)))
	f.Add(pb.Join(pb.Int(1<<3, 1), pb.Sub(2<<3|byts, pb.Sub(1<<3|byts, pb.Text(4<<3|byts, "serve")), pb.Sub(2<<3|byts, graph))))
	f.Add(graph)
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		reader := func() *hostile.Reader {
			return hostiletest.Reader(data)
		}
		tensorflow.Looks(reader(), func(op string) bool { return op == "Const" })
		for _, kind := range []tensorflow.Kind{tensorflow.SavedModel, tensorflow.MetaGraph, tensorflow.GraphDef, tensorflow.KerasMetadata} {
			model, _ := tensorflow.Decode(reader(), kind)
			for _, s := range model.Scopes {
				for n := range s.Nodes() {
					inside(t, n, size)
				}
			}
			for _, o := range model.Objects {
				if o.Offset < 0 || o.Size < 0 || o.Offset+o.Size > size {
					t.Fatalf("object at %d of %d bytes is not inside %d", o.Offset, o.Size, size)
				}
			}
		}
	})
}

func inside(t *testing.T, n tensorflow.Node, size int64) {
	n.Name()
	n.Inputs()
	for _, a := range n.Attrs() {
		for text := range a.Texts() {
			if offset, length := text.Bounds(); offset < 0 || length < 0 || offset+length > size {
				t.Fatalf("text at %d of %d bytes is not inside %d", offset, length, size)
			}
		}
		for range a.Functions() {
		}
	}
}
