package checkpoint

import (
	"testing"

	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/format/sstable/sstabletest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func TestReadIndex(t *testing.T) {
	entry := string(pb.Join(pb.Int(1<<3|vint, 1), pb.Int(entryShard, 1), pb.Int(entryOffset, 8), pb.Int(entrySize, 4)))
	data := sstabletest.Build(false, []sstabletest.Pair{{"", string(pb.Int(headerShards, 2))}, {"w", entry}})
	var got []Tensor
	x, err := ReadIndex(hostiletest.Reader(data), func(t Tensor) { got = append(got, t) })
	if err != nil || x != (Index{Version: 2, Shards: 2, Tensors: 1}) || len(got) != 1 {
		t.Fatalf("got %+v, %+v and %v", x, got, err)
	}
	if w := got[0]; w.Name != "w" || w.Shard != 1 || w.First != 8 || w.Size != 4 {
		t.Errorf("got %+v, want w in shard 1 at 8", w)
	}
}

func TestReadState(t *testing.T) {
	text := "model_checkpoint_path: \"a\"\nall_model_checkpoint_paths: \"b\"\nlast_preserved_timestamp: 1.5\n"
	got, err := ReadState(hostiletest.Reader([]byte(text)))
	if err != nil || len(got) != 2 || got[0] != (Path{Name: "a", Latest: true}) || got[1] != (Path{Name: "b", Offset: 27}) {
		t.Errorf("got %+v and %v", got, err)
	}
}

// FuzzRead: whatever the bytes, every error is a Fault, and places are in the file.
func FuzzRead(f *testing.F) {
	entry := string(pb.Int(entryShard, 1))
	f.Add(sstabletest.Build(true, []sstabletest.Pair{{"", string(pb.Int(headerShards, 2))}, {"w", entry}}))
	f.Add(sstabletest.Build(false, []sstabletest.Pair{{"", string(pb.Sub(slicesMeta))}, {"w", string(pb.Sub(slicesData))}}))
	f.Add([]byte(`model_checkpoint_path: "a"`))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, bad := ReadIndex(hostiletest.Reader(p), func(x Tensor) {
			if x.Offset < 0 || x.Offset > int64(len(p)) {
				t.Errorf("a tensor at %d of %d bytes", x.Offset, len(p))
			}
		})
		paths, worse := ReadState(hostiletest.Reader(p))
		for _, x := range paths {
			if x.Offset > int64(len(p)) {
				t.Errorf("a path at %d of %d bytes", x.Offset, len(p))
			}
		}
		for _, err := range []error{bad, worse} {
			hostiletest.OnlyFault(t, err)
		}
	})
}
