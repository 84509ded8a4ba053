// Package arrowtest makes files of Arrow and Parquet for tests, without any rows.
package arrowtest

import (
	"encoding/binary"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

var le = binary.LittleEndian

// Column is a column of a type that Python defines, made from a pickle.
func Column(pickled string) fb.Table { return column("arrow.py_extension_type", pickled) }

// Plain is a column of another type with a value of its own.
func Plain(value string) fb.Table { return column("arrow.json", value) }

func column(kind, value string) fb.Table {
	return fb.Table{0: "column", 6: []fb.Table{
		{0: "ARROW:extension:name", 1: kind}, {0: "ARROW:extension:metadata", 1: value}}}
}

// Group is a column of columns.
func Group(columns ...fb.Table) fb.Table { return fb.Table{0: "group", 5: columns} }

// schema is a table of columns.
func schema(columns []fb.Table) fb.Table { return fb.Table{1: columns} }

// Stream is the message that a stream starts with.
func Stream(columns ...fb.Table) string {
	message := string(fb.Build("", fb.Table{0: uint8(4), 1: uint8(1), 2: schema(columns)}))
	return "\xff\xff\xff\xff" + sized(message) + message
}

// File is a file of Arrow with the columns that readers go by in its footer, and
// whatever message in front.
func File(message string, columns ...fb.Table) string {
	footer := string(fb.Build("", fb.Table{0: uint8(4), 1: schema(columns)}))
	return "ARROW1\x00\x00" + message + footer + sized(footer) + "ARROW1"
}

// Cut is a file of Arrow that ends behind its first message.
func Cut(message string) string { return "ARROW1\x00\x00" + message }

// Parquet is a file with a key and its value in the metadata.
func Parquet(key, value string) string {
	text := "\x15\x02\x19\x3c\x18" + string(rune(len(key))) + key + "\x18" +
		string(binary.AppendUvarint(nil, uint64(len(value)))) + value + "\x00"
	return "PAR1\x15\x00\x15\x10" + text + sized(text) + "PAR1"
}

// ParquetSwapped is Parquet with the value in front of its key, which the format allows.
func ParquetSwapped(key, value string) string {
	text := "\x15\x02\x19\x3c\x28" + string(binary.AppendUvarint(nil, uint64(len(value)))) + value +
		"\x08\x02" + string(rune(len(key))) + key + "\x00"
	return "PAR1\x15\x00\x15\x10" + text + sized(text) + "PAR1"
}

// sized is the size of a text as files have it.
func sized(text string) string { return string(le.AppendUint32(nil, uint32(len(text)))) }
