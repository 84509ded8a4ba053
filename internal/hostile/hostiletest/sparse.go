// Package hostiletest makes content for tests, and counts what reading it costs.
package hostiletest

import "io"

// Sparse is content with a hole of zeros between a head and a tail, which takes
// no space. It counts what is read of it.
type Sparse struct {
	Head, Tail []byte
	Hole       int64
	Read       int64 // bytes asked for so far
}

// Size returns the size of the content in bytes.
func (s *Sparse) Size() int64 { return int64(len(s.Head)) + s.Hole + int64(len(s.Tail)) }

// ReadAt implements io.ReaderAt.
func (s *Sparse) ReadAt(p []byte, off int64) (int, error) {
	s.Read += int64(len(p))
	n := int(max(0, min(int64(len(p)), s.Size()-off)))
	clear(p[:n])
	if off < int64(len(s.Head)) {
		copy(p[:n], s.Head[off:])
	}
	tail := int64(len(s.Head)) + s.Hole - off // where the tail starts in p
	if tail < int64(n) {
		from := max(0, -tail)
		copy(p[max(0, tail):n], s.Tail[from:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
