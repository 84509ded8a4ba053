package zip

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// covers computes which bytes the entries, directories and end records cover.
func (a *Archive) covers() {
	a.sort()
	var all []Range
	for _, s := range a.slots {
		all = appendRange(all, Range{s.local, s.end})
	}
	for _, d := range a.Directories {
		all = append(all, d.Range)
	}
	for _, e := range a.Ends {
		all = append(all, e.Range)
		if e.Zip64 != nil {
			all = append(all, Range{e.Zip64.Offset, e.Zip64.Offset + end64Size})
		}
	}
	slices.SortFunc(all, func(x, y Range) int { return cmp.Compare(x.Start, y.Start) })
	a.cover = all[:0]
	for _, x := range all {
		a.cover = appendRange(a.cover, x)
	}
}

// appendRange adds a range that starts no earlier than the last, joined to it
// where they touch.
func appendRange(all []Range, x Range) []Range {
	if n := len(all); n > 0 && x.Start <= all[n-1].End {
		all[n-1].End = max(all[n-1].End, x.End)
		return all
	}
	return append(all, x)
}

// covered reports whether the byte at an offset belongs to an entry or record.
func (a *Archive) covered(offset int64) bool {
	i, found := slices.BinarySearchFunc(a.cover, offset, func(x Range, at int64) int { return cmp.Compare(x.Start, at) })
	return found || i > 0 && offset < a.cover[i-1].End
}

// gaps lists the bytes that nothing covers.
func (a *Archive) gaps() []Range {
	var out []Range
	at := a.r.Start()
	for _, x := range a.cover {
		if x.Start > at {
			out = append(out, Range{at, x.Start})
		}
		at = max(at, x.End)
	}
	if at < a.r.End() {
		out = append(out, Range{at, a.r.End()})
	}
	return out
}

// carve looks into the gaps for entries that no directory lists, and for end
// records that lie further from the end than readers look, or whose file was cut
// off behind them.
func (a *Archive) carve() error {
	if len(a.Ends) == 0 && string(a.r.At(uint64(a.r.Start()), uint64(a.r.Left())).Peek(4)) != sigLocal {
		return nil
	}
	var err error
	for _, gap := range a.gaps() {
		err = cmp.Or(err, a.carveGap(gap))
		if spent := a.r.Budget().Spent(); spent != nil {
			return spent
		}
	}
	a.covers()
	a.Gaps = a.gaps()
	return err
}

// carveGap walks one gap from signature to signature.
func (a *Archive) carveGap(gap Range) error {
	r := a.r.At(uint64(gap.Start), uint64(gap.End-gap.Start))
	var err error
	for at := nextSignature(r); at >= 0 && err == nil; at = nextSignature(r) {
		r.MoveTo(at)
		switch string(r.Peek(4)) {
		case sigLocal:
			err = a.carveLocal(r, at, gap.End)
		case sigEnd:
			before := len(a.Ends)
			err = a.tryEnd(at)
			if len(a.Ends) > before {
				r.MoveTo(min(gap.End, a.Ends[before].End))
				continue
			}
		}
		if r.Offset() == at {
			r.Skip(1)
		}
	}
	return cmp.Or(err, r.Err())
}

// nextSignature returns where the next local header or end record may stand, or
// -1. The cursor moves no further than that.
func nextSignature(r *hostile.Reader) int64 {
	const window = 32 << 10
	for r.Left() >= 4 && r.Step() {
		p := r.Peek(window)
		for i := 0; i+4 <= len(p); i++ {
			j := bytes.Index(p[i:], []byte("PK"))
			if j < 0 {
				break
			}
			i += j
			if bytes.HasPrefix(p[i:], []byte(sigLocal)) || bytes.HasPrefix(p[i:], []byte(sigEnd)) {
				return r.Offset() + int64(i)
			}
		}
		r.Skip(uint64(max(1, len(p)-3)))
	}
	return -1
}

// carveLocal adds the entry of a local header that no directory lists, and moves
// behind it.
func (a *Archive) carveLocal(r *hostile.Reader, at, end int64) error {
	h := a.readLocal(at, 0)
	if h == nil || !h.plausible() || at+h.Length > end {
		return nil
	}
	s := slot{local: at, central: -1, name: foldedHash(h.Name)}
	data := at + h.Length
	if h.Streamed() && h.Compressed == 0 {
		s.end = a.streamEnd(data, end)
	} else {
		s.end = data + int64(min(h.Compressed, uint64(max(0, a.r.End()-data))))
	}
	r.MoveTo(min(s.end, end))
	return a.add(s)
}

// plausible tells a header from bytes that happen to spell its signature, as in
// the code of a self-extractor.
func (h *Header) plausible() bool {
	known := []uint16{Store, 1, 2, 3, 4, 5, 6, Deflate, Deflate64, 10, BZip2, LZMA, OldZstd, Zstd, 94, XZ, 96, 97, 98, AES}
	return h.Name != "" && slices.Contains(known, h.Method) &&
		!strings.ContainsFunc(h.Name, func(c rune) bool { return c < ' ' && c != 0 })
}

// streamEnd returns the end of data of unknown size: at the data descriptor that
// states the distance, at the next header, or at the end of the gap.
func (a *Archive) streamEnd(data, end int64) int64 {
	r := a.r.At(uint64(min(data, end)), uint64(max(0, end-data)))
	for r.Left() >= 4 && r.Step() {
		p := r.Peek(32 << 10)
		i := bytes.Index(p, []byte("PK"))
		if i < 0 || i+4 > len(p) {
			r.Skip(uint64(max(1, len(p)-3)))
			continue
		}
		r.Skip(uint64(i))
		at := r.Offset()
		switch string(r.Peek(4)) {
		case sigLocal, sigCentral, sigEnd:
			return at
		case sigDescriptor:
			if d := r.Peek(24); len(d) >= 16 && states(d, at-data) {
				return at
			}
		}
		r.Skip(1)
	}
	return end
}

// states reports whether a data descriptor gives the compressed size n.
func states(d []byte, n int64) bool {
	return int64(binary.LittleEndian.Uint32(d[8:])) == n || len(d) >= 24 && int64(binary.LittleEndian.Uint64(d[8:])) == n
}

// mark finds, among the sorted slots, those at one place and those that overlap.
func (a *Archive) mark() {
	last := -1 // the slot that reaches furthest
	for i := range a.slots {
		s := &a.slots[i]
		if last >= 0 && s.local == a.slots[last].local {
			s.again = true
		} else if last >= 0 && s.local < a.slots[last].end && len(a.Overlaps) < maxFacts {
			a.Overlaps = append(a.Overlaps, Pair{last, i})
		}
		if last < 0 || s.end > a.slots[last].end {
			last = i
		}
	}
}

// differ reports whether two entries claim content that is not the same.
// Directories have none.
func differ(x, y *Header) bool {
	return !x.Directory() && (x.CRC != y.CRC || x.Size != y.Size || x.CRC == 0)
}

// collide finds entries of different content whose names are one to some reader.
func (a *Archive) collide() error {
	order := make([]int32, len(a.slots))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(x, y int32) int { return cmp.Compare(a.slots[x].name, a.slots[y].name) })
	room := map[bool]int{true: maxFacts, false: maxFacts} // of one name, and of similar ones
	for i := 1; i < len(order) && room[true]+room[false] > 0; i++ {
		first, second := int(order[i-1]), int(order[i])
		if a.slots[first].name != a.slots[second].name || a.slots[second].local == a.slots[first].local {
			continue
		}
		x, _ := a.Entry(first)
		y, _ := a.Entry(second)
		if err := a.r.Budget().Spent(); err != nil {
			return err
		}
		exact := x.Name() == y.Name()
		if room[exact] > 0 && fold(x.Name()) == fold(y.Name()) && differ(x.Header(), y.Header()) {
			room[exact]--
			a.Collisions = append(a.Collisions, Collision{Pair{first, second}, exact})
		}
	}
	slices.SortFunc(a.Collisions, func(x, y Collision) int { return cmp.Compare(x.First, y.First) })
	return nil
}
