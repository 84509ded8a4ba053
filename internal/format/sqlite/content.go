package sqlite

import (
	"errors"
	"io"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Content reads a blob of any size. What came before a fault is in the content.
func (d *Database) Content(b Blob) (*hostile.Content, error) {
	return hostile.Unpack(d.r.Budget(), func() (io.Reader, error) { return d.open(b.row, b.skip, b.Size) })
}

// bytes reads size bytes of a row behind its first skip ones, which are charged to
// the memory budget.
func (d *Database) bytes(w row, skip, size int64) ([]byte, error) {
	if err := d.r.Budget().Hold(uint64(size)); err != nil {
		return nil, err
	}
	s, err := d.open(w, skip, size)
	if err != nil {
		return nil, err
	}
	out := make([]byte, size)
	_, err = io.ReadFull(s, out)
	return out, err
}

// open returns a stream of size bytes of a row behind its first skip ones.
func (d *Database) open(w row, skip, size int64) (io.Reader, error) {
	if w.size > d.r.End() {
		return nil, hostile.Faultf(hostile.Malformed, w.offset, "a row of %d bytes, the file has %d", w.size, d.r.End())
	}
	s := &stream{d: d, row: w, part: d.r.At(uint64(w.offset), uint64(w.local)), next: w.overflow}
	for skip > s.part.Left() {
		skip -= s.part.Left()
		if err := s.turn(); err != nil {
			return nil, err
		}
	}
	s.part.Skip(uint64(skip))
	return io.LimitReader(s, size), nil
}

// A stream reads a row from its page on, and then the pages that it overflows to.
type stream struct {
	d    *Database
	row  row
	part *hostile.Reader // what is left of the row's bytes in a page
	next int64           // number of the page behind, or 0
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if s.part.Left() == 0 {
		if err := s.turn(); err != nil {
			return 0, err
		}
	}
	n, err := s.part.ReadAt(p[:min(int64(len(p)), s.part.Left())], s.part.Offset())
	s.part.Skip(uint64(n))
	if errors.Is(err, io.EOF) { // the row does not end here, whatever the file does
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// turn goes on to the next page.
func (s *stream) turn() error {
	if s.part.Err() == nil && s.next > 0 && s.d.r.Step() {
		s.part = s.d.r.At(uint64((s.next-1)*s.d.pageSize), uint64(s.d.usable))
		s.next = int64(s.part.UintBE(4))
		if s.part.Err() == nil {
			return nil
		}
	}
	return hostile.Faultf(hostile.Truncated, s.row.offset, "a row of %d bytes overflows to pages that are not there", s.row.size)
}
