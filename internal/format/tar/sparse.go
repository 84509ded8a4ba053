package tar

import (
	"io"
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Content returns the content of a regular entry: a window of src, the archive,
// or for sparse files one in which the holes are zeros. Zeros are charged to the
// budget like what comes out of decompression. size is that of the archive; when
// it ends early, so does the content.
func (e *Entry) Content(src io.ReaderAt, size int64, budget *hostile.Budget) (io.ReaderAt, int64, error) {
	if e.Sparse {
		return &sparse{src: src, segments: e.Pieces, size: e.Size, budget: budget}, e.Size, nil
	}
	n := max(0, min(e.Packed, size-e.Data))
	content, err := hostile.Stage(src, e.Data, n, budget)
	return content, n, err
}

// A sparse is the expanded content of a sparse file.
type sparse struct {
	src      io.ReaderAt
	segments []Segment // in order, apart
	size     int64
	budget   *hostile.Budget
}

// ReadAt implements io.ReaderAt. What is asked for twice is charged twice.
func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	want := len(p)
	p = p[:min(int64(len(p)), s.size-off)]
	if err := s.budget.Inflate(int64(len(p))); err != nil {
		return 0, err
	}
	clear(p)
	// The first segment that ends behind off.
	i, _ := slices.BinarySearchFunc(s.segments, off, func(x Segment, at int64) int {
		if x.Offset+x.Length <= at {
			return -1
		}
		return 1
	})
	for ; i < len(s.segments) && s.segments[i].Offset < off+int64(len(p)); i++ {
		x := s.segments[i]
		from := max(x.Offset, off)
		to := min(x.Offset+x.Length, off+int64(len(p)))
		if _, err := s.src.ReadAt(p[from-off:to-off], x.Data+from-x.Offset); err != nil && err != io.EOF {
			return 0, err
		}
	}
	if len(p) < want {
		return len(p), io.EOF
	}
	return len(p), nil
}
