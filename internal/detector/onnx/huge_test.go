package onnx_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestHuge: a model of 3 GiB costs what its structure costs.
func TestHuge(t *testing.T) {
	const hole = 3 << 30
	raw := protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.BytesType), hole)
	fields := append([]byte{8, 0x80, 0x80, 0x80, 0x80, 3, 0x10, 1, 0x42, 1, 'w'}, raw...) // 3<<28 elements, FLOAT, name, raw_data
	tensor := protowire.AppendTag(nil, 5, protowire.BytesType)
	tensor = append(protowire.AppendVarint(tensor, uint64(len(fields))+hole), fields...)
	head := append(protowire.AppendVarint([]byte{8, 8, 7<<3 | 2}, uint64(len(tensor))+hole), tensor...)
	file := &hostiletest.Sparse{Head: head, Hole: hole, Tail: []byte{8<<3 | 2, 2, 0x10, 17}}
	detectortest.Huge(t, []*detector.Detector{onnx.Detector}, "m.onnx", file, 1<<20, 8<<20)
}
