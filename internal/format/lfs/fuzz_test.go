package lfs_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/lfs"
)

// FuzzDecode: what is decoded has the shape that it promises, is recognised,
// and no proper prefix of it decodes.
func FuzzDecode(f *testing.F) {
	f.Add(version + oid + size)
	f.Add(version + "ext-0-foo sha256:" + sum + "\n" + oid + size)
	f.Add(version + "<<<<<<< HEAD\n" + oid + size)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := decode(text)
		if err != nil {
			return
		}
		if len(p.SHA256) != 64 || p.Size < 0 || p.Version == "" || !lfs.Looks([]byte(text)) {
			t.Errorf("decode(%q) = %+v", text, p)
		}
		if _, err := decode(text[:len(text)-1]); err == nil {
			t.Errorf("decode(%q): got no error, want one for a text that was cut", text[:len(text)-1])
		}
	})
}
