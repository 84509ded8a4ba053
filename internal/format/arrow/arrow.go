// Package arrow finds the schemas of tables of Apache Arrow, in its own files and
// streams and in Feather and Parquet, and the types of columns in them that Python
// defines.
//
// Formats: https://arrow.apache.org/docs/format/Columnar.html (Message.fbs, File.fbs,
// Schema.fbs), https://parquet.apache.org/docs/file-format/
package arrow

import (
	"bytes"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What files start with.
const (
	fileMagic    = "ARROW1"
	featherMagic = "FEA1" // before version 2, which is Arrow's own format
	parquetMagic = "PAR1"
	streamMark   = "\xff\xff\xff\xff" // of the first message of a stream, since Arrow 0.15
)

// PythonType is the name of the types that PyArrow unpickles
// (pyarrow/types.pxi, PyExtensionType).
const PythonType = "arrow.py_extension_type"

// The keys under which a column keeps the name of its type and what that is made from
// (extension_type.cc).
const (
	nameKey  = "ARROW:extension:name"
	valueKey = "ARROW:extension:metadata"
)

// Fields of the tables, by their order in Message.fbs, File.fbs and Schema.fbs.
const (
	messageHeaderType = 1
	messageHeader     = 2
	footerSchema      = 1
	schemaFields      = 1
	fieldChildren     = 5
	fieldMetadata     = 6
	entryKey          = 0
	entryValue        = 1
)

// headerSchema is MessageHeader_Schema.
const headerSchema = 1

// A Metadata is the part of a file by which readers know its columns.
type Metadata struct {
	r      *hostile.Reader // of the part alone
	schema func(root flatbuffers.Table) (flatbuffers.Table, bool)
}

// Offset returns where the part stands in the file.
func (m Metadata) Offset() int64 { return m.r.Start() }

// Size returns how many bytes it has.
func (m Metadata) Size() int64 { return m.r.End() - m.r.Start() }

// Reader returns a cursor over the part.
func (m Metadata) Reader() *hostile.Reader { return m.r.At(uint64(m.Offset()), uint64(m.Size())) }

// ofMessage returns the schema in a message of a stream.
func ofMessage(root flatbuffers.Table) (flatbuffers.Table, bool) {
	if root.Uint(messageHeaderType, 1, 0) != headerSchema {
		return flatbuffers.Table{}, false
	}
	return root.Table(messageHeader)
}

// ofFooter returns the schema in the footer of a file.
func ofFooter(root flatbuffers.Table) (flatbuffers.Table, bool) { return root.Table(footerSchema) }

// Looks reports whether a file that starts with first may have a schema. Streams of
// before Arrow 0.15, which later versions read as well, start with the size of it.
func Looks(first []byte) bool {
	for _, magic := range []string{fileMagic, featherMagic, parquetMagic, streamMark} {
		if bytes.HasPrefix(first, []byte(magic)) {
			return true
		}
	}
	const sized = 4
	return len(first) > sized && ofSchema(func(at int64, n int) (number int64) {
		if at += sized; at < sized || at+int64(n) > int64(len(first)) {
			return 0
		}
		for i, c := range first[at : at+int64(n)] {
			number |= int64(c) << (8 * i)
		}
		return number
	})
}

// ofSchema reports whether the message that numbers are read from, at an offset in it
// and of n bytes, has a schema. It goes by what Arrow goes by, which does not look at
// the sizes of tables, so that what is wrong with the rest is known to be wrong.
func ofSchema(number func(at int64, n int) int64) bool {
	root := number(0, 4)
	vtable := root - int64(int32(number(root, 4)))
	header := number(vtable+4+2*messageHeaderType, 2)
	return root > 0 && header > 0 && number(root+header, 1) == headerSchema
}

// Find returns the metadata of the file that r is over, and whether there is any.
// A file that ends early has none: readers find none either.
func Find(r *hostile.Reader) (m Metadata, found bool) {
	switch first := string(r.Peek(len(fileMagic))); {
	case first == fileMagic:
		if m, found = atEnd(r, fileMagic); found && m.Size() > 0 {
			m.schema = ofFooter
			return m, true
		}
		const padded = 8 // size of the magic
		r.MoveTo(r.Start() + padded)
		return Message(r)
	case strings.HasPrefix(first, parquetMagic):
		return atEnd(r, parquetMagic)
	case strings.HasPrefix(first, featherMagic):
		return atEnd(r, featherMagic)
	}
	m, found = Message(r)
	return m, found && m.starts()
}

// atEnd returns the metadata in front of its size and the magic, which end a file.
func atEnd(r *hostile.Reader, magic string) (Metadata, bool) {
	const sizeBytes = 4
	end := r.End() - int64(sizeBytes+len(magic))
	if end < r.Start() {
		return Metadata{}, false
	}
	r.MoveTo(end)
	size := int64(r.UintLE(sizeBytes))
	if string(r.Peek(len(magic))) != magic || size > end-r.Start() {
		return Metadata{}, false
	}
	return Metadata{r: r.At(uint64(end-size), uint64(size))}, true
}

// Message returns the message that stands at the cursor, and whether it is there as a
// whole.
func Message(r *hostile.Reader) (m Metadata, whole bool) {
	const continued = 0xffffffff // streamMark
	size := r.UintLE(4)
	if size == continued {
		size = r.UintLE(4)
	}
	m = Metadata{r: r.Window(size), schema: ofMessage}
	return m, r.Err() == nil
}

// starts reports whether a message is one that a stream starts with: the mark in front
// of it may be anything.
func (m Metadata) starts() bool {
	return ofSchema(func(at int64, n int) int64 {
		return int64(m.r.At(uint64(m.Offset()+at), uint64(n)).UintLE(n))
	})
}

// maxDepth is how deep the columns of columns are read: the limit of Arrow's own
// readers (kMaxNestingDepth).
const maxDepth = 64

// Types calls visit with the place of what each type that Python defines is made
// from, as the file has it. What it returns is a fault of the metadata; Parquet and
// Feather have no such types but those in what Embedded finds.
func (m Metadata) Types(visit func(offset, size int64)) error {
	if m.schema == nil {
		return nil
	}
	w := walker{r: m.Reader(), visit: visit}
	root, _ := flatbuffers.Root(w.r)
	if schema, ok := m.schema(root); ok {
		w.fields(schema, schemaFields, 0)
	}
	return w.r.Err()
}

// A walker follows the columns of a schema.
type walker struct {
	r     *hostile.Reader
	visit func(offset, size int64)
}

// fields follows a vector of columns.
func (w *walker) fields(of flatbuffers.Table, slot, depth int) {
	if depth > maxDepth {
		w.r.FailAt(of.Offset(), hostile.Unsupported, "columns nested more than %d deep", maxDepth)
		return
	}
	for _, f := range of.Tables(slot) {
		w.entries(f)
		w.fields(f, fieldChildren, depth+1)
	}
}

// entries looks for a type that Python defines in the metadata of a column.
func (w *walker) entries(field flatbuffers.Table) {
	const longest = 64
	defined := false
	for _, e := range field.Tables(fieldMetadata) {
		defined = defined || e.String(entryKey, longest) == nameKey && e.String(entryValue, longest) == PythonType
	}
	if !defined {
		return
	}
	for _, e := range field.Tables(fieldMetadata) {
		if value, n := e.Vector(entryValue, 1); e.String(entryKey, longest) == valueKey && n > 0 {
			w.visit(value.Offset(), int64(n))
		}
	}
}
