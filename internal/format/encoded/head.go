package encoded

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/marshal"
)

const (
	// headSize is of how many characters, or of how many but one in forms of
	// base 85, may tells what they stand for, and headBytes how many bytes those
	// are at most.
	headSize  = 16
	headBytes = 12
	missing   = 85 // the value of what is in no alphabet
)

// values returns what each character of an alphabet counts.
func values(alphabet string) (of [256]uint8) {
	for i := range of {
		of[i] = missing
	}
	for i := range alphabet {
		of[alphabet[i]] = uint8(i)
	}
	return of
}

// either returns values in which the characters of another alphabet count, too.
func either(of, other [256]uint8) [256]uint8 {
	for c, v := range other {
		of[c] = min(of[c], v)
	}
	return of
}

var (
	base85Values, z85Values = values(base85), values(z85)

	hexValues    = either(values("0123456789abcdef"), values("0123456789ABCDEF"))
	base32Values = either(values("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), values("abcdefghijklmnopqrstuvwxyz234567"))
	base64Values = either(values(letters+digits+"+/"), values(letters+digits+"-_"))
)

// may reports whether a text may promise something in a form, from its first
// characters alone and without allocating: most texts do not.
func may(f *form, text []byte) bool {
	var room [headBytes]byte
	head := room[:0]
	switch f {
	case hexForm:
		head = ofBits(head, bytes.TrimPrefix(text, []byte("0x")), &hexValues, 4)
	case base32Form:
		head = ofBits(head, text, &base32Values, 5)
	case base64Form:
		head = ofBits(head, text, &base64Values, 6)
	case base85Form:
		head = ofGroups(head, text, &base85Values)
	case z85Form:
		head = ofGroups(head, text, &z85Values)
	default:
		return true
	}
	return len(text) < headSize+len("0x") || len(head) > 0 && (readable(head) || zeros(head) || mayStart(head))
}

// ofBits appends what the first characters stand for, each for so many bits, or
// nothing if one is not of the alphabet.
func ofBits(head, text []byte, of *[256]uint8, width int) []byte {
	sum, n := uint32(0), 0
	for _, c := range text[:min(len(text), headSize)] {
		v := of[c]
		if v == missing {
			return head[:0]
		}
		sum, n = sum<<width|uint32(v), n+width
		if n >= 8 {
			n -= 8
			head = append(head, byte(sum>>n))
		}
	}
	return head
}

// ofGroups appends what the first groups of five characters stand for, or nothing
// if one stands for no four bytes.
func ofGroups(head, text []byte, of *[256]uint8) []byte {
	for i := 0; i+5 <= min(len(text), headSize); i += 5 {
		sum := uint64(0)
		for _, c := range text[i : i+5] {
			sum = sum*85 + uint64(of[c])
		}
		if sum > 1<<32-1 {
			return head[:0]
		}
		head = binary.BigEndian.AppendUint32(head, uint32(sum))
	}
	return head
}

// zeros reports whether every other byte is zero, as in UTF-16.
func zeros(head []byte) bool {
	for i := 1; i < len(head); i += 2 {
		if head[i] != 0 {
			return false
		}
	}
	return true
}

// packed are the signatures of what can be unpacked and is of no Kind, or of one
// by more than these.
var packed = []string{"\x1f\x8b", "\x02\x21\x4c\x18", "LZIP\x01", "ZF0x", "BZh", "MZ"}

// mayStart reports whether what starts holds for data with these first bytes, of
// which none are text.
func mayStart(head []byte) bool {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return true
		}
	}
	zlib := head[0]&0xf == 8 && binary.BigEndian.Uint16(head)%31 == 0
	return zlib || binaryPickle(head) || mayLZMA(head) || mayCode(head) ||
		slices.ContainsFunc(packed, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
}

// mayLZMA reports whether a header of LZMA may start so: its dictionary has a size
// of one bit or two, or of all.
func mayLZMA(head []byte) bool {
	n := bits.OnesCount32(binary.LittleEndian.Uint32(head[1:]))
	return n == 1 || n == 2 || n == 32
}

// mayCode reports whether a code object of Python may start so.
func mayCode(head []byte) bool {
	var room [64]byte
	copy(room[:], head)
	return marshal.Looks(room[:])
}
