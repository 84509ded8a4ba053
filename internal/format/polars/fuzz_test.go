package polars_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/polars"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzFunctions: whatever the bytes, no more comes out than is in the file, memory is
// given back, and every error is a Fault.
func FuzzFunctions(f *testing.F) {
	f.Add([]byte(polars.Magic + "\x18\x00\xdc\x00\x02\xcc\x80\x04"))
	f.Add([]byte(`{"MapFunction": {"function":[80,76, 128 , 4,46]}, "a": [1, 128,4,300]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := hostiletest.Reader(data)
		out, err := polars.Binary(r)
		hostiletest.OnlyFault(t, err)
		if len(out) > len(data) {
			t.Errorf("binary: got %d bytes of %d", len(out), len(data))
		}
		r = hostiletest.Reader(data)
		held, total := r.Budget().Held(), 0
		err = polars.Functions(r, func(code []byte) error { total += len(code); return nil })
		hostiletest.OnlyFault(t, err)
		if total > 2*len(data) {
			t.Errorf("functions: got %d bytes of %d", total, len(data))
		}
		if now := r.Budget().Held(); now != held {
			t.Errorf("functions: %d bytes are held", now-held)
		}
	})
}
