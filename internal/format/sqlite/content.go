package sqlite

import "github.com/modelaudit/modelaudit/internal/hostile"

// Offset is that of the row that a blob is in, which may go on elsewhere.
func (b Blob) Offset() int64 { return b.row.offset }

// Content returns a blob, of any size. The places of its pieces are charged to the
// memory budget.
func (d *Database) Content(b Blob) (*hostile.Pieces, error) {
	return d.content(b.row, b.skip, b.Size)
}

// bytes reads size bytes of a row behind its first skip ones, which are charged to
// the memory budget.
func (d *Database) bytes(w row, skip, size int64) ([]byte, error) {
	content, err := d.content(w, skip, size)
	if err != nil {
		return nil, err
	}
	r := hostile.NewReader(content, size, d.r.Budget())
	return r.Bytes(uint64(size)), r.Err()
}

// content finds size bytes of a row behind its first skip ones, in the row's page
// and those that it overflows to.
func (d *Database) content(w row, skip, size int64) (*hostile.Pieces, error) {
	if w.size > d.r.End() {
		return nil, hostile.Faultf(hostile.Malformed, w.offset, "a row of %d bytes, the file has %d", w.size, d.r.End())
	}
	out := hostile.NewPieces(d.r, d.r.Budget())
	part, next := d.r.At(uint64(w.offset), uint64(w.local)), w.overflow
	for {
		here := min(part.Left()-skip, size-out.Size)
		if err := out.Add(part.Offset()+skip, here); err != nil {
			return nil, err
		}
		skip = max(0, skip-part.Left())
		if out.Size == size {
			return out, nil
		}
		if part.Err() != nil || next < 1 || !d.r.Step() {
			return nil, hostile.Faultf(hostile.Truncated, w.offset, "a row of %d bytes overflows to pages that are not there", w.size)
		}
		part = d.r.At(uint64((next-1)*d.pageSize), uint64(d.usable))
		next = int64(part.UintBE(4))
	}
}
