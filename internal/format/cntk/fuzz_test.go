package cntk

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: whatever the bytes, the walk ends, dictionaries lie in the file, and
// every error is a Fault.
func FuzzWalk(f *testing.F) {
	value := pb.Sub(entryValue, pb.Text(8<<3|protobuf.Bytes, "x"))
	f.Add(pb.Join(pb.Int(1<<3, 1), pb.Sub(2<<3|protobuf.Bytes, pb.Text(1<<3|protobuf.Bytes, "uid"), value)))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, err := Walk(hostiletest.Reader(p), func(d Dictionary) {
			if d.Offset < 0 || d.Offset > int64(len(p)) || len(d.Texts) > len(p) {
				t.Errorf("a dictionary at %d of %d bytes with %d texts", d.Offset, len(p), len(d.Texts))
			}
		})
		hostiletest.OnlyFault(t, err)
	})
}
