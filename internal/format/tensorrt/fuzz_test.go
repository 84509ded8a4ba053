package tensorrt_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/tensorrt"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// trickle is content that is read in small pieces.
type trickle struct{ data []byte }

func (s trickle) ReadAt(p []byte, off int64) (int, error) {
	return iotest.HalfReader(bytes.NewReader(s.data[min(off, int64(len(s.data))):])).Read(p)
}

// FuzzDecode: spans and what is found lie in the file, the spans follow each
// other, and reading in pieces changes nothing.
func FuzzDecode(f *testing.F) {
	header := "ftrt\x61\x00\x00\x00\x01\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	elf := "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00"
	f.Add([]byte(header + elf + "Acme_TRT\x00MyPlugin\x00012345678901234567890123456789 and more"))
	f.Add([]byte("\x02\x00\x00\x00{}" + header))
	f.Fuzz(func(t *testing.T, p []byte) {
		size := int64(len(p))
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
		e, found, err := tensorrt.Decode(hostile.NewReader(hostile.Bytes(p), size, budget))
		hostiletest.OnlyFault(t, err)
		if !found || err != nil {
			return
		}
		end := int64(0)
		for _, s := range []tensorrt.Span{e.Metadata, e.Body, e.Trailing} {
			if s.Size > 0 && (s.Offset < end || s.Offset+s.Size > size) {
				t.Fatalf("%+v of %d bytes", e, size)
			}
			end = max(end, s.Offset+s.Size)
		}
		body := func(r *hostile.Reader) *hostile.Reader { return r.At(uint64(e.Body.Offset), uint64(e.Body.Size)) }
		programs, names, err := tensorrt.Search(body(hostile.NewReader(hostile.Bytes(p), size, budget)))
		again, sameNames, _ := tensorrt.Search(body(hostile.NewReader(trickle{p}, size, budget)))
		if err == nil && (!slices.Equal(programs, again) || !slices.Equal(names, sameNames)) {
			t.Errorf("got %v %v at once, %v %v in pieces", programs, names, again, sameNames)
		}
		for _, n := range names {
			if !bytes.HasPrefix(p[n.Offset:], []byte(n.Text)) {
				t.Errorf("%q does not stand at %d", n.Text, n.Offset)
			}
		}
	})
}
