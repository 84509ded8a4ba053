package gguf_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/gguf"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// A writer builds a file of one version and byte order.
type writer struct {
	version uint32
	order   binary.AppendByteOrder
}

var (
	v1 = writer{1, binary.LittleEndian}
	v3 = writer{3, binary.LittleEndian}
	be = writer{3, binary.BigEndian}
)

func (w writer) length(n uint64) []byte {
	if w.version == 1 {
		return w.u32(uint32(n))
	}
	return w.order.AppendUint64(nil, n)
}

func (w writer) u32(n uint32) []byte { return w.order.AppendUint32(nil, n) }

func (w writer) text(s string) []byte { return append(w.length(uint64(len(s))), s...) }

// file joins header, key-value pairs, tensors, padding to 32 and data.
func (w writer) file(values, tensors [][]byte, data string) []byte {
	out := slices.Concat([]byte("GGUF"), w.u32(w.version), w.length(uint64(len(tensors))), w.length(uint64(len(values))),
		slices.Concat(values...), slices.Concat(tensors...))
	if len(tensors) > 0 {
		out = append(out, make([]byte, -len(out)&31)...)
	}
	return append(out, data...)
}

func (w writer) value(key string, kind uint32, body []byte) []byte {
	return slices.Concat(w.text(key), w.u32(kind), body)
}

func (w writer) array(kind uint32, n uint64, body []byte) []byte {
	return slices.Concat(w.u32(kind), w.length(n), body)
}

func (w writer) tensor(name string, kind uint32, offset uint64, dims ...uint64) []byte {
	out := slices.Concat(w.text(name), w.u32(uint32(len(dims))))
	for _, d := range dims {
		out = append(out, w.length(d)...)
	}
	return slices.Concat(out, w.u32(kind), w.order.AppendUint64(nil, offset))
}

// honest has values of several types and two tensors, F32 and Q8_0.
func (w writer) honest() []byte {
	values := [][]byte{
		w.value("general.architecture", 8, w.text("llama")),
		w.value("general.alignment", 4, w.u32(32)),
		w.value("flag", 7, []byte{1}),
		w.value("tokens", 9, w.array(8, 2, slices.Concat(w.text("a"), w.text("b")))),
		w.value("scores", 9, w.array(6, 2, make([]byte, 8))),
		w.value("nested", 9, w.array(9, 1, w.array(0, 3, []byte{1, 2, 3}))),
	}
	return w.file(values, [][]byte{w.tensor("a", 0, 0, 2, 4), w.tensor("b", 8, 32, 32)}, strings.Repeat("x", 32+34))
}

func nested(w writer, depth int) []byte {
	body := w.array(0, 0, nil)
	for range depth {
		body = w.array(9, 1, body)
	}
	return body
}

// ggjt is a file of the format before GGUF: seven numbers, a vocabulary of two
// words with scores, one tensor at a multiple of 32.
func ggjt() []byte {
	le := binary.LittleEndian
	out := append([]byte("tjgg"), 3, 0, 0, 0)
	for _, n := range []uint32{2, 8, 8, 1, 1, 4, 0} {
		out = le.AppendUint32(out, n)
	}
	for _, word := range []string{"ab", "c"} {
		out = slices.Concat(le.AppendUint32(out, uint32(len(word))), []byte(word), make([]byte, 4))
	}
	out = slices.Concat(le.AppendUint32(out, 1), le.AppendUint32(nil, 1), le.AppendUint32(nil, 0), le.AppendUint32(nil, 4), []byte("w"))
	out = append(out, make([]byte, -len(out)&31)...)
	return append(out, make([]byte, 16)...)
}

// whisper has eleven numbers, mel filters and a counted vocabulary.
func whisper() []byte {
	le := binary.LittleEndian
	out := []byte("lmgg")
	for range 11 {
		out = le.AppendUint32(out, 7)
	}
	out = slices.Concat(le.AppendUint32(out, 2), le.AppendUint32(nil, 3), make([]byte, 24))
	out = slices.Concat(le.AppendUint32(out, 1), le.AppendUint32(nil, 3), []byte("the"))
	out = slices.Concat(out, le.AppendUint32(nil, 2), le.AppendUint32(nil, 1), le.AppendUint32(nil, 1), le.AppendUint32(nil, 3), le.AppendUint32(nil, 2), []byte("w"))
	return append(out, make([]byte, 12)...)
}

func cases() []detectortest.Case {
	over := []string{"gguf-overflow"}
	huge := func(tensors, values uint64) []byte {
		return slices.Concat([]byte("GGUF"), v3.u32(3), v3.length(tensors), v3.length(values), make([]byte, 64))
	}
	return []detectortest.Case{
		{Name: "version 3", File: "m.gguf", Data: v3.honest()},
		{Name: "version 1", Data: v1.honest()},
		{Name: "big-endian", Data: be.honest()},
		{Name: "vocabulary only", Data: v3.file([][]byte{v3.value("k", 8, v3.text("v"))}, nil, "")},
		{Name: "alignment of 64", Data: slices.Concat(v3.file([][]byte{v3.value("general.alignment", 4, v3.u32(64))},
			[][]byte{v3.tensor("a", 24, 0, 8)}, ""), make([]byte, 32), []byte("12345678"))},
		{Name: "padded at the end", Data: append(v3.honest(), make([]byte, 30)...),
			AnyPrefix: "the padding behind the last tensor may be cut"},
		{Name: "unknown type of tensor", Data: v3.file(nil, [][]byte{v3.tensor("a", 99, 0, 8)}, strings.Repeat("x", 100)),
			AnyPrefix: "nobody knows how many bytes an unknown type takes"},
		{Name: "ggjt", File: "m.ggml", Data: ggjt()},
		{Name: "whisper", Data: whisper()},
		{Name: "ggml of no known model", Data: append(whisper(), 1), Unread: true},
		{Name: "2^60 values", Data: huge(0, 1<<60), Want: over, Unread: true},
		{Name: "2^60 tensors", Data: huge(1<<60, 0), Want: over, Unread: true},
		{Name: "string of 2^64-1", Data: slices.Concat([]byte("GGUF"), v3.u32(3), v3.length(0), v3.length(1), v3.length(1<<64-1), make([]byte, 32)), Want: over, Unread: true},
		{Name: "array of 2^61", Data: v3.file([][]byte{v3.value("a", 9, v3.array(4, 1<<61, make([]byte, 64)))}, nil, ""), Want: over, Unread: true},
		{Name: "dimensions that wrap", Data: v3.file(nil, [][]byte{v3.tensor("a", 0, 0, 1<<32, 1<<32)}, "x"), Want: over, Unread: true},
		{Name: "offset that wraps", Data: v3.file(nil, [][]byte{v3.tensor("a", 30, 1<<63, 4)}, "x"), Want: over, Unread: true},
		{Name: "ten dimensions", Data: v3.file(nil, [][]byte{v3.tensor("a", 24, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8)}, "12345678"), Want: over},
		{Name: "tensor beyond the end", Data: v3.file(nil, [][]byte{v3.tensor("a", 18, 1<<40, 256)}, "x"), Unread: true},
		{Name: "overlap", Data: v3.file(nil, [][]byte{v3.tensor("a", 24, 0, 64), v3.tensor("b", 24, 32, 64)}, strings.Repeat("x", 96)), Want: []string{"gguf-tensors-overlap"}},
		{Name: "alignment of zero", Data: v3.file([][]byte{v3.value("general.alignment", 4, v3.u32(0))}, nil, ""), Want: []string{"gguf-alignment"}},
		{Name: "alignment of 33", Data: v3.file([][]byte{v3.value("general.alignment", 4, v3.u32(33))}, nil, ""), Want: []string{"gguf-alignment"}},
		{Name: "trailing data", Data: append(v3.honest(), "PK\x03\x04"...), Want: []string{"gguf-trailing-data"}},
		{Name: "arrays too deep", Data: v3.file([][]byte{v3.value("a", 9, nested(v3, 5000))}, nil, ""), Unread: true},
		{Name: "type of value unknown", Data: v3.file([][]byte{v3.value("a", 77, nil)}, nil, ""), Unread: true},
		{Name: "version 9", Data: slices.Concat([]byte("GGUF"), v3.u32(9), make([]byte, 16)), Unread: true},
	}
}

func TestDetector(t *testing.T) { detectortest.Run(t, gguf.Detector, cases()) }

// TestTexts: templates go back to the scan however short they are, other strings
// only if they are long.
func TestTexts(t *testing.T) {
	long := strings.Repeat("long ", 60)
	data := v3.file([][]byte{
		v3.value("tokenizer.chat_template", 8, v3.text("{{ x }}")),
		v3.value("tokenizer.chat_template.tool_use", 8, v3.text("{{ y }}")),
		v3.value("tokenizer.chat_templates", 9, v3.array(8, 2, slices.Concat(v3.text("tool_use"), v3.text("rag")))),
		v3.value("general.description", 8, v3.text(long)),
		v3.value("prompt.template", 8, v3.text("{{ x.__class__ }}")),
		v3.value("general.name", 8, v3.text("longer than twenty bytes")),
		v3.value("tokenizer.ggml.tokens", 9, v3.array(8, 2, slices.Concat(v3.text("token"), v3.text(long)))),
	}, nil, "")
	got := detectortest.Told(t, gguf.Detector, "", append(data, "more"...))
	want := []string{
		"tokenizer.chat_template.jinja: {{ x }}", "tokenizer.chat_template.tool_use.jinja: {{ y }}",
		"tokenizer.chat_templates[0].jinja: tool_use", "tokenizer.chat_templates[1].jinja: rag",
		"general.description: " + long, "prompt.template.jinja: {{ x.__class__ }}", "general.name: longer than twenty bytes", "tokenizer.ggml.tokens[1]: " + long, "trailing data: more",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestHuge: a model of 3 GiB costs what its structure costs.
func TestHuge(t *testing.T) {
	head := v3.file(nil, [][]byte{v3.tensor("a", 24, 0, 1<<30), v3.tensor("b", 0, 1<<30, 1<<29)}, "")
	file := &hostiletest.Sparse{Head: head, Hole: 3 << 30}
	detectortest.Huge(t, []*detector.Detector{gguf.Detector}, "m.gguf", file, 1<<20, 8<<20)
}

func TestLicense(t *testing.T) {
	for _, w := range []writer{v1, v3, be} {
		for _, c := range []struct {
			key, value string
			want       []string
		}{
			{key: "general.license", value: "apache-2.0", want: []string{"Apache-2.0"}},
			{key: "general.license.name", value: "A Licence"},
			{key: "general.license", value: strings.Repeat("no identifier ", 100)},
		} {
			data := w.file([][]byte{w.value(c.key, 8, w.text(c.value))}, nil, "")
			got := detectortest.Scan([]*detector.Detector{gguf.Detector}, "m.gguf", data)
			if !slices.Equal(got.Licenses, c.want) {
				t.Errorf("version %d, %s: got %q, want %q (%s)", w.version, c.key, got.Licenses, c.want, got.Reason)
			}
		}
	}
}

// TestWide: what looks like UTF-16 behind the version is a model all the same.
func TestWide(t *testing.T) {
	data := v3.file([][]byte{v3.value("k", 8, v3.text(strings.Repeat("a\x00", 4000)))}, nil, "")
	got := detectortest.Scan([]*detector.Detector{gguf.Detector}, "notes.txt", data)
	if got.Status != audit.Clean {
		t.Errorf("got %s (%s), want %s", got.Status, got.Reason, audit.Clean)
	}
}

// TestText: a text that begins with the word is none of these models, unless its
// name says that it should be one.
func TestText(t *testing.T) {
	for name, want := range map[string]audit.Status{"notes.txt": audit.NotAModel, "notes.gguf": audit.Incomplete} {
		got := detectortest.Scan([]*detector.Detector{gguf.Detector}, name, []byte("GGUF is a format of files for models.\n"))
		if got.Status != want {
			t.Errorf("%s: got %s (%s), want %s", name, got.Status, got.Reason, want)
		}
	}
}
