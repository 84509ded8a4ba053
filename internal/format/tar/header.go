package tar

import (
	"bytes"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A block is a header block.
type block []byte

// A header is what one header block says.
type header struct {
	at     int64
	typ    byte
	name   string // prefix included
	link   string
	size   int64
	sparse []Segment // old GNU: without Data
	real   int64     // old GNU: size of the content
	more   bool      // old GNU: further blocks of the map follow
	gnu    bool
}

// decode reads a header block.
func (b block) decode(at int64) (*header, error) {
	if !b.checked() {
		return nil, hostile.Faultf(hostile.Malformed, at, "the checksum of a tar header does not match")
	}
	h := &header{at: at, typ: b[156], name: text(b[0:100]), link: text(b[157:257]), gnu: string(b[257:265]) == "ustar  \x00"}
	size, ok := number(b[124:136])
	if !ok || size < 0 {
		return nil, hostile.Faultf(hostile.Malformed, at+124, "the size in a tar header is no number")
	}
	h.size = size
	// GNU tar has other fields where ustar has the prefix.
	if string(b[257:262]) == "ustar" && !h.gnu {
		if p := text(b[345:500]); p != "" {
			h.name = p + "/" + h.name
		}
	}
	if h.typ == TypeGNUSparse {
		return h, h.oldSparse(b)
	}
	return h, nil
}

// checked reports whether the checksum matches: the sum of all bytes with the
// field itself as spaces, of unsigned bytes or, as old tars did, signed ones.
func (b block) checked() bool {
	want, ok := number(b[148:156])
	if !ok {
		return false
	}
	unsigned := int64(8 * ' ')
	signed := unsigned
	for _, p := range [...]block{b[:148], b[156:]} {
		for _, c := range p {
			unsigned += int64(c)
			signed += int64(int8(c))
		}
	}
	return want == unsigned || want == signed
}

// text returns a field up to its first NUL.
func text(p []byte) string {
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return string(p)
}

// number reads an octal field, or one in base 256 as GNU tar and star write what
// does not fit. It takes what CPython takes: blanks around, a NUL ends.
func number(p []byte) (int64, bool) {
	if p[0]&0x80 != 0 {
		return base256(p)
	}
	s := strings.Trim(text(p), " \t\r\n\v\f")
	var v int64
	for _, c := range []byte(s) {
		if c < '0' || c > '7' || v >= 1<<60 {
			return 0, false
		}
		v = v<<3 | int64(c-'0')
	}
	return v, true
}

// base256 reads a number of two's complement, highest byte first, of which the
// highest bit marks the form and is no part.
func base256(p []byte) (int64, bool) {
	negative := p[0]&0x40 != 0
	var v uint64
	for i, c := range p {
		if negative {
			c = ^c
		}
		if i == 0 {
			c &= 0x7f
		}
		if v>>55 != 0 {
			return 0, false
		}
		v = v<<8 | uint64(c)
	}
	if negative {
		return -int64(v) - 1, true
	}
	return int64(v), true
}

// oldSparse reads the map in an old GNU header: four pieces, and the size of the
// content.
func (h *header) oldSparse(b block) error {
	var ok bool
	if h.real, ok = number(b[483:495]); !ok || h.real < 0 {
		return hostile.Faultf(hostile.Malformed, h.at+483, "the size of a sparse file is no number")
	}
	h.more = b[482] != 0
	return h.addPieces(b[386:482], h.at+386)
}

// addPieces reads pairs of offset and length, up to the first empty one.
func (h *header) addPieces(p []byte, at int64) error {
	for ; len(p) >= 24; p, at = p[24:], at+24 {
		if p[0] == 0 {
			return nil
		}
		offset, ok := number(p[:12])
		length, ok2 := number(p[12:24])
		if !ok || !ok2 || offset < 0 || length < 0 {
			return hostile.Faultf(hostile.Malformed, at, "the map of a sparse file holds no numbers")
		}
		h.sparse = append(h.sparse, Segment{Offset: offset, Length: length})
	}
	return nil
}
