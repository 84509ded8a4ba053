// Package litertlm reads LiteRT-LM files: a language model for devices, as TensorFlow
// Lite models, a tokenizer and metadata behind a header that says where each is.
//
// Format: litertlm_header_schema.fbs and litertlm_builder.py of LiteRT-LM.
package litertlm

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Signature is what a file begins with.
const Signature = "LITERTLM"

const (
	headerEnd   = 24 // where the end of the header stands
	headerStart = 32
	// sectionCost is what keeping a section or a text takes beside its letters, in bytes.
	sectionCost = 64
	maxText     = 1 << 20 // bytes of a text of the header
)

// A Type says what a section is: AnySectionDataType.
type Type uint8

// Types of sections. Those that are not listed are metadata in Protocol Buffers.
const (
	Generic       Type = 1
	Model         Type = 3
	SentencePiece Type = 4
	LLMMetadata   Type = 5
	Tokenizer     Type = 6 // the size of its text, and a zlib stream of JSON
	Weights       Type = 7
	Embedding     Type = 8
	Executor      Type = 9
	Speech        Type = 10
	Recognition   Type = 11
)

// A File is what the header says.
type File struct {
	Sections []Section
	Texts    []Text // values of the header that are strings
}

// A Section is a part of the file.
type Section struct {
	Type         Type
	Offset, Size int64
}

// A Text is a string of the header, and its name.
type Text struct {
	Key, Value string
	Offset     int64
}

// Decode reads the header of a file, which must be the window of r. What stands
// before a fault is returned with it.
func Decode(r *hostile.Reader) (File, error) {
	var f File
	start := r.Start()
	if string(r.Peek(len(Signature))) != Signature {
		return f, r.Fail(hostile.Malformed, "no LiteRT-LM file")
	}
	r.Skip(headerEnd)
	end := r.Uint64(binary.LittleEndian)
	if r.Err() == nil && (end <= headerStart || end > uint64(r.End()-start)) {
		return f, r.Fail(hostile.Malformed, "the header ends at %d of %d bytes", end, r.End()-start)
	}
	header := r.Window(end - headerStart)
	if r.Err() != nil {
		return f, r.Err()
	}
	root, _ := flatbuffers.Root(header)
	if system, ok := root.Table(0); ok {
		f.entries(header, system, 0)
	}
	if all, ok := root.Table(1); ok {
		for _, s := range all.Tables(0) {
			f.section(header, s, uint64(r.End()-start))
		}
	}
	return f, header.Err()
}

// section reads where a section lies.
func (f *File) section(header *hostile.Reader, t flatbuffers.Table, size uint64) {
	f.entries(header, t, 0)
	begin, end := t.Uint(1, 8, 0), t.Uint(2, 8, 0)
	kind := Type(t.Uint(3, 1, 0))
	if header.Err() != nil || header.Hold(sectionCost) != nil {
		return
	}
	if begin > end || end > size {
		header.FailAt(t.Offset(), hostile.Malformed, "a section from %d to %d of %d bytes", begin, end, size)
		return
	}
	f.Sections = append(f.Sections, Section{kind, int64(begin), int64(end - begin)})
}

// entries reads the strings among pairs of names and values.
func (f *File) entries(header *hostile.Reader, t flatbuffers.Table, field int) {
	const text = 9 // of the union of values: a string
	for _, pair := range t.Tables(field) {
		if pair.Uint(1, 1, 0) != text {
			continue
		}
		value, ok := pair.Table(2)
		if !ok {
			continue
		}
		t := Text{pair.String(0, maxText), value.String(0, maxText), value.Offset()}
		if header.Hold(uint64(sectionCost+len(t.Key)+len(t.Value))) != nil { // many may share a string
			return
		}
		f.Texts = append(f.Texts, t)
	}
}

// MetadataTexts yields the texts of a section of metadata, on any level of it: its
// templates are among them.
func MetadataTexts(r *hostile.Reader, visit func(offset int64, text string)) error {
	texts(protobuf.Root(r), 0, visit)
	return r.Err()
}

// texts visits the fields that are text. What may be a message is one as well.
func texts(m protobuf.Message, depth int, visit func(offset int64, text string)) {
	const deepest, shortest = 8, 4
	for f := range m.Fields() {
		if f.Tag.Wire() != protobuf.Bytes || f.Len() < shortest {
			continue
		}
		start, _ := f.Body()
		if text := f.Text(); utf8.ValidString(text) || strings.Contains(text, "{{") || strings.Contains(text, "{%") {
			visit(start, text)
		}
		if depth < deepest {
			texts(f.Message().Alone(), depth+1, visit)
		}
	}
}
