package torchmobile

import (
	"testing"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: whatever the bytes, decoding ends in them, and every error is a
// Fault.
func FuzzDecode(f *testing.F) {
	f.Add(fb.Build(Identifier, fb.Table{
		1: []fb.Table{{0: "labels.txt", 1: "a b"}},
		4: []fb.Table{{0: functionValue, 1: fb.Table{0: "forward", 2: []fb.Table{{0: "aten::add"}}}}},
		6: []fb.Table{{0: []byte("data")}}, 7: []fb.Table{{0: "__torch__.Net"}}, 8: []fb.Table{{0: "code/a.py", 1: "pass"}},
	}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := Decode(hostiletest.Reader(p))
		for _, x := range append(m.Files, m.Sources...) {
			if err == nil && (x.Offset < 0 || x.Size < 0 || x.Offset+x.Size > int64(len(p))) {
				t.Errorf("a file at %d+%d of %d bytes", x.Offset, x.Size, len(p))
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}
