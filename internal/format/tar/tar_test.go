package tar

import "testing"

// TestIs: what starts as an archive, and what only adds up like a header.
func TestIs(t *testing.T) {
	// sumless is a header whose signed sum is zero: its checksum may be left out.
	sumless := func(size string) []byte {
		p := make([]byte, blockSize)
		copy(p, "\x89PNG")
		copy(p[124:136], size)
		sum := 8 * int(' ')
		for _, c := range p {
			sum += int(int8(c))
		}
		for i := 200; sum > 0; i++ {
			n := min(sum, 128)
			p[i] = byte(-n)
			sum -= n
		}
		return p
	}
	cases := []struct {
		name  string
		first []byte
		want  bool
	}{
		{name: "picture", first: append(sumless(""), []byte("IDAT and so on"+string(make([]byte, blockSize)))...)},
		{name: "entry without content, then another", first: append(sumless(""), sumless("")...), want: true},
		{name: "entry without content, then the end", first: append(sumless(""), make([]byte, blockSize)...), want: true},
		{name: "entry with content", first: sumless("00000000014"), want: true},
	}
	for _, c := range cases {
		if got := Is(c.first); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
