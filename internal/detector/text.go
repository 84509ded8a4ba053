package detector

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// minText is the size of the shortest text that could hold anything: a
	// credential, or a payload in some encoding.
	minText = 20
	// maxShown is the size of the longest text that is shown in one piece; longer
	// ones go back to the scan, which reads them as files.
	maxShown = 4 << 10
)

// Written shows the text at a place of the file, as Text does; a long one it
// hands back to the scan. Its error is that of Nested.
func (p *Pass) Written(name string, offset, size int64) error {
	switch {
	case size < minText:
		return nil
	case size > maxShown:
		return p.Value(name, offset, size)
	}
	r := p.Reader()
	r.MoveTo(offset)
	p.Text(name, offset, string(r.Peek(int(size))))
	return r.Err()
}

// Value is Part for a text of the file's metadata, which is too long for Text.
func (p *Pass) Value(name string, offset, size int64) error {
	p.Claim(offset, size)
	f := p.File.Member(name, hostile.Section(p.File.Content, offset, size), size)
	f.Value = name != ""
	return p.Nested(f)
}

// Strings shows the runs of printable ASCII in a part of the file whose own
// structure nobody needs to know: a description, a table of attributes. It
// returns the fault that ends the reading.
func (p *Pass) Strings(name string, offset, size int64) error {
	r := p.Reader().At(uint64(offset), uint64(size))
	var run []byte
	start := offset
	show := func(keep int) {
		if n := counted(run); len(run)-n >= minText {
			p.Text(name, start+int64(n), string(run[n:]))
		}
		shown := len(run) - keep
		run, start = append(run[:0], run[shown:]...), start+int64(shown)
	}
	for r.Left() > 0 && r.Step() {
		at := r.Offset()
		piece := r.Peek(int(min(r.Left(), maxShown)))
		for i, c := range piece {
			if !printable[c] {
				show(0)
				continue
			}
			if len(run) == maxRun {
				show(overlap)
			}
			if len(run) == 0 {
				start = at + int64(i)
			}
			run = append(run, c)
		}
		r.Skip(uint64(len(piece)))
	}
	show(0)
	return r.Err()
}

// Runs yields the start and the end of each run of at least least bytes of a kind. One
// byte of as many as that take is looked at where there are none.
func Runs(data []byte, least int, of func(byte) bool) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for at := least - 1; at < len(data); at += least {
			if !of(data[at]) {
				continue
			}
			start, end := at, at+1
			for start > 0 && of(data[start-1]) {
				start--
			}
			for end < len(data) && of(data[end]) {
				end++
			}
			if end-start >= least && !yield(start, end) {
				return
			}
			at = end
		}
	}
}

// counted returns how many bytes of a run stand in front of a text whose size the
// last of them is: the tag and length of a field of Protocol Buffers may be
// printable too, and would change how what follows decodes.
func counted(run []byte) int {
	const most = 3
	for i := range min(most, len(run)) {
		if int(run[i]) == len(run)-i-1 {
			return i + 1
		}
	}
	return 0
}

const (
	// maxRun is the size of the longest run that is shown in one piece.
	maxRun = 64 << 10
	// overlap is how much of a piece the next one of a longer run repeats, so that
	// what stands where they meet is in one of them.
	overlap = 8 << 10
)

// printable are the bytes of runs.
var printable = func() (is [256]bool) {
	for c := range is {
		is[c] = c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t'
	}
	return is
}()
