package tar

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// finish joins a main header with its extensions and moves behind the data.
func (w *Walker) finish(x *extensions, h *header) (*Entry, error) {
	e := &Entry{
		Offset: x.offset, Header: h.at, Type: h.typ, Name: h.name, Link: h.link,
		Data: w.r.Offset(), Packed: h.size, Size: h.size, HeaderSize: -1, Others: x.pax.others,
	}
	w.applyNames(e, x)
	// Every entry has these, and each costs as much as if it had ones of its own.
	if err := w.r.Budget().Steps(int64(len(w.global.path) + len(w.global.link))); err != nil {
		return nil, err
	}
	if err := w.content(e, x, h); err != nil {
		return e, err
	}
	return e, x.fault
}

// content settles where the data of an entry is, and moves behind it.
func (w *Walker) content(e *Entry, x *extensions, h *header) error {
	if size, ok := w.paxSize(x); ok {
		// Writers put 0 into the main header where the size does not fit: that
		// misleads nobody who knows the entry's own pax header. Not all know those
		// that are global.
		if h.size != size && (h.size != 0 || !x.pax.hasSize) {
			e.HeaderSize = h.size
		}
		e.Packed, e.Size = size, size
	}
	if !e.Regular() {
		w.skipUnless(e)
		return w.r.Err()
	}
	if h.typ == TypeGNUSparse {
		return w.oldSparse(e, h)
	}
	if s := &x.pax.sparse; s.mapped || s.listed() {
		if s.mapped && s.version != [2]string{} {
			x.complain(hostile.Faultf(hostile.Malformed, e.Header, "a sparse file has a map of format 0 and is said to be of format %.20q", s.version))
		}
		return w.paxSparse(e, s)
	} else if s.present {
		x.complain(hostile.Faultf(hostile.Malformed, e.Header, "a sparse file has no map and is not of format 1.0"))
	}
	if w.global.hasSize && !x.hasPax {
		// To GNU tar, what follows is behind that size; others see it behind that
		// of the header, and take the one for what to read.
		e.Packed = min(e.Packed, max(0, w.r.Left()))
		e.Size = e.Packed
		w.skipData(h.size)
		return w.r.Err()
	}
	w.skipData(e.Packed)
	return w.r.Err()
}

// paxSize returns the size that pax headers give, if one does: the entry's own
// over the global one.
func (w *Walker) paxSize(x *extensions) (int64, bool) {
	if x.pax.hasSize {
		return x.pax.size, true
	}
	return w.global.size, w.global.hasSize
}

// applyNames takes the names of the extensions: pax over GNU's long names, the
// entry's own over the global ones.
func (w *Walker) applyNames(e *Entry, x *extensions) {
	plain, link := e.Name, e.Link
	if w.global.hasPath {
		e.Name = w.global.path
	}
	if w.global.hasLink {
		e.Link = w.global.link
	}
	if x.hasName {
		e.Name = x.longName
	}
	if x.pax.hasPath {
		e.Name = x.pax.path
	}
	switch {
	case x.hasLink && !x.pax.hasLink:
		e.Link = x.longLink
	case x.pax.hasLink:
		e.Link = x.pax.link
	}
	if e.Link != link && !shortened(e.Link) {
		e.HeaderLink = link
	}
	if s := x.pax.sparse.name; s != "" {
		e.Name = s
		return // the header names a place for readers that do not know sparse files
	}
	switch {
	case x.hasName && x.pax.hasPath && x.longName != x.pax.path:
		e.HeaderName = x.longName
	case e.Name != plain && !shortened(e.Name):
		e.HeaderName = plain
	}
}

// shortened reports whether a name is one that writers cannot store in a header
// and so put into an extension: long, or not ASCII.
func shortened(name string) bool {
	const field = 100
	return len(name) >= field || strings.ContainsFunc(name, func(c rune) bool { return c >= 0x80 })
}

// skipUnless moves behind the data of an entry whose type has none. Some readers
// skip what the header claims, some go by the type: what follows decides here,
// and the entry says so if both ways lead on.
func (w *Walker) skipUnless(e *Entry) {
	if e.Packed == 0 {
		return
	}
	claimed := e.Packed
	e.Packed, e.Size = 0, 0
	if w.leadsOn(e.Data) || !w.leadsOn(e.Data+claimed+padding(claimed)) {
		return
	}
	e.Packed, e.Size, e.Skipped = claimed, claimed, true
	w.skipData(claimed)
}

// leadsOn reports whether a header or an end marker stands at an offset.
func (w *Walker) leadsOn(at int64) bool {
	if at < 0 || at > w.r.End()-blockSize {
		return false
	}
	b := block(w.r.At(uint64(at), blockSize).Peek(blockSize))
	return len(b) == blockSize && (isZero(b) || b.checked())
}

// oldSparse reads the rest of an old GNU map, which lies in front of the data.
func (w *Walker) oldSparse(e *Entry, h *header) error {
	e.Sparse, e.Size = true, h.real
	for h.more && w.r.Step() {
		at := w.r.Offset()
		p := w.r.Peek(blockSize)
		if len(p) < blockSize {
			w.r.Skip(blockSize)
			break
		}
		// A block holds 21 pieces of 24 bytes, then the flag (GNU tar manual,
		// "Old GNU Format").
		h.more = p[504] != 0
		if err := w.r.Budget().Hold(21 * 24); err != nil {
			return err
		}
		if err := h.addPieces(p[:504], at); err != nil {
			return err
		}
		w.r.Skip(blockSize)
	}
	e.Data = w.r.Offset()
	e.Pieces = h.sparse
	return w.place(e)
}

// paxSparse reads the map of formats 0.0, 0.1 and 1.0; the last stands in front
// of the data, as lines of decimal numbers.
func (w *Walker) paxSparse(e *Entry, s *paxSparse) error {
	e.Sparse, e.Size = true, s.real
	numbers := s.numbers
	data, packed := e.Data, e.Packed
	if s.listed() && !s.mapped {
		r := w.r.At(uint64(data), uint64(min(max(packed, 0), w.r.End()-data)))
		var err error
		if numbers, err = readMap(r); err != nil {
			w.skipData(packed)
			return err
		}
		read := r.Offset() - data
		e.Data += read + padding(read)
	}
	if len(numbers)%2 != 0 {
		w.skipData(packed)
		return hostile.Faultf(hostile.Malformed, e.Header, "the map of a sparse file ends in the middle of a pair")
	}
	for i := 0; i < len(numbers); i += 2 {
		e.Pieces = append(e.Pieces, Segment{Offset: numbers[i], Length: numbers[i+1]})
	}
	e.Packed = packed - (e.Data - data)
	if e.Packed < 0 {
		w.skipData(packed)
		return hostile.Faultf(hostile.Malformed, data, "the map of a sparse file is longer than its data")
	}
	w.r.MoveTo(e.Data)
	return w.place(e)
}

// readMap reads the map of format 1.0: the number of pairs, then the pairs, a
// decimal number a line.
func readMap(r *hostile.Reader) ([]int64, error) {
	count := decimal(r)
	if r.Err() != nil {
		return nil, r.Err()
	}
	const shortest = 4 // two digits and two newlines
	n := r.Count(uint64(count), shortest)
	if err := r.Budget().Hold(uint64(n) * 2 * 8); err != nil {
		return nil, err
	}
	out := make([]int64, 0, 2*n)
	for range 2 * n {
		if !r.Step() {
			break
		}
		out = append(out, decimal(r))
	}
	return out, r.Err()
}

// decimal reads a line of a sparse map. Twenty characters hold any number of 63
// bits.
func decimal(r *hostile.Reader) int64 {
	const digits = 20
	line := r.Line(digits)
	v, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	if r.Err() == nil && (err != nil || v < 0) {
		r.Fail(hostile.Malformed, "a line of a sparse map is no number")
	}
	return v
}

// place gives every segment its data, checks that they fit, and moves behind
// them.
func (w *Walker) place(e *Entry) error {
	var at, end int64
	for i := range e.Pieces {
		s := &e.Pieces[i]
		if s.Offset < end || s.Length > e.Size-s.Offset || s.Length > e.Packed-at {
			w.skipData(e.Packed)
			return hostile.Faultf(hostile.Malformed, e.Header, "the map of a sparse file does not fit its data")
		}
		s.Data = e.Data + at
		at += s.Length
		end = s.Offset + s.Length
	}
	w.skipData(e.Packed)
	return w.r.Err()
}
