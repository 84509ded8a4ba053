package hostile_test

import (
	"io"
	"testing"
	"testing/iotest"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// TestPieces reads content of pieces in every way that a reader may.
func TestPieces(t *testing.T) {
	p := hostile.NewPieces(hostile.Bytes("-abc--d-efg"), budget(hostile.Limits{}))
	for _, piece := range [][2]int64{{8, 3}, {6, 0}, {1, 3}, {6, 1}} {
		if err := p.Add(piece[0], piece[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := iotest.TestReader(io.NewSectionReader(p, 0, p.Size), []byte("efgabcd")); err != nil {
		t.Error(err)
	}
	if n, err := p.ReadAt(make([]byte, 1), p.Size); n != 0 || err != io.EOF {
		t.Errorf("got %d bytes and %v behind the end", n, err)
	}
}

// TestPiecesOfMemory: as many pieces are noted as there is memory for.
func TestPiecesOfMemory(t *testing.T) {
	p := hostile.NewPieces(hostile.Bytes("ab"), budget(hostile.Limits{Memory: 20}))
	if first, second := p.Add(0, 1), p.Add(1, 1); first != nil || second == nil || p.Size != 1 {
		t.Errorf("got %v, %v and %d bytes, want the second refused", first, second, p.Size)
	}
}

// TestPiecesShrink: a source that ends within a piece is told.
func TestPiecesShrink(t *testing.T) {
	p := hostile.NewPieces(hostile.Bytes("ab"), budget(hostile.Limits{}))
	if err := p.Add(1, 4); err != nil {
		t.Fatal(err)
	}
	if n, err := p.ReadAt(make([]byte, 4), 0); n != 1 || err == nil {
		t.Errorf("got %d bytes and %v, want 1 and an error", n, err)
	}
}
