// Package ocdbttest builds records of OCDBT databases field by field for tests.
package ocdbttest

import (
	"encoding/binary"
	"hash/crc32"
)

// A Value is a key with its value, inline or at a place of a file.
type Value struct {
	Key, Inline string
	File        int // index of the files; counts for values without Inline
	Offset      uint64
	Size        uint64
}

// Record frames a body: magic number, length, no compression, checksum.
func Record(magic uint32, body []byte) []byte {
	p := binary.BigEndian.AppendUint32(nil, magic)
	p = binary.LittleEndian.AppendUint64(p, uint64(len(body)+18))
	p = append(append(p, 0, 0), body...)
	return binary.LittleEndian.AppendUint32(p, crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)))
}

// Manifest is a manifest with one version, whose root is in the last of the
// files.
func Manifest(files ...string) []byte {
	p := append(make([]byte, 16), 0) // identifier, kind
	p = number(p, 1024, 1e8)         // largest value and node
	p = append(p, 4, 1, 0, 0, 0, 0)  // arity, compression, level
	p = table(p, files)
	p = append(p, 1, 1, 0) // one version: generation, height
	p = number(p, uint64(max(0, len(files)-1)), 0, 100, 1, 100, 0)
	p = append(p, make([]byte, 8)...) // time
	return Record(0x0cdb3a2a, append(p, 0))
}

// Leaf is a node of the tree of keys with values.
func Leaf(files []string, values ...Value) []byte {
	p := table([]byte{0}, files)
	p = number(p, uint64(len(values)))
	for range max(0, len(values)-1) {
		p = append(p, 0)
	}
	for _, v := range values {
		p = number(p, uint64(len(v.Key)))
	}
	for _, v := range values {
		p = append(p, v.Key...)
	}
	return Record(0x0cdb20de, columns(p, values))
}

// columns writes sizes, kinds, places and inline values.
func columns(p []byte, values []Value) []byte {
	var kinds, ids, offsets, inline []byte
	for _, v := range values {
		if v.Inline != "" {
			p, kinds, inline = number(p, uint64(len(v.Inline))), append(kinds, 0), append(inline, v.Inline...)
			continue
		}
		p, kinds = number(p, v.Size), append(kinds, 1)
		ids, offsets = number(ids, uint64(v.File)), number(offsets, v.Offset)
	}
	return append(append(append(append(p, kinds...), ids...), offsets...), inline...)
}

// Inner is a node of the tree of keys with one child, in the first of the files.
func Inner(files ...string) []byte {
	p := table([]byte{1}, files)
	p = number(p, 1, 1, 0) // one key of one byte, nothing shared below
	p = append(p, 'a')
	return Record(0x0cdb20de, number(p, 0, 0, 50, 1, 50, 0))
}

// Versions is a node of the tree of versions with one root, in the first of the
// files.
func Versions(files ...string) []byte {
	p := table([]byte{4, 0}, files)
	p = append(p, 1, 1, 0)
	p = number(p, 0, 0, 100, 1, 100, 0)
	return Record(0x0cdb1234, append(p, make([]byte, 8)...))
}

// table writes a table of files that share no prefix.
func table(p []byte, files []string) []byte {
	p = number(p, uint64(len(files)))
	for range max(0, len(files)-1) {
		p = append(p, 0)
	}
	for _, f := range files {
		p = number(p, uint64(len(f)))
	}
	for range files {
		p = append(p, 0)
	}
	for _, f := range files {
		p = append(p, f...)
	}
	return p
}

func number(p []byte, values ...uint64) []byte {
	for _, v := range values {
		p = binary.AppendUvarint(p, v)
	}
	return p
}
