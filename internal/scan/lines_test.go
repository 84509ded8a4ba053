package scan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

func TestLines(t *testing.T) {
	far := strings.Repeat(strings.Repeat(".", 99)+"\n", 1000) // longer than what is read at once
	for _, tc := range []struct {
		name, data string
		want       []int
	}{
		{name: "in the order of the file", data: "toy:!\n.\n!!\n!", want: []int{1, 3, 3, 4}},
		{name: "at the start of a line", data: "toy:\n!", want: []int{2}},
		{name: "far from the start", data: "toy:" + far + "!\n!", want: []int{1001, 1002}},
		{name: "at the start of what is read next", data: "toy:" + strings.Repeat(".", 64<<10-4) + "\n!", want: []int{2}},
		{name: "first of what is read next", data: "toy:\n" + strings.Repeat(".", 64<<10-5) + "!\n", want: []int{2}},
		{name: "no text", data: "toy:\x00\n!", want: []int{0}},
		{name: "in a file inside", data: "toy:\n!\n(toy:\n!", want: []int{2, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []int
			for _, f := range scanned(hostile.DefaultLimits(), "m.txt", tc.data).Findings {
				got = append(got, f.Location.Line)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%.40q: lines %d, want %d", tc.data, got, tc.want)
			}
		})
	}
}
