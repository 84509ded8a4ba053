package detector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestStrings checks that every run is shown at its place, and of long ones what
// stands where two pieces meet.
func TestStrings(t *testing.T) {
	const word = "a text of some length"
	for _, before := range []int{0, 1, 4<<10 - 5, 64<<10 - len(word), 64<<10 - 5, 64 << 10, 128<<10 - 8<<10 - 5, 200_000} {
		text := "\x00" + strings.Repeat("x", before) + word + "\x00" + word + "\x01short\x02"
		budget := hostiletest.Budget(len(text))
		places := make(map[int64]bool)
		p := &detector.Pass{File: artifact.File{Content: strings.NewReader(text), Size: int64(len(text))}, Budget: budget,
			Text: func(_ string, offset int64, shown string) bool {
				if text[offset:offset+int64(len(shown))] != shown {
					t.Errorf("%d bytes before: %d bytes shown at %d are not those of the file", before, len(shown), offset)
				}
				if i := strings.Index(shown, word); i >= 0 {
					places[offset+int64(i)] = true
				}
				return true
			}}
		err := p.Strings("", 0, p.File.Size)
		first, second := int64(1+before), int64(1+before+len(word)+1)
		if err != nil || !places[first] || !places[second] || len(places) != 2 {
			t.Errorf("%d bytes before: got the word at %v (%v), want it at %d and %d", before, places, err, first, second)
		}
	}
}

// TestStringsCounted: a size in front of a text that is printable itself is no part
// of the text.
func TestStringsCounted(t *testing.T) {
	text := strings.Repeat("QUJD", 14)
	for _, before := range []string{"\x12", "\x12\x22"} {
		data := "\x00" + before + string(rune(len(text))) + text + "\x00"
		var got string
		p := &detector.Pass{File: artifact.File{Content: strings.NewReader(data), Size: int64(len(data))},
			Budget: hostiletest.Budget(len(data)),
			Text:   func(_ string, _ int64, shown string) bool { got = shown; return true }}
		if err := p.Strings("", 0, p.File.Size); err != nil || got != text {
			t.Errorf("behind %q: got %q (%v), want %q", before, got, err, text)
		}
	}
}

// TestRuns: each run that is long enough is told, wherever it stands.
func TestRuns(t *testing.T) {
	const least = 5
	isA := func(c byte) bool { return c == 'a' }
	for before := range 3 * least {
		for size := range 3 * least {
			data := strings.Repeat("-", before) + strings.Repeat("a", size) + "-" + strings.Repeat("a", least)
			var got []string
			for start, end := range detector.Runs([]byte(data), least, isA) {
				got = append(got, fmt.Sprint(start, end))
			}
			want := []string{fmt.Sprint(before+size+1, len(data))}
			if size >= least {
				want = []string{fmt.Sprint(before, before+size), want[0]}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", data, got, want)
			}
		}
	}
}
