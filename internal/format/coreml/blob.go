package coreml

import (
	"bytes"
	"encoding/binary"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// The weights of a program lie beside it in a file of blobs (weight.bin).
// Format: mlmodel/src/MILBlob/Blob/StorageFormat.hpp of coremltools. All numbers
// are little-endian, and everything starts at a multiple of 64.
const (
	blobAlign    = 64
	blobVersion  = 2
	blobSentinel = 0xdeadbeef // starts the record before each blob
	blobHeader   = 64         // how many blobs, the version, zeros
	blobRecord   = 64         // the sentinel, the type, the size and the place of the data
)

// BlobHead is how much of a file tells whether it is one of blobs, in bytes.
const BlobHead = blobHeader + 4

// IsBlobs reports whether a file starts as one of blobs: with their number, the
// version, zeros, and the first record.
func IsBlobs(head []byte) bool {
	return len(head) >= BlobHead && binary.LittleEndian.Uint32(head) > 0 && binary.LittleEndian.Uint32(head[4:]) == blobVersion &&
		bytes.Equal(head[8:blobHeader], make([]byte, blobHeader-8)) && binary.LittleEndian.Uint32(head[blobHeader:]) == blobSentinel
}

// Blobs reads the records of a file of blobs, jumping over the data, and returns
// how many there are. Behind the last blob the file ends.
func Blobs(r *hostile.Reader) (n int, err error) {
	claimed := r.UintLE(4)
	r.Skip(blobHeader - 4)
	for range r.Count(claimed, blobRecord) {
		if !r.Step() || !blob(r) {
			break
		}
		n++
	}
	if r.Err() == nil && r.Left() > 0 {
		r.Fail(hostile.Malformed, "%d bytes behind the last of %d blobs", r.Left(), n)
	}
	return n, r.Err()
}

// blob reads one record and skips its data.
func blob(r *hostile.Reader) bool {
	at := r.Offset()
	sentinel, _ := r.UintLE(4), r.UintLE(4)
	size, offset := r.UintLE(8), r.UintLE(8)
	r.Skip(blobRecord - 4 - 4 - 8 - 8)
	if r.Err() == nil && (sentinel != blobSentinel || offset != uint64(r.Offset()-r.Start())) {
		r.FailAt(at, hostile.Malformed, "a record that starts with %#x and places its data at %#x: %#x and %#x expected",
			sentinel, offset, uint64(blobSentinel), r.Offset()-r.Start())
	}
	r.Skip(size)
	if rest := (blobAlign - (r.Offset()-r.Start())%blobAlign) % blobAlign; r.Left() >= rest {
		r.Skip(uint64(rest))
	}
	return r.Err() == nil
}
