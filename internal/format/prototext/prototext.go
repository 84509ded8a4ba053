// Package prototext reads the text format of Protocol Buffers, and writes the
// fields that a schema asks for in the binary form, so that whatever reads the
// one reads the other. Fields that no schema names are read and left out.
//
// Format: https://protobuf.dev/reference/protobuf/textformat-spec/
package prototext

import (
	"encoding/binary"
	"sort"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Schema is what is kept of messages, by the names of message and field.
type Schema map[string]map[string]Field

// A Field is a field of a message.
type Field struct {
	Tag protobuf.Tag // Varint or Bytes
	Of  string       // name of the message that its value is; "" for a string or a number
	// Base64: a value is bytes, which JSON has in base64.
	Base64 bool
	// Names are the values of an enumeration that are told apart; others are 0.
	Names map[string]uint64
}

// A Binary is a message in the binary form.
type Binary struct {
	Data  []byte
	marks []mark
}

// A mark says where in the text a field stands that starts at a place of the
// binary form.
type mark struct{ binary, text int64 }

// Place returns the offset in the text of the field that a byte of the binary
// form belongs to.
func (b *Binary) Place(offset int64) int64 {
	i := sort.Search(len(b.marks), func(i int) bool { return b.marks[i].binary > offset })
	if i == 0 {
		return 0
	}
	return b.marks[i-1].text
}

const (
	// maxDepth is how deep messages that are kept may nest: the limit of the
	// reference parsers for the binary form.
	maxDepth = 100
	// maxSkipped is how deep what is left out may nest.
	maxSkipped = 10_000
	// maxWord is the longest name or number that is read, in bytes.
	maxWord = 256
	// lengthSize is what the length of a message takes: it is written before the
	// message is, with room for any.
	lengthSize = 5
	// markCost is what a mark is charged, in bytes.
	markCost = 32
)

// First returns the name of the first field of a text, or "" if it does not
// start with one.
func First(r *hostile.Reader) string {
	e := encoder{r: r}
	if c := e.peek(); !letter(c) {
		return ""
	}
	return e.word()
}

// Encode reads the text that fills r as a message of the schema. What was read
// before a fault is in the Binary.
func Encode(r *hostile.Reader, s Schema, message string) (*Binary, error) {
	e := encoder{r: r, schema: s}
	e.message(s[message], 0, 0)
	return &e.out, r.Err()
}

type encoder struct {
	r      *hostile.Reader
	schema Schema
	out    Binary
}

// peek returns the next byte that is neither white space nor of a comment, or 0.
func (e *encoder) peek() byte {
	for e.r.Err() == nil {
		p := e.r.Peek(1)
		if len(p) == 0 {
			return 0
		}
		switch p[0] {
		case ' ', '\t', '\r', '\n', '\v', '\f':
			e.r.Skip(1)
		case '#':
			e.r.SkipLine()
		case 0:
			e.r.Fail(hostile.Malformed, "a NUL in a text")
		default:
			return p[0]
		}
	}
	return 0
}

// accept moves behind the next byte if it is c.
func (e *encoder) accept(c byte) bool {
	if e.peek() != c {
		return false
	}
	e.r.Skip(1)
	return true
}

// unexpected records a byte that cannot stand where it does.
func (e *encoder) unexpected(want string) {
	if c := e.peek(); c != 0 {
		e.r.Fail(hostile.Malformed, "%q, %s expected", c, want)
		return
	}
	e.r.Fail(hostile.Truncated, "the text ends, %s expected", want)
}

// word reads a name or a number.
func (e *encoder) word() string {
	p := e.r.Peek(maxWord)
	n := 0
	for n < len(p) && (letter(p[n]) || p[n] >= '0' && p[n] <= '9' || p[n] == '.' || p[n] == '-' || p[n] == '+') {
		n++
	}
	if n == 0 || n == maxWord {
		e.unexpected("a name or a number")
		return ""
	}
	s := string(p[:n])
	e.r.Skip(uint64(n))
	return s
}

// letter reports whether a byte may start a name.
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// closing returns what ends a message that c starts, or 0 if it starts none.
func closing(c byte) byte {
	switch c {
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return 0
}

// message reads fields up to end, or to the end of the text if that is 0.
func (e *encoder) message(fields map[string]Field, end byte, depth int) {
	for e.r.Step() {
		switch c := e.peek(); {
		case c == end:
			if c != 0 {
				e.r.Skip(1)
			}
			return
		case c == ',' || c == ';':
			e.r.Skip(1)
		case c == '[':
			e.extension()
			e.skip()
		case letter(c):
			at := e.r.Offset()
			f, known := fields[e.word()]
			if !known {
				e.skip()
				continue
			}
			e.field(f, at, depth)
		default:
			e.unexpected("a field")
			return
		}
	}
}

// extension moves behind the bracketed name of a field that is defined elsewhere.
func (e *encoder) extension() {
	e.r.Skip(1)
	for e.peek() != ']' && e.r.Step() {
		if e.peek() == '/' {
			e.r.Skip(1)
			continue
		}
		e.word()
	}
	e.accept(']')
}

// field reads the values of a field behind its name.
func (e *encoder) field(f Field, at int64, depth int) {
	e.accept(':')
	if !e.accept('[') {
		e.value(f, at, depth)
		return
	}
	for e.peek() != ']' && e.r.Step() {
		e.value(f, e.r.Offset(), depth)
		if !e.accept(',') {
			break
		}
	}
	if !e.accept(']') {
		e.unexpected("the end of a list")
	}
}

func (e *encoder) value(f Field, at int64, depth int) {
	end := closing(e.peek())
	switch {
	case f.Of != "" && end == 0:
		e.unexpected("a message")
	case f.Of != "" && depth == maxDepth:
		e.r.Fail(hostile.Unsupported, "messages nest more than %d deep", maxDepth)
	}
	if !e.start(f.Tag, at) {
		return
	}
	switch {
	case f.Of != "":
		e.r.Skip(1)
		e.sized(func() { e.message(e.schema[f.Of], end, depth+1) })
	case f.Tag.Wire() == protobuf.Bytes:
		e.sized(func() { e.strings(true) })
	default:
		word := e.word()
		v, named := f.Names[word]
		if !named {
			v = integer(word)
		}
		e.out.Data = binary.AppendUvarint(e.out.Data, v)
	}
}

// start writes the tag of a field that stands at an offset of the text.
func (e *encoder) start(t protobuf.Tag, at int64) bool {
	if e.r.Hold(markCost+lengthSize) != nil {
		return false
	}
	e.out.marks = append(e.out.marks, mark{int64(len(e.out.Data)), at})
	e.out.Data = binary.AppendUvarint(e.out.Data, uint64(t))
	return true
}

// sized writes what content writes, with its length before it.
func (e *encoder) sized(content func()) {
	at := len(e.out.Data)
	e.out.Data = append(e.out.Data, make([]byte, lengthSize)...)
	content()
	n := len(e.out.Data) - at - lengthSize
	for i := range lengthSize {
		c := byte(n>>(7*i)) & 0x7F
		if i < lengthSize-1 {
			c |= 0x80
		}
		e.out.Data[at+i] = c
	}
}

// integer returns the value of a number or a name: booleans are 0 and 1, and
// other names and fractions, which no schema asks for, are 0.
func integer(word string) uint64 {
	switch strings.ToLower(word) {
	case "true", "t":
		return 1
	}
	if v, err := strconv.ParseInt(word, 0, 64); err == nil {
		return uint64(v)
	}
	v, _ := strconv.ParseUint(word, 0, 64)
	return v
}

// skip moves behind the values of a field that is left out.
func (e *encoder) skip() {
	e.accept(':')
	var open []byte // what ends each message and list
	for e.r.Step() {
		c := e.peek()
		switch n := len(open); {
		case n > 0 && c == open[n-1]:
			open = open[:n-1]
			e.r.Skip(1)
		case closing(c) != 0 || c == '[':
			end := closing(c)
			if c == '[' {
				end = ']'
			}
			if n == maxSkipped {
				e.r.Fail(hostile.Unsupported, "messages nest more than %d deep", maxSkipped)
			}
			open = append(open, end)
			e.r.Skip(1)
		case c == '"' || c == '\'':
			e.strings(false)
		case n > 0 && (c == ':' || c == ',' || c == ';' || c == '/'):
			e.r.Skip(1)
		default:
			e.word()
		}
		if len(open) == 0 {
			return
		}
	}
}
