package coreml

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: whatever the bytes, the walk ends, facts lie in the file, and
// every error is a Fault.
func FuzzWalk(f *testing.F) {
	custom := pb.Sub(555<<3|protobuf.Bytes, pb.Text(10<<3|protobuf.Bytes, "Class"))
	f.Add(pb.Join(pb.Int(1<<3, 4), pb.Sub(2<<3|protobuf.Bytes), custom))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, err := Walk(hostiletest.Reader(p), func(fact Fact) {
			if fact.Offset < 0 || fact.Size < 0 || fact.Offset+fact.Size > int64(len(p)) {
				t.Errorf("%d bytes at %d of %d", fact.Size, fact.Offset, len(p))
			}
		})
		hostiletest.OnlyFault(t, err)
	})
}

// FuzzBlobs: whatever the bytes, reading ends, no more blobs come back than have
// room, and every error is a Fault.
func FuzzBlobs(f *testing.F) {
	head := append([]byte{1, 0, 0, 0, 2, 0, 0, 0}, make([]byte, 56)...)
	record := append([]byte{0xef, 0xbe, 0xad, 0xde, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 128}, make([]byte, 64-17)...)
	f.Add(slices.Concat(head, record, []byte{1, 2}))
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := Blobs(hostiletest.Reader(p))
		if n*blobRecord > len(p) {
			t.Errorf("%d blobs in %d bytes", n, len(p))
		}
		hostiletest.OnlyFault(t, err)
	})
}
