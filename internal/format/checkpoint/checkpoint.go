// Package checkpoint reads what a TensorFlow checkpoint says of itself: the
// index of its tensors, in the second version with the files that hold them
// (.index beside .data-00000-of-00001) and in the first with the tensors
// themselves, and the text that names the latest of several checkpoints.
//
// Format: tensorflow/core/protobuf/tensor_bundle.proto,
// tensorflow/core/util/saved_tensor_slice.proto and
// tensorflow/python/training/checkpoint_state.proto
package checkpoint

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/format/sstable"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// Fields of the messages, as number<<3 | wire type.
const (
	headerShards = 1<<3 | vint // BundleHeaderProto

	slicesMeta = 1<<3 | byts // SavedTensorSlices
	slicesData = 2<<3 | byts

	entryShard  = 3<<3 | vint // BundleEntryProto
	entryOffset = 4<<3 | vint
	entrySize   = 5<<3 | vint

	stateLatest = 1<<3 | byts // CheckpointState
	stateAll    = 2<<3 | byts
)

// An Index is what an index says of the checkpoint.
type Index struct {
	Version int    // 2: shards hold the tensors; 1: the index does; 0: the table is of something else
	Shards  uint64 // of version 2
	Tensors int    // entries
}

// A Tensor is where a shard holds one, or a part of one.
type Tensor struct {
	Name        string
	Shard       uint64
	First, Size uint64 // in the shard, in bytes
	Offset      int64  // of the entry in the index
}

// ReadIndex reads the index that fills r and shows each tensor of version 2 to
// visit.
func ReadIndex(r *hostile.Reader, visit func(Tensor)) (Index, error) {
	var x Index
	for e := range sstable.Entries(r) {
		m := protobuf.Root(e.Value)
		switch {
		case e.Key == "":
			x.head(m)
		case x.Version == 0:
			return x, r.Err() // whose keys are something else
		case x.Version == 1:
			slices(m)
		default:
			visit(tensor(m, e))
		}
		if err := e.Value.Err(); err != nil {
			return x, r.FailAt(e.Offset, hostile.Malformed, "the entry of a tensor: %v", err)
		}
		if e.Key != "" {
			x.Tensors++
		}
	}
	return x, r.Err()
}

// head reads the first value, which tells the versions apart by what field 1 is.
func (x *Index) head(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case headerShards:
			x.Version, x.Shards = 2, f.Uint
		case slicesMeta:
			x.Version = 1
		}
	}
}

// slices reads to the end of a tensor that the index itself holds.
func slices(m protobuf.Message) {
	for f := range m.All(slicesData) {
		for range f.Message().Fields() {
		}
	}
}

func tensor(m protobuf.Message, e sstable.Entry) Tensor {
	t := Tensor{Name: e.Key, Offset: e.Offset}
	for f := range m.Fields() {
		switch f.Tag {
		case entryShard:
			t.Shard = f.Uint
		case entryOffset:
			t.First = f.Uint
		case entrySize:
			t.Size = f.Uint
		}
	}
	return t
}

// A Path is a checkpoint that a state names.
type Path struct {
	Name   string
	Latest bool  // the one that is loaded when none is asked for
	Offset int64 // in the text
}

// stateSchema is the state's message in the text format.
var stateSchema = prototext.Schema{"CheckpointState": {
	"model_checkpoint_path": {Tag: stateLatest}, "all_model_checkpoint_paths": {Tag: stateAll},
}}

// State reports whether a text is the state of checkpoints, by its first field.
func State(first string) bool {
	_, known := stateSchema["CheckpointState"][first]
	return known || first == "all_model_checkpoint_timestamps" || first == "last_preserved_timestamp"
}

// ReadState reads the text that names checkpoints.
func ReadState(r *hostile.Reader) ([]Path, error) {
	binary, err := prototext.Encode(r, stateSchema, "CheckpointState")
	var all []Path
	m := protobuf.Root(hostile.NewReader(hostile.Bytes(binary.Data), int64(len(binary.Data)), r.Budget()))
	for f := range m.Fields() {
		if r.Hold(uint64(f.Len())) != nil {
			return all, r.Err()
		}
		all = append(all, Path{Name: f.Text(), Latest: f.Tag == stateLatest, Offset: binary.Place(f.At)})
	}
	return all, err
}
