package hostile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

func TestWord(t *testing.T) {
	const limit = 5
	for _, c := range []struct {
		text string
		want []string
		err  string
	}{
		{text: ""},
		{text: " \t\r\n\v\f"},
		{text: "one", want: []string{"one"}},
		{text: strings.Repeat(" ", 1000) + "-1\n2e9 ", want: []string{"-1", "2e9"}},
		{text: "12345 123456", want: []string{"12345"}, err: "malformed at byte 0x6: no word of up to 5 bytes"},
	} {
		for name, src := range sources([]byte(c.text)) {
			r := hostile.NewReader(src, int64(len(c.text)), budget(hostile.Limits{}))
			var got []string
			for r.Blanks(); r.Left() > 0; r.Blanks() {
				if w := r.Word(limit); w != "" {
					got = append(got, w)
				}
			}
			if !slices.Equal(got, c.want) || text(r.Err()) != c.err {
				t.Errorf("%s, %q: got %q %q, want %q %q", name, c.text, got, text(r.Err()), c.want, c.err)
			}
		}
	}
}

func TestNoWord(t *testing.T) {
	r := hostile.NewReader(hostile.Bytes("  "), 2, budget(hostile.Limits{}))
	if w := r.Word(5); w != "" || text(r.Err()) != "malformed at byte 0x2: no word of up to 5 bytes" {
		t.Errorf("got %q, %q", w, text(r.Err()))
	}
}
