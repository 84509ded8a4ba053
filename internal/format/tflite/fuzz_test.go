package tflite

import (
	"testing"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: whatever the bytes, decoding ends in them, and every error is a
// Fault.
func FuzzDecode(f *testing.F) {
	f.Add(fb.Build(Identifier, fb.Table{
		1: []fb.Table{{0: uint8(32), 1: "Op"}}, 2: []fb.Table{{0: []fb.Table{{2: uint32(0)}}, 3: []fb.Table{{}}}}, 4: []fb.Table{{0: []byte("data")}},
	}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := Decode(hostiletest.Reader(p))
		for _, c := range m.Custom {
			if c.Offset < 0 || c.Offset > int64(len(p)) || len(c.Name) > maxName {
				t.Errorf("an operator code at %d of %d bytes", c.Offset, len(p))
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}
