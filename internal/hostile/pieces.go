package hostile

import (
	"cmp"
	"io"
	"sort"
)

// Pieces is content that lies in several places of a source, as the values of
// databases lie on pages. It is read in place.
type Pieces struct {
	Size int64 // bytes of all pieces

	src    io.ReaderAt
	budget *Budget
	all    []piece
}

// A piece starts at a byte of the content and at an offset of the source.
type piece struct{ at, offset int64 }

// pieceCost is what a piece is charged, in bytes.
const pieceCost = 16

// NewPieces returns content of no pieces yet.
func NewPieces(src io.ReaderAt, budget *Budget) *Pieces {
	return &Pieces{src: src, budget: budget}
}

// Add appends the n bytes of the source from an offset on, whose bounds the caller
// has checked. It is refused if there is no memory to note them.
func (p *Pieces) Add(offset, n int64) error {
	if n <= 0 {
		return nil
	}
	if err := p.budget.Hold(pieceCost); err != nil {
		return err
	}
	p.all = append(p.all, piece{p.Size, offset})
	p.Size += n
	return nil
}

// ReadAt implements io.ReaderAt.
func (p *Pieces) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= p.Size {
		return 0, io.EOF
	}
	n := 0
	for i := p.find(off); i < len(p.all) && n < len(b); i++ {
		end := p.Size
		if i+1 < len(p.all) {
			end = p.all[i+1].at
		}
		here := b[n:min(int64(len(b)), int64(n)+end-off)]
		got, err := p.src.ReadAt(here, p.all[i].offset+off-p.all[i].at)
		n += got
		off += int64(got)
		if got < len(here) {
			return n, cmp.Or(err, io.ErrUnexpectedEOF)
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// find returns the piece that holds a byte of the content.
func (p *Pieces) find(off int64) int {
	return sort.Search(len(p.all), func(i int) bool { return p.all[i].at > off }) - 1
}
