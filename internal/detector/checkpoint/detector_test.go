package checkpoint_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/checkpoint"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/format/sstable/sstabletest"
)

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// beside gives the detector's files neighbours of these sizes.
func beside(sizes map[string]int64) *detector.Detector {
	d := *checkpoint.Detector
	d.Run = func(ctx context.Context, p *detector.Pass) error {
		p.File.Open = func(name string) (artifact.Entry, error) {
			size, there := sizes[name]
			if !there {
				return artifact.Entry{}, fs.ErrNotExist
			}
			return artifact.Entry{Size: size}, nil
		}
		return checkpoint.Detector.Run(ctx, p)
	}
	return &d
}

// tensor is an entry of an index.
func tensor(name string, shard, first, size int64) sstabletest.Pair {
	const float = 1
	return sstabletest.Pair{name, string(pb.Join(pb.Int(1<<3|vint, float), pb.Int(3<<3|vint, shard), pb.Int(4<<3|vint, first), pb.Int(5<<3|vint, size)))}
}

// index is one of two shards.
func index(packed bool, tensors ...sstabletest.Pair) []byte {
	head := sstabletest.Pair{"", string(pb.Int(1<<3|vint, 2))}
	return sstabletest.Build(packed, append([]sstabletest.Pair{head}, tensors...))
}

func state(path string) []byte {
	return []byte("model_checkpoint_path: \"" + path + "\"\nall_model_checkpoint_paths: \"" + path + "\"\n")
}

func TestDetector(t *testing.T) {
	far, lost := []string{"tensorflow-checkpoint-outside"}, []string{"tensorflow-checkpoint-elsewhere"}
	first := sstabletest.Build(false, []sstabletest.Pair{
		{"", string(pb.Sub(1<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "w"))))},
		{"w", string(pb.Sub(2<<3|byts, pb.Text(1<<3|byts, "w")))},
	})
	const noEnd, weights = "a text has no end", "weights have no end"
	d := beside(map[string]int64{"m.data-00000-of-00002": 64, "m.index": 100, "here-1.index": 100})
	detectortest.Run(t, d, []detectortest.Case{
		{Name: "index", File: "m.index", Data: index(false, tensor("a", 0, 0, 60), tensor("b", 0, 60, 4), tensor("c", 1, 0, 1000))},
		{Name: "compressed index", File: "m.index", Data: index(true, tensor("a", 0, 0, 64))},
		{Name: "first version", Data: first},
		{Name: "behind the shard", File: "m.index", Data: index(false, tensor("a", 0, 0, 60), tensor("b", 0, 60, 5)), Want: far},
		{Name: "no such shard", Data: index(false, tensor("a", 2, 0, 1)), Want: far},
		{Name: "longer than files are", Data: index(false, tensor("a", 0, -1, 8)), Want: far},
		{Name: "a broken entry", Data: index(false, sstabletest.Pair{"a", "\x0b"}), Unread: true},
		{Name: "shard", File: "m.data-00000-of-00002", Data: make([]byte, 64), AnyPrefix: weights},

		{Name: "relative", File: "checkpoint", Data: state("ckpt-2"), AnyPrefix: noEnd},
		{Name: "absolute, and here", File: "checkpoint", Data: state("/train/run/here-1"), AnyPrefix: noEnd},
		{Name: "absolute", File: "checkpoint", Data: state("/train/run/there-1"), Want: lost},
		{Name: "behind a comment", File: "checkpoint", Data: append([]byte("# the latest\n"), state("/train/run/there-1")...), Want: lost},
		{Name: "behind a time", File: "checkpoint", Data: append([]byte("last_preserved_timestamp: 1.5\n"), state("/train/run/there-1")...), Want: lost},
		{Name: "above", File: "checkpoint", Data: state("../here-1"), Want: lost},
		{Name: "a share", File: "checkpoint", Data: state(`\\\\example.com\\share\\ckpt`), Want: lost},
		{Name: "no text", File: "checkpoint", Data: []byte("model_checkpoint_path: \"a"), Unread: true},
	})
}

// TestOthers: tables of other programs, and shards of nothing, are not models.
func TestOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "000005.ldb", data: sstabletest.Build(false, []sstabletest.Pair{{"key", "value"}})},
		{name: "checkpoint", data: []byte("# notes\nmodel: a\n")},
		{name: "x.data-00000-of-00001", data: make([]byte, 64)},
	} {
		got := detectortest.Scan([]*detector.Detector{beside(nil)}, c.name, c.data)
		if got.Status != audit.NotAModel || len(got.Findings) > 0 {
			t.Errorf("%s: got %s %v, want not recognised", c.name, got.Status, got.Findings)
		}
	}
}
