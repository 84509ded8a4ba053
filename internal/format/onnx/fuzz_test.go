package onnx_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: whatever the bytes, everything that is told lies inside the file,
// and every error is a Fault.
func FuzzWalk(f *testing.F) {
	const byts = protobuf.Bytes
	tensor := pb.Join(pb.Packed(1<<3|byts, 2), pb.Int(2<<3, 1), pb.Text(8<<3|byts, "w"), pb.Text(9<<3|byts, "12345678"))
	node := pb.Join(pb.Text(4<<3|byts, "If"), pb.Sub(5<<3|byts, pb.Text(1<<3|byts, "a"), pb.Sub(6<<3|byts, pb.Sub(5<<3|byts, tensor))))
	f.Add(pb.Join(pb.Int(1<<3, 8), pb.Sub(7<<3|byts, pb.Sub(1<<3|byts, node), pb.Sub(5<<3|byts, tensor)), pb.Sub(8<<3|byts, pb.Int(2<<3, 17))))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
		inside := func(what string, offset, n int64) {
			if offset < 0 || n < 0 || offset > size || n > size-offset {
				t.Fatalf("%s of %d bytes at %d is not inside %d bytes", what, n, offset, size)
			}
		}
		err := onnx.Walk(hostile.NewReader(hostile.Bytes(data), size, budget), onnx.Visitor{
			Node:   func(n onnx.Node) { inside("node", n.Offset, 0) },
			Tensor: func(x onnx.Tensor) { inside("tensor", x.Offset, x.RawSize) },
			Text:   func(x onnx.Text) { inside(x.Kind, x.Offset, x.Size) },
		})
		hostiletest.OnlyFault(t, err)
		onnx.Looks(hostile.NewReader(hostile.Bytes(data), size, budget))
	})
}
