package rknn_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/rknn"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: parts and texts lie in the file, the parts one behind the other,
// and every error is a Fault.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("RKNN\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00VPMN1234" +
		"\x32\x00\x00\x00\x00\x00\x00\x00" + `{"version":"1","nodes":[{"name":"a","op":"RKNN"}]}` + "more"))
	f.Add([]byte("RKNN\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, p []byte) {
		size := int64(len(p))
		file, err := rknn.Decode(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
		end := int64(0)
		for _, s := range []rknn.Span{file.Compiled, file.JSON, file.Trailing} {
			if s.Size < 0 || s.Size > 0 && (s.Offset < end || s.Offset+s.Size > size) {
				t.Fatalf("%+v of %d bytes", file, size)
			}
			end = max(end, s.Offset+s.Size)
		}
		for _, text := range file.Texts {
			if text.Offset < file.JSON.Offset || text.Offset >= file.JSON.Offset+file.JSON.Size {
				t.Errorf("%+v outside of %+v", text, file.JSON)
			}
		}
	})
}
