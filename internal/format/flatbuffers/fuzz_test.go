package flatbuffers_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// maxWalked bounds the tables of one input: they may refer to each other, and it
// is who reads a format that bounds them.
const maxWalked = 200

// FuzzTables reads every field of every table as all that it could be: whatever
// the bytes, tables and texts lie in the buffer, and every error is a Fault.
func FuzzTables(f *testing.F) {
	f.Add(fb.Build("TEST", fb.Table{0: "text", 1: uint32(7), 2: fb.Table{0: uint64(1)}, 3: []fb.Table{{0: "a"}, {1: "b"}}, 4: []string{"c", "d"}, 5: []byte("bytes")}))
	f.Fuzz(func(t *testing.T, p []byte) {
		r := hostiletest.Reader(p)
		root, id := flatbuffers.Root(r)
		if len(id) > 4 {
			t.Errorf("an identifier of %d bytes", len(id))
		}
		w := walker{t: t, r: r, size: int64(len(p))}
		w.table(root)
		hostiletest.OnlyFault(t, r.Err())
	})
}

type walker struct {
	t    *testing.T
	r    *hostile.Reader
	size int64
	seen int
}

func (w *walker) table(table flatbuffers.Table) {
	if w.seen++; w.seen > maxWalked || w.r.Err() != nil {
		return
	}
	if at := table.Offset(); at < 0 || at > w.size {
		w.t.Errorf("a table at %d of %d bytes", at, w.size)
	}
	const fields, limit = 6, 16
	for i := range fields {
		table.Uint(i, 8, 0)
		if s := table.String(i, limit); len(s) > limit {
			w.t.Errorf("a text of %d bytes, cut at %d", len(s), limit)
		}
		for text := range table.Texts(i) {
			if text.Start() < 0 || text.End() > w.size {
				w.t.Errorf("a text from %d to %d of %d bytes", text.Start(), text.End(), w.size)
			}
		}
		if inner, ok := table.Table(i); ok {
			w.table(inner)
		}
		for _, inner := range table.Tables(i) {
			w.table(inner)
		}
	}
}
