// Package protobuftest builds Protocol Buffers messages field by field for
// tests.
package protobuftest

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
)

// Join concatenates fields to a message.
func Join(fields ...[]byte) []byte { return bytes.Join(fields, nil) }

// Int is a varint field.
func Int(tag protobuf.Tag, v int64) []byte {
	return protowire.AppendVarint(key(tag), uint64(v))
}

// Fixed32 is a four-byte field.
func Fixed32(tag protobuf.Tag, v uint32) []byte { return protowire.AppendFixed32(key(tag), v) }

// Fixed64 is an eight-byte field.
func Fixed64(tag protobuf.Tag, v uint64) []byte { return protowire.AppendFixed64(key(tag), v) }

// Text is a string or bytes field.
func Text(tag protobuf.Tag, s string) []byte { return protowire.AppendString(key(tag), s) }

// Sub is a message field of the given fields.
func Sub(tag protobuf.Tag, fields ...[]byte) []byte {
	return protowire.AppendBytes(key(tag), Join(fields...))
}

// Group is a group of the given fields; tag is its start tag.
func Group(tag protobuf.Tag, fields ...[]byte) []byte {
	return Join(key(tag), Join(fields...), key(tag&^7|protobuf.End))
}

// Packed is a packed repeated integer field.
func Packed(tag protobuf.Tag, values ...int64) []byte {
	var body []byte
	for _, v := range values {
		body = protowire.AppendVarint(body, uint64(v))
	}
	return protowire.AppendBytes(key(tag), body)
}

func key(tag protobuf.Tag) []byte { return protowire.AppendVarint(nil, uint64(tag)) }
