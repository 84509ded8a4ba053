package carve

import (
	"bytes"
	"encoding/binary"
	"sync"
)

// A signature is what a kind of file is known by.
type signature struct {
	text    string
	before  int // bytes of the file in front of the text
	pair    int // index in text of the two bytes that are looked for, which no other signature has
	program bool
	data    bool // looked for in data alone
	confirm func(s *search, at int64) (File, bool)
}

// signatures are those of all kinds but pickles, which have none.
var signatures = []signature{
	{text: "\x7fELF", program: true, confirm: program}, {text: "MZ", program: true, confirm: windows},
	{text: "\xfe\xed\xfa", program: true, confirm: program}, {text: "\xce\xfa\xed\xfe", program: true, confirm: program}, {text: "\xcf\xfa\xed\xfe", program: true, confirm: program},
	{text: "\xca\xfe\xba", program: true, confirm: program},
	{text: "\x00asm", pair: 2, program: true, confirm: program}, {text: "\x4c\x00\x00\x00\x01\x14\x02\x00", pair: 5, program: true, confirm: program},
	{text: "#!", confirm: script},
	{text: "PK\x05\x06", confirm: zipEnd},
	{text: "ustar", before: 257, confirm: tarHeader},
	{text: "7z\xbc\xaf\x27\x1c", confirm: sevenZip},
	{text: "\x1f\x8b\x08", confirm: gzipStream}, {text: "BZh", confirm: stream(Bzip2)},
	{text: "\xfd7zXZ\x00", confirm: stream(XZ)},
	{text: "\x28\xb5\x2f\xfd", pair: 1, confirm: stream(Zstd)}, {text: "\x04\x22\x4d\x18", pair: 1, confirm: stream(LZ4)},
	// Those of a window of 32 KiB, by level (RFC 1950 2.2).
	{text: "\x78\x01", data: true, confirm: stream(Zlib)}, {text: "\x78\x5e", data: true, confirm: stream(Zlib)},
	{text: "\x78\x9c", data: true, confirm: stream(Zlib)}, {text: "\x78\xda", data: true, confirm: stream(Zlib)},
}

// What a pair of bytes may belong to, beside the signatures of which it is the
// index and one.
const (
	startsPickle = 255 - iota // PROTO with a protocol that exists
	endsModule                // the end of a line of a name: GLOBAL and INST have two
	endsStack                 // STACK_GLOBAL behind a string
)

// A table says for every two bytes that follow each other what they may belong
// to: 0 means nothing. One look at it for each byte costs the same for any data,
// which no search for single rare bytes does: what is rare in weights of one type
// is common in those of another.
type table [1 << 16]uint8

// anything is the table of all that is looked for, programs that of programs.
var (
	anything = sync.OnceValue(func() *table {
		t := signed(func(signature) bool { return true })
		for version := byte(2); version <= maxProtocol; version++ { // before, there was no PROTO
			t[pair(proto, version)] = startsPickle
		}
		for c := range 256 {
			if nameByte(byte(c)) {
				t[pair(byte(c), '\n')], t[pair(byte(c), stackGlobal)] = endsModule, endsStack
			}
		}
		t[pair(memoize, stackGlobal)] = endsStack
		return t
	})
	programs = sync.OnceValue(func() *table { return signed(func(s signature) bool { return s.program }) })
)

// signed is the table of those signatures that are wanted.
func signed(wanted func(signature) bool) *table {
	t := new(table)
	for i, sig := range signatures {
		if wanted(sig) {
			t[pair(sig.text[sig.pair], sig.text[sig.pair+1])] = uint8(i + 1)
		}
	}
	return t
}

// pair is two bytes as a little-endian reader sees them.
func pair(first, second byte) uint16 { return uint16(first) | uint16(second)<<8 }

// page is what is compared with zeros at once, of which files with holes and
// fresh tensors consist.
const page = 4 << 10

var zeros [page]byte

// filter looks at every pair of bytes that begins in p[from:to].
func (s *search) filter(p []byte, from, to int) {
	for from < to {
		n := min(page, to-from)
		if !bytes.Equal(p[from:from+n], zeros[:n]) {
			s.pairs(p, from, from+n)
		}
		from += n
	}
}

// pairs goes through p[from:to], eight pairs a step.
func (s *search) pairs(p []byte, from, to int) {
	i, t := from, s.table
	for ; i+8 <= to && i+9 <= len(p); i += 8 {
		q := (*[9]byte)(p[i:])
		if t.at(q[0:])|t.at(q[1:])|t.at(q[2:])|t.at(q[3:])|t.at(q[4:])|t.at(q[5:])|t.at(q[6:])|t.at(q[7:]) == 0 {
			continue
		}
		for k := range 8 {
			s.pair(p, i+k)
		}
	}
	for ; i < to && i+1 < len(p); i++ {
		s.pair(p, i)
	}
}

// at says what the first two bytes of p may belong to.
func (t *table) at(p []byte) uint8 { return t[binary.LittleEndian.Uint16(p)] }

// pair looks at what begins, or has a certain part, at p[i].
func (s *search) pair(p []byte, i int) {
	switch what := s.table.at(p[i:]); what {
	case 0:
	case startsPickle:
		s.protocol(p, i)
	case endsModule:
		s.textImport(p, i+1)
	case endsStack:
		s.stackImport(p, i+1)
	default:
		s.try(&signatures[what-1], p, i)
	}
}
