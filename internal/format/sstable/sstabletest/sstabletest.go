// Package sstabletest builds sorted string tables for tests.
package sstabletest

import (
	"encoding/binary"

	"github.com/klauspost/compress/s2"
)

// A Pair is a key and its value.
type Pair [2]string

// Build returns a table with each of the blocks; the pairs of a block share the
// starts of their keys. packed compresses the blocks.
func Build(packed bool, blocks ...[]Pair) []byte {
	var file []byte
	put := func(content []byte) string {
		compression := byte(0)
		if packed {
			content, compression = s2.EncodeSnappy(nil, content), 1
		}
		handle := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(file))), uint64(len(content)))
		file = append(append(file, content...), compression, 0, 0, 0, 0) // no checksum
		return string(handle)
	}
	var index []Pair
	for _, b := range blocks {
		index = append(index, Pair{b[len(b)-1][0], put(Block(b))})
	}
	footer := append([]byte(put(Block(nil))), put(Block(index))...)
	file = append(append(file, footer...), make([]byte, 40-len(footer))...)
	return append(file, "\x57\xfb\x80\x8b\x24\x75\x47\xdb"...)
}

// Block returns a block of the pairs with one restart.
func Block(pairs []Pair) []byte {
	var p []byte
	before := ""
	for _, e := range pairs {
		shared := 0
		for shared < len(before) && shared < len(e[0]) && before[shared] == e[0][shared] {
			shared++
		}
		p = binary.AppendUvarint(p, uint64(shared))
		p = binary.AppendUvarint(p, uint64(len(e[0])-shared))
		p = binary.AppendUvarint(p, uint64(len(e[1])))
		p = append(append(p, e[0][shared:]...), e[1]...)
		before = e[0]
	}
	return append(p, 0, 0, 0, 0, 1, 0, 0, 0) // the first key, one restart
}
