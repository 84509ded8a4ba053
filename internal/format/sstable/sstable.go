// Package sstable reads sorted string tables, the files of LevelDB in which
// TensorFlow keeps what a checkpoint holds and where. Blocks that are not
// compressed are read in place.
//
// Format: https://github.com/google/leveldb/blob/main/doc/table_format.md and
// tensorflow/core/lib/io/{format,table}.cc
//
// Checksums are not verified: a library refuses what they contradict, and a
// reader that refuses less sees more.
package sstable

import (
	"bytes"
	"iter"

	"github.com/klauspost/compress/s2"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// magic ends a table.
	magic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"
	// footerSize is what the footer takes with its padding, in bytes.
	footerSize = 48
	// trailerSize is what follows each block: a compression and a checksum.
	trailerSize = 5
	// maxKey is the longest key that is read, in bytes: keys are built from the
	// one before, and what they are built to is not bound by the file's size.
	maxKey = 64 << 10
)

// The compressions of blocks.
const (
	plain  = 0
	snappy = 1
)

// Ends reports whether a file ends as a table does, from its last bytes.
func Ends(last []byte) bool {
	return len(last) >= footerSize && bytes.HasSuffix(last, []byte(magic))
}

// An Entry is a key and its value.
type Entry struct {
	Key string
	// Value is a window of the file, or of the memory that a compressed block
	// was unpacked to.
	Value *hostile.Reader
	// Offset is where the entry is in the file; of a packed one, its block.
	Offset int64
}

// A handle says where a block is.
type handle struct{ offset, size uint64 }

// Entries yields what the table that fills r holds, in file order, up to the
// first fault, which r keeps. A value is valid until the next one.
func Entries(r *hostile.Reader) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		t := table{r: r}
		index := t.footer()
		if r.Err() != nil {
			return
		}
		t.entries(index, func(e Entry) bool {
			h := t.handle(e.Value, e.Offset)
			switch {
			case r.Err() != nil:
			case h.offset < t.next || h.offset > index.offset:
				r.FailAt(e.Offset, hostile.Malformed, "a block at byte %#x, where blocks end at %#x and the next is to follow %#x", h.offset, index.offset, t.next)
			default:
				t.next = h.offset + h.size
				return t.entries(h, yield)
			}
			return false
		})
	}
}

// A table is one that is being read.
type table struct {
	r    *hostile.Reader
	next uint64 // behind the block that was read last
}

// footer returns where the index of the blocks is.
func (t *table) footer() handle {
	r := t.r
	if r.Left() < footerSize {
		r.Fail(hostile.Truncated, "a table of %d bytes, its footer takes %d", r.Left(), footerSize)
		return handle{}
	}
	f := r.At(uint64(r.End()-footerSize), footerSize)
	t.handle(f, f.Start()) // of the blocks about blocks
	index := t.handle(f, f.Start())
	f.MoveTo(r.End() - int64(len(magic)))
	if got := string(f.Bytes(uint64(len(magic)))); got != magic && r.Err() == nil {
		r.Fail(hostile.Malformed, "a table ends with %x, %x found", magic, got)
	}
	return index
}

// handle reads where a block is from something at an offset of the file.
func (t *table) handle(r *hostile.Reader, at int64) handle {
	h := handle{r.Uvarint(), r.Uvarint()}
	t.keep(r, at)
	return h
}

// keep makes a fault met in a part of the table, at an offset of the file, one of
// the table.
func (t *table) keep(part *hostile.Reader, at int64) {
	if part.Err() != nil && t.r.Err() == nil {
		t.r.FailAt(at, hostile.Malformed, "in a block of the table: %v", part.Err())
	}
}

// entries shows each entry of a block to visit, until that returns false, and
// reports whether there was no reason to stop.
func (t *table) entries(h handle, visit func(Entry) bool) bool {
	mark := t.r.Budget().Held()
	defer t.r.Budget().Release(mark)
	b, packed := t.block(h)
	if t.r.Err() != nil {
		return false
	}
	records := t.records(b)
	var key []byte
	for records.Left() > 0 && t.r.Step() {
		at := records.Offset()
		if packed {
			at = int64(h.offset)
		}
		shared, own, size := records.Uvarint(), records.Uvarint(), records.Uvarint()
		if shared > uint64(len(key)) || own > maxKey-shared {
			records.Fail(hostile.Malformed, "a key of %d and %d bytes, the one before has %d", shared, own, len(key))
		} else {
			key = append(key[:shared], records.Peek(int(min(own, uint64(records.Left()))))...)
			records.Skip(own)
		}
		value := records.Window(size)
		if t.keep(records, at); t.r.Err() != nil {
			return false
		}
		if !visit(Entry{Key: string(key), Value: value, Offset: at}) {
			return false
		}
	}
	return t.r.Err() == nil
}

// records is a block without the list of places at which keys start anew.
func (t *table) records(b *hostile.Reader) *hostile.Reader {
	if b.Left() < 4 {
		t.r.FailAt(b.Offset(), hostile.Truncated, "a block of %d bytes, its last number takes 4", b.Left())
		return b
	}
	restarts := b.At(uint64(b.End()-4), 4).UintLE(4)
	if restarts > uint64(b.Left()-4)/4 {
		t.r.FailAt(b.End()-4, hostile.Malformed, "%d restarts in a block of %d bytes", restarts, b.Left())
		return b
	}
	return b.Window(uint64(b.Left()) - 4 - 4*restarts)
}

// block returns the content of a block, and whether it had to be unpacked.
func (t *table) block(h handle) (b *hostile.Reader, packed bool) {
	if h.size > uint64(t.r.End()) || h.offset > uint64(t.r.End())-h.size {
		t.r.Fail(hostile.Truncated, "a block of %d bytes at byte %#x claimed, the table ends at %#x", h.size, h.offset, t.r.End())
		return nil, false
	}
	b = t.r.At(uint64(t.r.Start())+h.offset, h.size+trailerSize)
	body := b.Window(h.size)
	compression := b.Uint8()
	b.Skip(trailerSize - 1)
	if t.keep(b, b.Offset()); t.r.Err() != nil {
		return nil, false
	}
	switch compression {
	case plain:
		return body, false
	case snappy:
		return t.unpack(body), true
	}
	t.r.FailAt(body.End(), hostile.Unsupported, "a block with compression %d", compression)
	return nil, false
}

// unpack undoes a block's compression in memory.
func (t *table) unpack(body *hostile.Reader) *hostile.Reader {
	at, budget := body.Offset(), t.r.Budget()
	p := body.Bytes(uint64(body.Left()))
	n, err := s2.DecodedLen(p)
	if body.Err() != nil || err != nil {
		t.r.FailAt(at, hostile.Malformed, "a compressed block: %v %v", err, body.Err())
		return nil
	}
	if t.r.Hold(uint64(n)) != nil {
		return nil
	}
	if err := budget.Inflate(int64(n)); err != nil {
		t.r.FailAt(at, hostile.OverBudget, "a compressed block: %v", err)
		return nil
	}
	out := make([]byte, n)
	if err := hostile.Guard(func() (err error) { out, err = s2.Decode(out, p); return err }); err != nil {
		t.r.FailAt(at, hostile.Malformed, "a compressed block: %v", err)
		return nil
	}
	return hostile.NewReader(hostile.Bytes(out), int64(len(out)), budget)
}
