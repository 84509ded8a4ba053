package prototext

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// EncodeJSON is Encode for the form that is JSON: names of fields are written as in
// the text format or in lowerCamelCase, null is no value, and bytes are in base64.
//
// Format: https://protobuf.dev/programming-guides/json/
func EncodeJSON(r *hostile.Reader, s Schema, message string) (*Binary, error) {
	e := fromJSON{encoder: encoder{r: r, schema: s}, d: json.NewDecoder(r)}
	if t := e.d.Next(); t.Kind != json.Object {
		e.refuse(t, "a message")
	} else {
		e.members(s[message], 0)
		e.d.Next() // nothing may follow
	}
	return &e.out, r.Err()
}

type fromJSON struct {
	encoder
	d *json.Decoder
}

// refuse records a value of a kind that a field does not have.
func (e *fromJSON) refuse(t json.Token, want string) {
	e.r.FailAt(t.Offset, hostile.Malformed, "%s expected", want)
}

// members reads the members of an object as the fields of a message.
func (e *fromJSON) members(fields map[string]Field, depth int) {
	for t := e.d.Next(); t.Kind == json.Name; t = e.d.Next() {
		f, known := fields[snake(t.Text)]
		value := e.d.Next()
		switch {
		case !known:
			e.d.Skip(value)
		case value.Kind == json.Array:
			for item := e.d.Next(); item.Kind != json.ArrayEnd && item.Kind != 0; item = e.d.Next() {
				e.element(f, item, item.Offset, depth)
			}
		default:
			e.element(f, value, t.Offset, depth)
		}
	}
}

// snake returns the name of a field whose name in JSON is in lowerCamelCase.
func snake(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// element reads one value of a field whose place is that of its name, or its own.
func (e *fromJSON) element(f Field, t json.Token, at int64, depth int) {
	switch {
	case t.Kind == json.Null || t.Kind == 0:
		return
	case f.Of != "" && t.Kind != json.Object:
		e.refuse(t, "a message")
	case f.Of == "" && f.Tag.Wire() == protobuf.Bytes && t.Kind != json.String:
		e.refuse(t, "a string")
	case f.Of == "" && (t.Kind == json.Object || t.Kind == json.Array):
		e.refuse(t, "a number")
	case f.Of != "" && depth == maxDepth:
		e.r.FailAt(t.Offset, hostile.Unsupported, "messages nest more than %d deep", maxDepth)
	}
	if e.r.Err() != nil || !e.start(f.Tag, at) {
		return
	}
	switch {
	case f.Of != "":
		e.sized(func() { e.members(e.schema[f.Of], depth+1) })
	case f.Tag.Wire() == protobuf.Bytes:
		e.sized(func() { e.text(f, t) })
	default:
		e.out.Data = binary.AppendUvarint(e.out.Data, scalar(f, t))
	}
}

// text writes a string, or the bytes that it stands for.
func (e *fromJSON) text(f Field, t json.Token) {
	if e.r.Hold(4*uint64(len(t.Text))) != nil { // with what is unpacked, and what it is appended to
		return
	}
	if !f.Base64 {
		e.out.Data = append(e.out.Data, t.Text...)
		return
	}
	p, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(alphabet(t.Text), "="))
	if err != nil {
		e.refuse(t, "base64")
	}
	e.out.Data = append(e.out.Data, p...)
}

// alphabet takes either alphabet of base64 to the common one, and leaves out what
// is of neither, as Python does.
func alphabet(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '-':
			return '+'
		case c == '_':
			return '/'
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == '+', c == '/', c == '=':
			return c
		}
		return -1
	}, text)
}

// scalar returns the value of a number, which may be in quotation marks, of a
// boolean, or of a member of an enumeration.
func scalar(f Field, t json.Token) uint64 {
	switch t.Kind {
	case json.True:
		return 1
	case json.False:
		return 0
	}
	if v, named := f.Names[t.Text]; named {
		return v
	}
	if v, err := strconv.ParseFloat(t.Text, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return uint64(int64(v)) // 1e0 is one, too
	}
	return integer(t.Text)
}
