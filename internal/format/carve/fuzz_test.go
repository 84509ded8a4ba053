package carve_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzFind: what is found lies in the window, in order and apart, the same from
// memory and from short reads, and whatever stands in front of it.
func FuzzFind(f *testing.F) {
	for _, h := range hidden(f) {
		if len(h.data) < 1000 {
			f.Add(h.data, uint16(3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, front uint16) {
		whole := append(make([]byte, front), data...)
		found := search(t, hostile.Bytes(whole), int64(front), int64(len(whole)))
		again := search(t, shortReads{whole}, int64(front), int64(len(whole)))
		if len(found) != len(again) {
			t.Fatalf("%d from memory, %d from short reads", len(found), len(again))
		}
		end := int64(front)
		for i, file := range found {
			if file != again[i] || file.Offset < end || file.Size < 1 || file.Size > int64(len(whole))-file.Offset {
				t.Fatalf("%+v behind %d of %d bytes, from short reads %+v", file, end, len(whole), again[i])
			}
			end = file.Offset + file.Size
		}
	})
}

// search looks for files behind a front; every place is a pickle of 5 bytes that
// starts with a certain one.
func search(t *testing.T, src interface {
	ReadAt([]byte, int64) (int, error)
}, from, size int64) []carve.File {
	t.Helper()
	limits := hostile.DefaultLimits()
	limits.Steps = 1 << 20
	budget := hostile.NewBudget(context.Background(), limits, size, time.Now)
	r := hostile.NewReader(src, size, budget)
	r.MoveTo(from)
	found, err := carve.Find(r, func(at int64) (int64, bool) { return at + 5, at%2 == 0 })
	if err != nil && budget.Spent() == nil {
		t.Fatal(err)
	}
	if budget.Held() != 0 {
		t.Fatalf("%d bytes are still held", budget.Held())
	}
	return found
}

// shortReads returns at most 7,000 bytes a call.
type shortReads struct{ data hostile.Bytes }

func (s shortReads) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.data.ReadAt(p[:min(7000, len(p))], off)
	if n < len(p) && n > 0 {
		err = nil
	}
	return n, err
}
