package tar_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzWalk checks that entries lie in the file, follow each other, and end; and
// that a sparse file's pieces lie in its data.
func FuzzWalk(f *testing.F) {
	f.Add(tartest.Build(tartest.Member{Name: "a", Data: "hello"}, tartest.Member{Name: "b/", Type: '5'}))
	f.Add(tartest.Build(tartest.Member{Name: "a", GNU: "name", Pax: tartest.Record("path", "b") + tartest.Record("size", "5"), Data: "hello"}))
	f.Add(tartest.Build(tartest.Member{Name: "a", Data: "1\n0\n5\nhello",
		Pax: tartest.Record("GNU.sparse.major", "1") + tartest.Record("GNU.sparse.realsize", "4096")}))
	f.Add(tartest.Build(tartest.Member{Name: "a", Data: "hello", Type: 'S'}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := hostile.NewBudget(context.Background(), hostile.Limits{Steps: 1 << 16, Memory: 1 << 20, Members: 1, Time: time.Second}, 0, time.Now)
		w := tar.Walk(hostile.NewReader(hostile.Bytes(data), int64(len(data)), b))
		last := int64(-1)
		for {
			e, err := w.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if e == nil {
				continue
			}
			if e.Header <= last || e.Header > int64(len(data))-512 || e.Offset > e.Header {
				t.Fatalf("header at %#x after %#x in %d bytes: %+v", e.Header, last, len(data), e)
			}
			last = e.Header
			if err == nil && e.Data+e.Packed > int64(len(data)) {
				t.Fatalf("data %#x+%d in %d bytes", e.Data, e.Packed, len(data))
			}
			if !e.Regular() || err != nil {
				continue
			}
			content, size, _ := e.Content(hostile.Bytes(data), int64(len(data)), b)
			for _, off := range []int64{0, max(0, size-100)} {
				p := make([]byte, 100)
				if n, err := content.ReadAt(p, off); err == nil && n < 100 || int64(n) > size {
					t.Fatalf("%d bytes at %d of %d, %v", n, off, size, err)
				}
			}
		}
	})
}
