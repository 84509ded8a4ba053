package pickle

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"unicode/utf8"
)

// Constants are read from the file when something depends on them.

const (
	// LongestText is the longest constant or computed string that is looked at, in
	// bytes.
	LongestText = 32 << 20
	// cachedText is the longest that is remembered once it was read.
	cachedText = 256
)

// A textCache remembers how long constants are, and the text of short ones that
// were read. An offset has a row, in which those met last stand first.
type textCache struct {
	rows  [][4]cachedConstant
	shift int // of a hash, to the number of its row
}

// fit returns the cache, which is empty, as it is for a pickle of a size. What a
// large one refers back to has to be read from the file again.
func (c textCache) fit(size int64) textCache {
	bits := 4
	if size > 1<<20 {
		bits = 7
	}
	if len(c.rows) != 1<<bits {
		c.rows = make([][4]cachedConstant, 1<<bits)
	}
	return textCache{rows: c.rows, shift: 64 - bits}
}

type cachedConstant struct {
	v    Value
	size int32 // of the literal, or the most that fits
	read bool
	text string
}

// of returns the place of a constant, which may still hold another.
func (c *textCache) of(v Value) *cachedConstant {
	// 2^64 divided by the golden ratio spreads offsets that lie close together.
	row := &c.rows[uint64(v)*0x9e3779b97f4a7c15>>c.shift]
	for i := range row {
		if row[i].v == v || i == len(row)-1 {
			for ; i > 0; i-- {
				row[i], row[i-1] = row[i-1], row[i]
			}
			break
		}
	}
	return &row[0]
}

// Place returns where the content of bytes lies in the file, if it stands there
// as it is.
func (m *Machine) Place(v Value) (at, size int64, ok bool) {
	m.gaps.read(v.payload())
	return m.place(v)
}

// Size returns how many bytes the content of bytes has that Place finds: it may be
// asked for without reading them.
func (m *Machine) Size(v Value) (size int64, ok bool) {
	_, size, ok = m.place(v)
	return size, ok
}

// place is Place, which is not noted.
func (m *Machine) place(v Value) (at, size int64, ok bool) {
	if v.tag() != tagBytes && v.tag() != tagByteArray || m.isChanged(v) {
		return 0, 0, false
	}
	code, at, size, ok := m.find(v.payload())
	switch opcodes[code].arg {
	case argData1, argData4, argData8:
		return at, size, ok && at <= m.s.r.End() && size <= m.s.r.End()-at
	}
	return 0, 0, false
}

// Str returns the text of a str, if it is known. Lone surrogates have the three
// bytes of surrogatepass.
func (m *Machine) Str(v Value) (string, bool) { return m.content(v, Str) }

// Bytes returns the content of bytes or a bytearray, if it is known.
func (m *Machine) Bytes(v Value) (string, bool) {
	if s, ok := m.content(v, Bytes); ok {
		return s, true
	}
	return m.content(v, ByteArray)
}

// content returns what a str or bytes of the given kind holds.
func (m *Machine) content(v Value, kind Kind) (string, bool) {
	v = m.force(v)
	if m.Kind(v) != kind || kind == ByteArray && m.isChanged(v) {
		return "", false
	}
	if o := m.object(v); o != nil {
		return m.texts[o.ref], true
	}
	if v.tag() == tagForgotten {
		return "", false
	}
	cached := m.cache.of(v)
	if cached.v == v && cached.read {
		return cached.text, true
	}
	code, data, size, ok := m.locate(v.payload())
	if !ok {
		return "", false
	}
	s, ok := m.decode(code, data, size)
	if ok && len(s) <= cachedText {
		*cached = cachedConstant{v: v, size: saturate(size), read: true, text: s}
	}
	return s, ok
}

// Reads reports whether v is a str of exactly this text. A literal that is too
// short is not decoded: each character takes one byte or more of it.
func (m *Machine) Reads(v Value, text string) bool {
	if !m.Spells(text) {
		return false
	}
	if v.tag() == tagStr {
		// Most keys are SHORT_BINUNICODE, which stands in the file as it is.
		if p := m.s.r.Seen(v.payload(), int64(len(text))+2); p != nil && Code(p[0]) == opShortBinUnicode {
			return int(p[1]) == len(text) && string(p[2:]) == text
		}
		cached := m.cache.of(v)
		if cached.v != v {
			_, _, size, ok := m.locate(v.payload())
			if !ok {
				return false
			}
			*cached = cachedConstant{v: v, size: saturate(size)}
		}
		if n := int(cached.size); n < len(text) && n < utf8.RuneCountInString(text) {
			return false
		}
	}
	s, ok := m.Str(v)
	return ok && s == text
}

// locate returns where the argument of the opcode at an offset lies, to be read.
func (m *Machine) locate(at int64) (code Code, data, size int64, ok bool) {
	m.gaps.read(at)
	return m.find(at)
}

// find is locate, which is not noted.
func (m *Machine) find(at int64) (code Code, data, size int64, ok bool) {
	const head = 9
	p := m.s.r.Seen(at, head)
	n := len(p)
	if p == nil {
		p = m.head[:]
		if n, _ = m.s.r.ReadAt(p, at); n < 2 {
			return 0, 0, 0, false
		}
	}
	code = Code(p[0])
	at++
	switch opcodes[code].arg {
	case argData1:
		return code, at + 1, int64(p[1]), true
	case argData4, argSigned4:
		return code, at + 4, int64(binary.LittleEndian.Uint32(p[1:])), n >= head-4
	case argData8:
		size := binary.LittleEndian.Uint64(p[1:])
		return code, at + 8, int64(size), n >= head && size <= math.MaxInt64
	case argFloat8:
		return code, at, 8, n >= head
	}
	size, ok = m.lineAt(at)
	return code, at, size, ok
}

// longestBuf is how much of a line is read at once, in bytes.
const longestBuf = 64 << 10

// lineAt returns the length of the line at an offset.
func (m *Machine) lineAt(at int64) (int64, bool) {
	buf := make([]byte, 256)
	for off := at; off-at < LongestText; {
		n, err := m.s.r.ReadAt(buf, off)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return off - at + int64(i), true
		}
		if err != nil {
			return 0, false
		}
		off += int64(n)
		if len(buf) < longestBuf {
			buf = make([]byte, 2*len(buf))
		}
	}
	return 0, false
}

// decode returns the value of an opcode's argument of size bytes at data: the
// text of a string, the content of bytes, the decimal digits of an integer.
func (m *Machine) decode(code Code, data, size int64) (string, bool) {
	if size > LongestText || size > small && writesInt(code) || m.spend(size) {
		return "", false
	}
	if m.s.r.Budget().Hold(uint64(size)) != nil {
		return "", false
	}
	defer m.s.r.Budget().Release(m.s.r.Budget().Held() - size)
	p := m.s.r.Seen(data, size)
	if p == nil {
		p = make([]byte, size)
		if _, err := m.s.r.ReadAt(p, data); err != nil {
			return "", false
		}
	}
	switch opcodes[code].arg {
	case argString:
		body, ok := unquote(p)
		if ok {
			body, ok = unescape(body)
		}
		return latin1(body), ok
	case argText:
		return rawUnicode(p)
	case argInt, argLong:
		v, ok := parseInt(p, code == opLong)
		if !ok {
			return "", false
		}
		return v.String(), true
	}
	switch code {
	case opLong1, opLong4:
		return littleEndian(p).String(), true
	case opBinString, opShortBinString:
		return latin1(p), true
	}
	return string(p), true
}

// writesInt reports whether the argument of an opcode is an integer. To read one
// takes time by the square of its size.
func writesInt(code Code) bool {
	switch code {
	case opInt, opLong, opLong1, opLong4:
		return true
	}
	return false
}

// littleEndian is the integer of a LONG1: little-endian two's complement.
func littleEndian(p []byte) *big.Int {
	n := new(big.Int)
	for i := len(p) - 1; i >= 0; i-- {
		n.Lsh(n, 8).Or(n, big.NewInt(int64(p[i])))
	}
	if len(p) > 0 && p[len(p)-1]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(p))))
	}
	return n
}

// SmallInt returns an integer that the file holds, if it has 56 bits or less. It
// allocates nothing.
func (m *Machine) SmallInt(v Value) (int64, bool) { return v.small(), v.tag() == tagInt }

// Int returns an integer or boolean, if it is known.
func (m *Machine) Int(v Value) (*big.Int, bool) {
	v = m.force(v)
	switch v.tag() {
	case tagInt:
		return big.NewInt(v.small()), true
	case tagBool:
		return big.NewInt(v.payload()), true
	}
	s, ok := m.content(v, Int)
	if !ok {
		return nil, false
	}
	return new(big.Int).SetString(s, 10)
}

// float returns a float, if it is known.
func (m *Machine) float(v Value) (float64, bool) {
	v = m.force(v)
	if v.tag() != tagFloat {
		return 0, false
	}
	code, data, size, ok := m.locate(v.payload())
	if !ok || size > small {
		return 0, false
	}
	p := m.s.at(data, size)
	if code == opBinFloat && len(p) == 8 {
		return math.Float64frombits(binary.BigEndian.Uint64(p)), true
	}
	return parseFloat(p)
}

const (
	// textSize is what a computed text takes beside its content, in bytes: a header,
	// and the least that is allocated.
	textSize = 32
	// workPerText is what making one is worth, however short: a text may be taken
	// apart into its characters for a call of a few bytes.
	workPerText = 16
)

// newText makes a str, bytes, bytearray or large integer with computed content.
func (m *Machine) newText(kind Kind, content string) Value {
	m.spend(workPerText)
	if !m.hold(textSize + uint64(len(content))) {
		return unknown
	}
	if n := len(content); n > 0 && n <= longestWord {
		m.words.add(content[0], content[n-1], n)
	}
	m.texts = append(m.texts, content)
	return m.newObject(object{kind: kind, ref: int32(len(m.texts) - 1)})
}

// newStr makes a str that the machine computed.
func (m *Machine) newStr(s string) Value { return m.newText(Str, s) }

// newInt makes an int that the machine computed.
func (m *Machine) newInt(n *big.Int) Value {
	if n.IsInt64() && n.Int64() <= maxInt && n.Int64() >= minInt {
		return smallInt(n.Int64())
	}
	return m.newText(Int, n.String())
}
