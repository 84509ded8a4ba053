package onnx_test

import (
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// sparse is a file with a hole of zeros between head and tail; read counts the
// bytes that were asked for.
type sparse struct {
	head, tail []byte
	hole       int64
	read       int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.read += int64(len(p))
	clear(p)
	if off < int64(len(s.head)) {
		copy(p, s.head[off:])
	}
	tailAt := int64(len(s.head)) + s.hole
	for i := range p {
		switch at := off + int64(i) - tailAt; {
		case at >= int64(len(s.tail)):
			return i, io.EOF
		case at >= 0:
			p[i] = s.tail[at]
		}
	}
	return len(p), nil
}

// TestHuge: a model of 3 GiB costs what its structure costs.
func TestHuge(t *testing.T) {
	const hole = 3 << 30
	raw := protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.BytesType), hole)
	fields := append([]byte{8, 0x80, 0x80, 0x80, 0x80, 3, 0x10, 1, 0x42, 1, 'w'}, raw...) // 3<<28 elements, FLOAT, name, raw_data
	tensor := protowire.AppendTag(nil, 5, protowire.BytesType)
	tensor = append(protowire.AppendVarint(tensor, uint64(len(fields))+hole), fields...)
	head := append(protowire.AppendVarint([]byte{8, 8, 7<<3 | 2}, uint64(len(tensor))+hole), tensor...)
	file := &sparse{head: head, hole: hole, tail: []byte{8<<3 | 2, 2, 0x10, 17}}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := scan.Scanner{Detectors: []*detector.Detector{onnx.Detector}, Limits: hostile.DefaultLimits(), Now: time.Now}
	got := s.File(context.Background(), artifact.File{Path: "m.onnx", Content: file, Size: int64(len(head)) + hole + 4})
	runtime.ReadMemStats(&after)
	if got.Status != audit.Clean {
		t.Errorf("got %s %s %+v, want clean", got.Status, got.Reason, got.Findings)
	}
	if file.read > 1<<20 || after.TotalAlloc-before.TotalAlloc > 8<<20 {
		t.Errorf("%d bytes read and %d allocated for a structure of %d bytes", file.read, after.TotalAlloc-before.TotalAlloc, len(head))
	}
}
