package detector_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func TestMentions(t *testing.T) {
	filler := strings.Repeat(`"word": 1, `, 6_000)
	const window, overlap = 32 << 10, 64
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{name: "nothing", text: `{"a": 1}`},
		{name: "empty"},
		{name: "the word", text: `{"class_name": 1}`, want: true},
		{name: "the word at the end", text: filler + `class_name`, want: true},
		{name: "the word where windows meet", text: filler[:window-overlap-4] + "class_name" + filler, want: true},
		{name: "the word across the end of a window", text: filler[:window-4] + "class_name" + filler, want: true},
		{name: "escaped", text: filler + `"clas\u0073_name"`, want: true},
		{name: "escaped wholly", text: `"\u0063\u006C\u0061\u0073\u0073\u005F\u006e\u0061\u006d\u0065"`, want: true},
		{name: "other escapes", text: filler + `"caf\u00e9 \u0120 \n \u000a"`},
		{name: "UTF-16", text: "{\x00\"\x00", want: true},
		{name: "long", text: filler + filler},
	} {
		b := hostiletest.Budget(len(c.text))
		r := hostile.NewReader(strings.NewReader(c.text), int64(len(c.text)), b)
		if got := detector.Mentions(r, detector.InJSON("class_name")); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
