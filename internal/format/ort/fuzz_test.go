package ort_test

import (
	"context"
	"testing"
	"time"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/format/ort"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: whatever the bytes, all that is told lies in them, a walk ends
// within its steps, and every error is a Fault.
func FuzzWalk(f *testing.F) {
	leaf := fb.Table{0: "n", 2: "d", 5: "Op", 8: []string{"x"}, 10: []fb.Table{{0: "a", 4: uint64(1), 5: "s", 10: []string{"t"}, 6: fb.Table{0: "w", 4: []byte("1234")}}}}
	f.Add(fb.Build(ort.Identifier, fb.Table{0: "6", 1: fb.Table{
		1: []fb.Table{{0: "", 1: uint64(17)}}, 6: "doc", 9: []fb.Table{{0: "k", 1: "v"}}, 7: fb.Table{
			0: []fb.Table{{0: "w", 2: fb.Int64s{2}, 3: uint32(1), 4: []byte("12345678"), 5: []string{"s"}}},
			1: []fb.Table{{0: "x", 2: fb.Table{1: uint8(1), 2: fb.Table{1: fb.Table{0: []fb.Table{{0: fb.Table{2: "n"}}}}}}}},
			2: []fb.Table{{5: "If", 10: []fb.Table{{7: fb.Table{2: []fb.Table{leaf}}}}}},
			7: []fb.Table{{0: fb.Table{0: "v"}}},
			8: fb.Table{0: []fb.Table{{0: "o", 1: []fb.Table{{0: "a", 3: []string{"p"}}}}}},
		}}, 3: fb.Table{0: []fb.Table{{0: ":Add:14", 1: []fb.Table{{0: "T", 1: []fb.Table{{1: uint32(1)}}}}}}}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		limits := hostile.DefaultLimits()
		limits.Steps = 200_000
		budget := hostile.NewBudget(context.Background(), limits, int64(len(p)), time.Now)
		inside := func(offset, size int64) {
			if offset < 0 || size < 0 || offset+size > int64(len(p)) {
				t.Errorf("%d bytes at %d of %d", size, offset, len(p))
			}
		}
		err := ort.Walk(hostile.NewReader(hostile.Bytes(p), int64(len(p)), budget), onnx.Visitor{
			Node:   func(n onnx.Node) { inside(n.Offset, 0) },
			Tensor: func(n onnx.Tensor) { inside(n.Offset, n.RawSize) },
			Text:   func(n onnx.Text) { inside(n.Offset, n.Size) },
		})
		hostiletest.OnlyFault(t, err)
	})
}
