package json

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// UTF8 returns a Reader of the same text in UTF-8, without a byte-order mark.
// Python's json.loads takes bytes in UTF-16 and UTF-32 too, by the rule that is
// repeated here; text in those is converted in memory, and its offsets are then
// those of the converted text.
func UTF8(r *hostile.Reader) (*hostile.Reader, error) {
	head := r.Peek(4)
	unit, order, mark := encoding(head)
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		r.Skip(3)
	}
	// UTF-8 needs no conversion, so that offsets are those of the file.
	if unit == 1 {
		return r, r.Err()
	}
	r.Skip(uint64(mark))
	raw := r.Bytes(uint64(r.Left()))
	if err := r.Budget().Hold(uint64(len(raw)) / uint64(unit) * utf8.UTFMax); err != nil {
		return r, r.Fail(hostile.OverBudget, "JSON text in UTF-%d: %v", 8*unit, err)
	}
	text := transcode(raw, unit, order)
	out := hostile.NewReader(hostile.Bytes(text), int64(len(text)), r.Budget())
	if r.Err() == nil && len(raw)%unit != 0 {
		return out, r.Fail(hostile.Truncated, "UTF-%d text that ends inside a character", 8*unit)
	}
	return out, r.Err()
}

// encoding returns the size of a code unit, its byte order and the size of the
// byte-order mark in front, as json.detect_encoding of CPython decides.
func encoding(b []byte) (unit int, order binary.ByteOrder, mark int) {
	switch {
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return 4, binary.BigEndian, 4
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}):
		return 4, binary.LittleEndian, 4
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return 2, binary.BigEndian, 2
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return 2, binary.LittleEndian, 2
	case len(b) < 4 && len(b) != 2:
		return 1, nil, 0
	case b[0] == 0 && b[1] != 0:
		return 2, binary.BigEndian, 0
	case b[0] == 0 && len(b) == 4:
		return 4, binary.BigEndian, 0
	case b[1] != 0:
		return 1, nil, 0
	case len(b) == 2 || b[2] != 0 || b[3] != 0:
		return 2, binary.LittleEndian, 0
	}
	return 4, binary.LittleEndian, 0
}

// transcode makes UTF-8 of UTF-16 or UTF-32. Half of a surrogate pair becomes the
// replacement character.
func transcode(raw []byte, unit int, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(raw)/unit)
	if unit == 4 {
		for ; len(raw) >= 4; raw = raw[4:] {
			out = utf8.AppendRune(out, rune(order.Uint32(raw)))
		}
		return out
	}
	for ; len(raw) >= 2; raw = raw[2:] {
		c := rune(order.Uint16(raw))
		if utf16.IsSurrogate(c) && len(raw) >= 4 {
			if pair := utf16.DecodeRune(c, rune(order.Uint16(raw[2:]))); pair != utf8.RuneError {
				c, raw = pair, raw[2:]
			}
		}
		out = utf8.AppendRune(out, c)
	}
	return out
}
