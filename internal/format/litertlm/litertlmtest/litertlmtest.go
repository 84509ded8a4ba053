// Package litertlmtest builds LiteRT-LM files for tests.
package litertlmtest

import (
	"encoding/binary"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/litertlm"
)

// A Section is a part of a file.
type Section struct {
	Type    litertlm.Type
	Content string
}

// Author is a value of the header of every file.
const Author = "somebody"

// File is a file of these sections, each at the start of a block of 64 bytes.
func File(sections ...Section) []byte {
	const start, block = 32, 64
	header := build(sections, make([]uint64, len(sections)))
	out := make([]byte, start+len(header))
	at := make([]uint64, len(sections))
	for i, s := range sections {
		out = append(out, make([]byte, (block-len(out)%block)%block)...)
		at[i] = uint64(len(out))
		out = append(out, s.Content...)
	}
	copy(out, litertlm.Signature)
	binary.LittleEndian.PutUint32(out[8:], 1)
	binary.LittleEndian.PutUint64(out[24:], uint64(start+len(header)))
	copy(out[start:], build(sections, at))
	return out
}

// build is the header of sections that begin at these places.
func build(sections []Section, at []uint64) []byte {
	var all []fb.Table
	for i, s := range sections {
		all = append(all, fb.Table{1: at[i], 2: at[i] + uint64(len(s.Content)), 3: uint8(s.Type)})
	}
	entry := fb.Table{0: "Authors", 1: uint8(9), 2: fb.Table{0: Author}}
	return fb.Build("", fb.Table{0: fb.Table{0: []fb.Table{entry}}, 1: fb.Table{0: all}})
}
