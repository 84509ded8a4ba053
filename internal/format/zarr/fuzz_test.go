package zarr_test

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/zarr"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDescribe: every codec has a name that stands in the text, in one encoding
// or another.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte(`{"zarr_format":2,"compressor":{"id":"zstd"},"filters":[{"id":"pickle"}]}`))
	f.Add([]byte(`{"zarr_format":3,"codecs":["a",{"name":"b","configuration":{"codecs":[{"name":"c","configuration":{"id":"d"}}]}}],"metadata":{"x":{"codecs":["e"]}}}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := zarr.Describe(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
		for _, c := range d.Codecs {
			if c.Name == "" || c.Offset < 0 || c.Offset > 4*int64(len(p)) {
				t.Errorf("%+v in %d bytes", c, len(p))
			}
		}
	})
}

// FuzzShard: chunks lie in front of an index whose checksum fits, whatever the
// chunks are.
func FuzzShard(f *testing.F) {
	f.Add([]byte("chunk"), uint64(0), uint64(5))
	f.Add([]byte("chunk"), ^uint64(0), ^uint64(0))
	f.Add([]byte{}, uint64(1)<<63, uint64(1)<<63)
	f.Fuzz(func(t *testing.T, p []byte, offset, size uint64) {
		index := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, offset), size)
		sum := crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli))
		file := binary.LittleEndian.AppendUint32(append(p[:len(p):len(p)], index...), sum)
		chunks, found, err := zarr.Shard(hostiletest.Reader(file))
		hostiletest.OnlyFault(t, err)
		if whole := offset == 0 && size == uint64(len(p)) && size > 0; whole && !found {
			t.Errorf("a shard of one chunk of %d bytes is not found", size)
		}
		for _, c := range chunks {
			if found && (c.Offset < 0 || c.Size <= 0 || c.Offset+c.Size > int64(len(file))-zarr.ShardEnd) {
				t.Errorf("%+v of %d bytes", c, len(file))
			}
		}
		_, _, err = zarr.Shard(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
	})
}
