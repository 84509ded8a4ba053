package detector

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
		return p.Part(name, offset, size)
	}
	r := p.Reader()
	r.MoveTo(offset)
	p.Text(name, offset, string(r.Peek(int(size))))
	return r.Err()
}

// Strings shows the runs of printable ASCII in a part of the file whose own
// structure nobody needs to know: a description, a table of attributes. It
// returns the fault that ends the reading.
func (p *Pass) Strings(name string, offset, size int64) error {
	r := p.Reader().At(uint64(offset), uint64(size))
	var run []byte
	start := offset
	show := func() {
		if len(run) >= minText {
			p.Text(name, start, string(run))
		}
		run = run[:0]
	}
	for r.Left() > 0 && r.Step() {
		at := r.Offset()
		piece := r.Peek(int(min(r.Left(), maxShown)))
		for i, c := range piece {
			switch {
			case !printable[c] || len(run) == maxRun:
				show()
			case len(run) == 0:
				start = at + int64(i)
				fallthrough
			default:
				run = append(run, c)
			}
		}
		r.Skip(uint64(len(piece)))
	}
	show()
	return r.Err()
}

// maxRun is the size of the longest run that is shown in one piece.
const maxRun = 64 << 10

// printable are the bytes of runs.
var printable = func() (is [256]bool) {
	for c := range is {
		is[c] = c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t'
	}
	return is
}()
