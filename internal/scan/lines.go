package scan

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

// maxLined is how far into a text lines are counted: no editor and no reviewer
// goes further.
const maxLined = 32 << 20

// lines gives findings about a text on disk the lines that they are at. A place in
// a file inside it has none, nor has one in a pickle that happens to be text: its
// opcodes are listed by offset.
func (r *run) lines(f artifact.File) {
	if len(r.out.Findings) == 0 || slices.Contains(r.out.Formats, "pickle") {
		return
	}
	if head, err := f.Head(); err != nil || !isText(head.First) {
		return
	}
	var places []place
	for i := range r.out.Findings {
		found := &r.out.Findings[i]
		if found.Location.Inside != nil {
			continue
		}
		places = append(places, place{found.Location.Offset, &found.Location.Line})
		for k := range found.Evidence {
			places = append(places, place{found.Evidence[k].Offset, &found.Evidence[k].Line})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	count(f, places)
}

// A place is an offset, and where its line is wanted.
type place struct {
	offset int64
	line   *int
}

// count counts the lines up to each place, in order, as far as the file can be
// read and not further than maxLined.
func count(f artifact.File, places []place) {
	const chunk = 64 << 10
	buf := make([]byte, min(chunk, f.Size))
	line, at := 1, int64(0)
	for len(places) > 0 && at < min(f.Size, maxLined) {
		n, _ := f.Content.ReadAt(buf, at)
		if n == 0 {
			return
		}
		from := int64(0)
		for len(places) > 0 && places[0].offset-at < int64(n) {
			to := max(from, places[0].offset-at)
			line += bytes.Count(buf[from:to], []byte{'\n'})
			*places[0].line, places, from = line, places[1:], to
		}
		line += bytes.Count(buf[from:n], []byte{'\n'})
		at += int64(n)
	}
}
