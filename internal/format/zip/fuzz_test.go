package zip_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzDecode checks that entries come in file order and lie in the file, that
// gaps lie between them, and that nothing costs more than the budget allows.
func FuzzDecode(f *testing.F) {
	members := []ziptest.Member{{Name: "a", Data: "hello"}, {Name: "b", Data: "hello hello hello", Deflate: true, Streamed: true}}
	f.Add(ziptest.Build(members, nil))
	f.Add(ziptest.Build(members, func(e *ziptest.End) { e.Zip64, e.Comment = true, "hello" }))
	f.Add(append(ziptest.Build(members, nil), ziptest.Build(members, nil)...))
	series := ziptest.Build([]ziptest.Member{{Name: "archive/data.pkl", Data: "hello"}}, nil)
	f.Add(append(series, series...))
	f.Add(ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Unlisted: true}, {Name: "b", Data: "b", Before: "PK\x07\x08"}}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := hostile.Limits{Steps: 1 << 16, Memory: 1 << 22, Inflated: 1 << 20, Members: 1, Time: time.Second}
		b := hostile.NewBudget(context.Background(), limits, 0, time.Now)
		a, _ := zip.Decode(hostile.NewReader(hostile.Bytes(data), int64(len(data)), b))
		if b.Held() > limits.Memory {
			t.Fatalf("%d bytes held, %d allowed", b.Held(), limits.Memory)
		}
		end := int64(0)
		for _, part := range zip.Series(hostile.NewReader(hostile.Bytes(data), int64(len(data)), b)) {
			if part.Start != end || part.End <= part.Start || part.End > int64(len(data)) {
				t.Fatalf("part %+v after %d in %d bytes", part, end, len(data))
			}
			end = part.End
		}
		end = 0
		for _, gap := range a.Gaps {
			if gap.Start < end || gap.End <= gap.Start || gap.End > int64(len(data)) {
				t.Fatalf("gap %+v after %d in %d bytes", gap, end, len(data))
			}
			end = gap.End
		}
		last := int64(0)
		for e, err := range a.Entries() {
			if b.Spent() != nil {
				return
			}
			if e.Local == nil || err != nil {
				continue
			}
			if e.Local.Offset < last || e.Data > int64(len(data)) || e.End < e.Data || e.End > int64(len(data)) {
				t.Fatalf("entry at %d after %d, data %d to %d of %d", e.Local.Offset, last, e.Data, e.End, len(data))
			}
			last = e.Local.Offset
			for _, x := range e.Readings() {
				content, size, _ := x.Open(hostile.Bytes(data), int64(len(data)), b)
				if content == nil {
					continue
				}
				p := make([]byte, 16)
				if n, err := content.ReadAt(p, max(0, size-8)); err == nil && n < len(p) {
					t.Fatalf("%d bytes without an error", n)
				}
			}
		}
	})
}
