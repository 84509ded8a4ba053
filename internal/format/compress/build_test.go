package compress_test

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"testing"
)

// xzWithDictionary is the start of an xz stream whose block claims a dictionary
// size by its code, up to the header of a chunk.
func xzWithDictionary(code byte) []byte {
	flags := []byte{0, 0}
	out := append([]byte("\xfd7zXZ\x00"), flags...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(flags))
	block := []byte{2, 0, 0x21, 1, code, 0, 0, 0} // size, no sizes and one filter, LZMA2, one byte: the code; padding
	out = append(out, block...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(block))
	return append(out, 1, 0xff, 0xff, 0)
}

// xzStored is an xz stream without a check that holds a short text, and whose block
// claims a dictionary size by its code.
func xzStored(code byte, text string) []byte {
	const chunk = 3 // bytes of the header: stored, with a new dictionary, and the size less one
	out := xzWithDictionary(code)
	out = append(out[:len(out)-4], 1, 0, byte(len(text)-1))
	out = append(append(out, text...), 0) // no more chunks
	unpadded := 12 + chunk + len(text) + 1
	out = append(out, make([]byte, (4-unpadded%4)%4)...)
	index := []byte{0, 1, byte(unpadded), byte(len(text))} // of one block
	out = binary.LittleEndian.AppendUint32(append(out, index...), crc32.ChecksumIEEE(index))
	footer := []byte{1, 0, 0, 0, 0, 0} // size of the index, and flags
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(footer))
	return append(append(out, footer...), "YZ"...)
}

// member returns the packed bytes of the first member of a zip file.
func member(t *testing.T, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if method := binary.LittleEndian.Uint16(p[8:]); method != 9 && method != 0 {
		t.Fatalf("method: got %d, want 9", method)
	}
	start := 30 + int(binary.LittleEndian.Uint16(p[26:])) + int(binary.LittleEndian.Uint16(p[28:]))
	return p[start : start+int(binary.LittleEndian.Uint32(p[18:]))]
}
