package zarr

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	entrySize    = 16 // of an index: offset and size of a chunk, 64 bits each
	checksumSize = 4
	// maxChunks bounds the chunks of a shard. Real shards hold thousands.
	maxChunks = 1 << 20
)

// absent is the offset and the size of a chunk that the shard does not hold.
const absent = math.MaxUint64

// A Chunk is a range of bytes of a shard.
type Chunk struct{ Offset, Size int64 }

// ShardEnd is how many bytes at the end of a file MayEnd looks at.
const ShardEnd = entrySize + checksumSize

// MayEnd reports whether a file of size bytes that ends with last may be a shard:
// whether its index, if there is one, ends with a chunk that lies in the file.
func MayEnd(last []byte, size int64) bool {
	if len(last) < ShardEnd {
		return false
	}
	tail := last[len(last)-ShardEnd:]
	_, _, ok := entry(binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:]), size)
	return ok
}

// entry is an entry of an index. ok is false for one of no bytes, or of bytes
// that a file of size bytes does not have; held, for a chunk that is absent.
func entry(offset, n uint64, size int64) (c Chunk, held, ok bool) {
	if offset == absent && n == absent {
		return c, false, true
	}
	if n == 0 || offset > uint64(size) || n > uint64(size)-offset {
		return c, false, false
	}
	return Chunk{int64(offset), int64(n)}, true, true
}

// Shard returns the chunks of the shard that fills the window of r, by the index
// at its end: as many entries as there are bytes behind the last chunk, and a
// checksum that fits. found is false for any other file.
func Shard(r *hostile.Reader) (chunks []Chunk, found bool, err error) {
	size := r.End() - r.Start()
	var end int64 // of the chunks that the entries seen so far hold
	for n := int64(1); n <= maxChunks; n++ {
		index := size - checksumSize - n*entrySize
		if index < end || !r.Step() {
			return nil, false, r.Err()
		}
		w := r.At(uint64(r.Start()+index), entrySize)
		c, held, ok := entry(w.UintLE(8), w.UintLE(8), size)
		ok = ok && w.Err() == nil
		if !ok {
			return nil, false, nil
		}
		if held {
			end = max(end, c.Offset+c.Size)
			chunks = append(chunks, Chunk{r.Start() + c.Offset, c.Size})
		}
		if index == end {
			matches, err := checksum(r, index, n*entrySize)
			if matches || err != nil {
				return chunks, matches, err
			}
		}
	}
	return nil, false, nil
}

// checksum compares the CRC-32C behind size bytes of a window with theirs.
func checksum(r *hostile.Reader, offset, size int64) (bool, error) {
	w := r.At(uint64(r.Start()+offset), uint64(size+checksumSize))
	defer r.Budget().Release(r.Budget().Held())
	data := w.Bytes(uint64(size))
	want := w.UintLE(checksumSize)
	return w.Err() == nil && uint64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))) == want, w.Err()
}
