// Package ocdbt reads the databases in which TensorStore keeps the arrays of a
// checkpoint (Optionally-Cooperative Distributed B+tree): manifests, nodes of the
// tree of versions and of the tree of keys, with what they refer to.
//
// Format: https://google.github.io/tensorstore/kvstore/ocdbt/index.html
package ocdbt

import (
	"hash/crc32"
	"io"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind says what a record is.
type Kind uint8

// The kinds of records.
const (
	Manifest Kind = iota + 1
	Keys          // a node of the B+tree
	Versions      // a node of the tree of versions
)

// signatures are the first four bytes of records; all begin with sign.
var signatures = map[string]Kind{"\x0c\xdb\x3a\x2a": Manifest, "\x0c\xdb\x20\xde": Keys, "\x0c\xdb\x12\x34": Versions}

// sign is how every record begins.
const sign = "\x0c\xdb"

// KindOf tells the kind of the record that text starts with, or zero.
func KindOf(text []byte) Kind {
	if len(text) < 4 {
		return 0
	}
	return signatures[string(text[:4])]
}

const (
	headerSize   = 4 + 8 // signature and length
	checksumSize = 4
	// leastSize is a record with nothing but its header, version, compression and
	// checksum.
	leastSize = headerSize + 2 + checksumSize
	// maxPath and maxKey are the limits of TensorStore, in bytes.
	maxPath = 65535
	maxKey  = 65535
)

// A Record is a record with what it refers to.
type Record struct {
	Kind    Kind
	Offset  int64
	Size    int64
	Files   []File
	Entries []Entry     // of Keys without further nodes below
	Body    io.ReaderAt // unpacked; inline values lie in it
}

// A File is a data file by its path, relative to the database.
type File struct{ Path string }

// An Entry is a key, relative to the node, with its value.
type Entry struct {
	Key    string
	Inline bool  // the value lies in Body, otherwise in a file
	File   int   // of values that are not inline: index of Files
	Offset int64 // of the value
	Size   int64
}

// whole reports whether a whole record stands at the cursor: its length fits and
// its checksum is right. The cursor does not move.
func whole(r *hostile.Reader) bool {
	w, ok := extent(r)
	if !ok {
		return false
	}
	sum := uint32(0)
	table := crc32.MakeTable(crc32.Castagnoli)
	for w.Left() > checksumSize && w.Step() {
		p := w.Peek(int(min(w.Left()-checksumSize, 32<<10)))
		sum = crc32.Update(sum, table, p)
		w.Skip(uint64(len(p)))
		if r.Budget().Steps(int64(len(p))>>3) != nil {
			return false
		}
	}
	want := w.UintLE(checksumSize)
	return w.Err() == nil && uint64(sum) == want
}

// extent returns the window of the record at the cursor.
func extent(r *hostile.Reader) (*hostile.Reader, bool) {
	if KindOf(r.Peek(4)) == 0 || r.Left() < leastSize {
		return nil, false
	}
	size := r.At(uint64(r.Offset()+4), 8).UintLE(8)
	if size < leastSize || size > uint64(r.Left()) {
		return nil, false
	}
	return r.At(uint64(r.Offset()), size), true
}

// Decode reads the record at the cursor and moves behind it. Its checksum is
// checked first. A fault inside of a record that was compressed has the place of
// the record.
func Decode(r *hostile.Reader) (Record, error) {
	rec := Record{Kind: KindOf(r.Peek(4)), Offset: r.Offset()}
	w, ok := extent(r)
	if !ok {
		return rec, r.Fail(hostile.Truncated, "a record that the %d bytes left do not hold", r.Left())
	}
	if !whole(r) {
		return rec, r.Fail(hostile.Malformed, "a record whose checksum does not fit")
	}
	rec.Size = w.Left()
	body, err := rec.unpack(w)
	if err == nil {
		err = rec.read(body)
	}
	r.Skip(uint64(rec.Size))
	return rec, err
}

// unpack opens the body of a record.
func (rec *Record) unpack(w *hostile.Reader) (*hostile.Reader, error) {
	w.Skip(headerSize)
	version, method := w.Uvarint(), w.Uvarint()
	size := w.Left() - checksumSize
	if w.Err() == nil && (version != 0 || method > 1) {
		w.Fail(hostile.Unsupported, "version %d, compression %d", version, method)
	}
	if w.Err() != nil || size < 0 {
		return nil, w.Fail(hostile.Malformed, "no body")
	}
	packed := hostile.Section(w, w.Offset(), size)
	rec.Body = packed
	if method == 1 {
		content, err := compress.Zstd().Unpack(packed, size, w.Budget())
		if err != nil {
			return nil, w.Fail(hostile.Malformed, "%v", err)
		}
		rec.Body, size = content.Reader(), content.Size
	}
	return hostile.NewReader(rec.Body, size, w.Budget()), nil
}

// read decodes a body to its end.
func (rec *Record) read(r *hostile.Reader) error {
	switch rec.Kind {
	case Manifest:
		rec.manifest(r)
	case Versions:
		rec.versions(r)
	case Keys:
		rec.keys(r)
	}
	if r.Err() == nil && r.Left() > 0 {
		r.Fail(hostile.Malformed, "%d bytes behind the last entry", r.Left())
	}
	if err := r.Err(); err != nil {
		return hostile.Faultf(hostile.Malformed, rec.Offset, "in a record: %v", err)
	}
	return nil
}
