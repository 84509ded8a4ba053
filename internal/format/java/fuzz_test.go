package java_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/java"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: classes lie in the file, one behind the other, and every error is a
// Fault.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(java.Signature + "\x73" + described("a.B", described("c.D", "\x70")) + "\x77\x02ab\x73\x71\x00\x7e\x00\x00"))
	f.Add([]byte(java.Signature + "\x75" + described("[J", "\x70") + "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte(java.Signature + "\x7d\x00\x00\x00\x01\x00\x01A\x78\x70"))
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := java.Decode(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
		for _, c := range s.Classes {
			if c.Offset < 0 || c.Offset >= int64(len(p)) || len(c.Name) > len(p) {
				t.Fatalf("%+v of %d bytes", c, len(p))
			}
		}
		if s.Trailing > int64(len(p)) {
			t.Errorf("the stream ends at %d of %d bytes", s.Trailing, len(p))
		}
	})
}
