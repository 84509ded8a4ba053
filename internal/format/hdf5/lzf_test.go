package hdf5

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func TestLZF(t *testing.T) {
	for _, c := range []struct {
		name, packed, want string
		broken             bool
	}{
		{name: "nothing"},
		{name: "literal", packed: "\x02abc", want: "abc"},
		{name: "copy", packed: "\x02abc\x20\x02", want: "abcabc"},
		{name: "copy that overlaps itself", packed: "\x00a\x60\x00", want: "aaaaaa"},
		{name: "long copy", packed: "\x00a\xe0\x03\x00", want: "aaaaaaaaaaaaa"},
		{name: "literal cut", packed: "\x02ab", broken: true},
		{name: "copy cut", packed: "\x00a\x60", broken: true},
		{name: "long copy cut", packed: "\x00a\xe0", broken: true},
		{name: "copy from before the start", packed: "\x00a\x60\x01", broken: true},
	} {
		r := hostiletest.Reader([]byte(c.packed))
		f := &File{r: r}
		out, err := f.lzf(r)
		if c.broken {
			if err == nil {
				t.Errorf("%s: no fault", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := string(out.Bytes(uint64(out.Left()))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
