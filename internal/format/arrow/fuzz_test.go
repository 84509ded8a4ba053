package arrow_test

import (
	"encoding/base64"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/arrow"
	"github.com/modelaudit/modelaudit/internal/format/arrow/arrowtest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzFind: whatever the bytes, metadata and types lie in the file, and every error is
// a Fault.
func FuzzFind(f *testing.F) {
	stream := arrowtest.Stream(arrowtest.Group(arrowtest.Plain("x"), arrowtest.Column("pickle")))
	for _, s := range []string{
		stream, arrowtest.Cut(stream), arrowtest.File(stream, arrowtest.Column("pickle")),
		arrowtest.Parquet("ARROW:schema", base64.StdEncoding.EncodeToString([]byte(stream))),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, found := arrow.Find(hostiletest.Reader(data))
		if !found {
			return
		}
		inside := func(what string, offset, size int64) {
			if offset < 0 || size < 0 || offset > int64(len(data)) || size > int64(len(data))-offset {
				t.Fatalf("%s: %d bytes at %d of %d", what, size, offset, len(data))
			}
		}
		inside("metadata", m.Offset(), m.Size())
		hostiletest.OnlyFault(t, m.Types(func(offset, size int64) { inside("type", offset, size) }))
		hostiletest.OnlyFault(t, m.Embedded(func(offset int64, message []byte) error {
			inside("schema", offset, 0)
			if m, found := arrow.Message(hostiletest.Reader(message)); found {
				return m.Types(func(int64, int64) {})
			}
			return nil
		}))
	})
}
