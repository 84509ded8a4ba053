package artifact_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

// wide writes a text in UTF-16.
func wide(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, c := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, c)
	}
	return string(out)
}

func TestIsText(t *testing.T) {
	const text = "A model of the city of Paris.\n"
	for _, c := range []struct {
		name, first string
		want        bool
		order       binary.ByteOrder
	}{
		{name: "UTF-8", first: text + "Été\n", want: true},
		{name: "UTF-8 that is cut", first: text + "\xc3", want: true},
		{name: "UTF-8 with a control character", first: text + "\x1b[0m", want: true},
		{name: "Latin-1", first: text + "\xc9t\xe9\n", want: true},
		{name: "little-endian", first: wide(text, binary.LittleEndian), want: true, order: binary.LittleEndian},
		{name: "big-endian", first: wide(text, binary.BigEndian), want: true, order: binary.BigEndian},
		{name: "with a mark", first: wide("\ufeff"+strings.Repeat("Париж", 9), binary.BigEndian), want: true, order: binary.BigEndian},
		{name: "UTF-8 with a control character, cut within four bytes", first: text + "\x1b\xf0\x9f\x98", want: true},
		{name: "four bytes that are no characters", first: text + "\x1b\xff\xff\xff\xff"},
		{name: "Latin-1 with all that is white space", first: text + "\t\v\f\r\xe9 is what it is", want: true},
		{name: "Latin-1 with a backspace", first: text + "\b\xe9 is what it is"},
		{name: "Latin-1 with a shift", first: text + "\x0e\xe9 is what it is"},
		{name: "Latin-1 with a deletion", first: text + "\x7f\xe9 is what it is"},
		{name: "a control character first", first: "\x01\xe9t" + text},
		{name: "zero first", first: "\x00" + text},
		{name: "as short as may be", first: text[:20], want: true},
		{name: "shorter", first: text[:19]},
		{name: "UTF-16 as short as may be", first: wide(text[:20], binary.LittleEndian), want: true, order: binary.LittleEndian},
		{name: "UTF-16 that is shorter", first: wide(text[:20], binary.LittleEndian)[:39]},
		{name: "UTF-16 that is cut", first: wide(text, binary.BigEndian) + "\x00", want: true, order: binary.BigEndian},
		{name: "little-endian with a mark", first: wide("\ufeff"+strings.Repeat("Париж", 9), binary.LittleEndian), want: true, order: binary.LittleEndian},
		{name: "UTF-16 of lines", first: wide(strings.Repeat("a\tb\r\n", 9), binary.LittleEndian), want: true, order: binary.LittleEndian},
		{name: "UTF-16 with one other character in ten", first: wide(strings.Repeat("a model ~é", 10), binary.LittleEndian), want: true, order: binary.LittleEndian},
		{name: "UTF-16 with more", first: wide(strings.Repeat("a model ~é", 9)+"a model \x7fé", binary.LittleEndian)},
		{name: "short", first: "A model"},
		{name: "binary", first: text + "\x01\xff" + text},
		{name: "zero", first: text + "\x00"},
		{name: "small numbers", first: strings.Repeat("\x01\x00", 40)},
		{name: "nothing"},
	} {
		head := &artifact.Head{First: []byte(c.first)}
		if got := head.IsText(); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
		if got := artifact.UTF16(head.First); got != c.order {
			t.Errorf("%s: got order %v, want %v", c.name, got, c.order)
		}
	}
}

func TestIsJSON(t *testing.T) {
	for _, c := range []struct {
		name, first string
		rest        int64 // bytes behind first
		want        bool
	}{
		{name: "object", first: `{"a": 1}`, want: true},
		{name: "array, behind a mark and lines", first: "\ufeff\r\n\t [1]", want: true},
		{name: "UTF-16", first: wide("\ufeff{}", binary.LittleEndian), want: true},
		{name: "white space as far as is seen", first: strings.Repeat(" ", artifact.FirstSize), rest: 1, want: true},
		{name: "white space to the end", first: "\n\n"},
		{name: "zeros", first: strings.Repeat("\x00", artifact.FirstSize), rest: 1},
		{name: "other text", first: "model: {}"},
		{name: "nothing"},
	} {
		head := &artifact.Head{First: []byte(c.first), Size: int64(len(c.first)) + c.rest}
		if got := head.IsJSON(); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestNarrow(t *testing.T) {
	for _, order := range []interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}{binary.LittleEndian, binary.BigEndian} {
		if got := string(artifact.Narrow([]byte(wide("a=\"\u0080\"", order)+"x"), order)); got != `a=" "` {
			t.Errorf("%v: got %q", order, got)
		}
	}
}
