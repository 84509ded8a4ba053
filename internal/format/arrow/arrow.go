// Package arrow finds the schemas of tables of Apache Arrow, in its own files and
// streams and in Feather and Parquet, and the types of columns in them that Python
// defines.
//
// Formats: https://arrow.apache.org/docs/format/Columnar.html (Message.fbs, File.fbs,
// Schema.fbs), https://parquet.apache.org/docs/file-format/
package arrow

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What files start with. Streams start with the mark of their first message, since
// Arrow 0.15.
const (
	FileMagic    = "ARROW1"
	FeatherMagic = "FEA1" // before version 2, which is Arrow's own format
	ParquetMagic = "PAR1"
	StreamMark   = "\xff\xff\xff\xff"
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

// Find returns the metadata of the file that r is over, and whether there is any.
// A file that ends early has none: readers find none either.
func Find(r *hostile.Reader) (m Metadata, found bool) {
	switch first := string(r.Peek(len(FileMagic))); {
	case first == FileMagic:
		if m, found = atEnd(r, FileMagic); found && m.Size() > 0 {
			m.schema = ofFooter
			return m, true
		}
		const padded = 8 // size of the magic
		r.MoveTo(r.Start() + padded)
		return Message(r)
	case strings.HasPrefix(first, ParquetMagic):
		return atEnd(r, ParquetMagic)
	case strings.HasPrefix(first, FeatherMagic):
		return atEnd(r, FeatherMagic)
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
	const continued = 0xffffffff // StreamMark
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
	r := m.Reader()
	root, _ := flatbuffers.Root(r)
	_, ok := ofMessage(root)
	return ok && r.Err() == nil
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
