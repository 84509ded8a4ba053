package litertlm_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/litertlm"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: sections lie in the file, and every error is a Fault.
func FuzzDecode(f *testing.F) {
	f.Add(file())
	f.Fuzz(func(t *testing.T, p []byte) {
		file, err := litertlm.Decode(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
		for _, s := range file.Sections {
			if s.Offset < 0 || s.Size < 0 || s.Offset+s.Size > int64(len(p)) {
				t.Fatalf("%+v of %d bytes", s, len(p))
			}
		}
		for _, text := range file.Texts {
			if text.Offset < 0 || text.Offset >= int64(len(p)) {
				t.Errorf("%+v of %d bytes", text, len(p))
			}
		}
		hostiletest.OnlyFault(t, litertlm.MetadataTexts(hostiletest.Reader(p), func(offset int64, text string) {
			if offset < 0 || offset+int64(len(text)) > int64(len(p)) {
				t.Errorf("a text at %d of %d bytes", offset, len(p))
			}
		}))
	})
}
