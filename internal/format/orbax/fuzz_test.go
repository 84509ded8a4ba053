package orbax_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/orbax"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: strings lie in the document, or in its form in UTF-8, and every
// error is a Fault.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"tree_metadata": {"('a', 'b')": {"key_metadata": [{"key": "a"}, {"key": 1}], "value_metadata": {"value_type": "t"}}, "('/x',)": {}}}`))
	f.Add([]byte(`{"item_handlers": {"a": "b.C"}, "x": [{"driver": "file", "path": "/p", "kvstore": "gs://b", "base": "s3://c"}]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := orbax.Decode(hostiletest.Reader(p))
		hostiletest.OnlyFault(t, err)
		for _, list := range [][]orbax.Text{d.Arrays, d.Types, d.Names} {
			for _, text := range list {
				if text.Offset < 0 || text.Offset >= 4*int64(len(p)) {
					t.Errorf("%+v in %d bytes", text, len(p))
				}
			}
		}
		for _, s := range d.Stores {
			if s.Path == "" || s.Offset < 0 || s.Offset >= 4*int64(len(p)) {
				t.Errorf("%+v in %d bytes", s, len(p))
			}
		}
	})
}
