package onnx

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// types are the types of elements in ONNX's own syntax, by their numbers.
var types = [...]string{1: "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double",
	"uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
	"uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2"}

const (
	// syntaxCost is the memory that a byte of a model in ONNX's own syntax may take
	// while it is read: the text, its words, and one of them on its way to out.
	syntaxCost = 12
	// writtenCost is what a byte that is written takes: what it is appended to grows
	// by copying.
	writtenCost = 2
	// noteCost is what a mark, or a text of a list, is charged, in bytes.
	noteCost = 48
)

// FromSyntax reads a model in ONNX's own syntax, of which it keeps what runs and
// what is taken from elsewhere: operators with their texts, the names of functions,
// external data, notes.
// These stand where they stand in graphs and functions of any depth, so that the
// words are followed and not the grammar. What was read before a fault is in the
// Binary; place returns the offset in the text of one in it.
//
// Format: onnx/defs/parser.cc
func FromSyntax(r *hostile.Reader) (b *prototext.Binary, place func(int64) int64, err error) {
	size := uint64(r.Left())
	if r.Hold(size*syntaxCost) != nil {
		return &prototext.Binary{}, func(int64) int64 { return 0 }, r.Err()
	}
	s := &syntax{r: r, words: words{text: string(r.Bytes(size))}, out: []byte("graph {\n")}
	err = s.model()
	s.closeNode()
	text := slices.Concat(s.out, []byte("}\n"), s.notes)
	b, encoded := prototext.Encode(hostile.NewReader(hostile.Bytes(text), int64(len(text)), r.Budget()), textSchema, "ModelProto")
	if err == nil {
		err = encoded
	}
	return b, func(offset int64) int64 { return s.place(b.Place(offset)) }, err
}

// A syntax is a text that is followed.
type syntax struct {
	words
	r     *hostile.Reader
	out   []byte     // the fields of a graph, in the text format
	notes []byte     // those of a model
	marks [][2]int64 // offsets in out, and in the text

	inNode bool     // a node is open in out
	name   string   // of the attribute or member that comes next
	kind   int      // of the tensor
	dims   []string // its shape
	domain string   // of the function that comes next
}

// model follows the words to the end.
func (s *syntax) model() error {
	depth, graph := 0, false
	var before, last word
	for w := s.next(); w.kind != 0; before, last, w = last, w, s.next() {
		if !s.r.Step() {
			return s.r.Err()
		}
		switch w.kind {
		case '!':
			return s.r.FailAt(int64(w.at), hostile.Malformed, "a text without an end")
		case '(', '{', '<', '[':
			depth++
		case ')', '}', ']':
			depth--
		case '>': // of =>, or a bracket
			if arrow := last.kind == '=' && last.at == w.at-1; arrow {
				graph = true
			} else {
				depth--
			}
		}
		s.word(before, last, w)
		if graph {
			s.function(depth, before, last, w)
		}
	}
	switch {
	case s.at < len(s.text):
		return s.r.FailAt(int64(s.at), hostile.Malformed, "a NUL in a text")
	case depth != 0:
		return s.r.Fail(hostile.Truncated, "%d brackets are open at the end", depth)
	case !graph:
		return s.r.Fail(hostile.Malformed, "no graph")
	}
	return s.r.Err()
}

// word acts on a word by the two in front of it.
func (s *syntax) word(before, last, w word) {
	switch {
	case last.kind == '=' && (w.kind == 'n' || w.kind == '"') && strings.IndexByte("(<:", s.peek()) >= 0:
		s.openNode(w)
	case last.kind == '=' && w.kind == '"':
		s.attribute("s", w)
	case last.kind == ':' && before.kind == 'n' && w.kind == '"' && (before.text == "doc_string" || before.text == "producer_name"):
		s.notes = s.appendf(s.notes, "%s: %s\n", before.text, quoted(w.text))
	case w.kind == '[' && last.kind == '=', w.kind == '[' && last.kind == ':' && before.text == "metadata_props":
		s.list(before)
	case w.kind == '[' && last.kind == 'n' && kindOf(last.text) > 0:
		s.shape(last.text)
	case w.kind == 'n' && kindOf(w.text) > 0 && s.peek() != '[':
		s.kind, s.dims = kindOf(w.text), nil
	case w.kind == 'n' && last.kind != ':':
		s.name = w.text
	}
}

// function keeps the names of the functions behind the graph, which stand outside
// of all brackets, and the domain in the brackets in front of one.
func (s *syntax) function(depth int, before, last, w word) {
	switch {
	case depth == 0 && w.kind == 'n':
		s.notes = s.appendf(s.notes, "functions { name: %s domain: %s }\n", quoted(w.text), quoted(s.domain))
		s.domain = ""
	case depth == 1 && before.kind == 'n' && before.text == "domain" && last.kind == ':' && w.kind == '"':
		s.domain = w.text
	}
}

// kindOf returns the number of a type, or 0.
func kindOf(name string) int {
	for i, t := range types {
		if t != "" && t == name {
			return i
		}
	}
	return 0
}

// appendf writes to out or notes. What there is no memory for ends the reading.
func (s *syntax) appendf(to []byte, format string, args ...any) []byte {
	longer := fmt.Appendf(to, format, args...)
	s.r.Hold(writtenCost * uint64(len(longer)-len(to)))
	return longer
}

// openNode begins a node: its domain stands in front of its operator.
func (s *syntax) openNode(w word) {
	s.closeNode()
	domain, op := "", w.text
	if i := strings.LastIndexByte(op, '.'); i >= 0 {
		domain, op = op[:i], op[i+1:]
	}
	s.mark(w.at)
	s.out = s.appendf(s.out, "node { op_type: %s domain: %s\n", quoted(op), quoted(domain))
	s.inNode = true
}

func (s *syntax) closeNode() {
	if s.inNode {
		s.out = append(s.out, "}\n"...)
	}
	s.inNode = false
}

// attribute writes the texts of a field of an attribute, whose name stands in front
// of it once. Where no node is open it is of a function or a graph, and stands in a
// node without an operator.
func (s *syntax) attribute(field string, texts ...word) {
	if !s.inNode {
		s.mark(texts[0].at)
		s.out = append(s.out, "node { "...)
		s.inNode = true
	}
	s.out = s.appendf(s.out, "attribute { name: %s", quoted(s.name))
	for _, t := range texts {
		s.out = s.appendf(s.out, " %s: %s", field, quoted(t.text))
	}
	s.out = append(s.out, " }\n"...)
	s.name = ""
}

// shape reads the dimensions of a tensor, behind their bracket.
func (s *syntax) shape(name string) {
	const longest = 1 << 10
	end := strings.IndexByte(s.text[s.at:min(len(s.text), s.at+longest)], ']')
	if end < 0 {
		return
	}
	s.kind, s.dims = kindOf(name), nil
	for d := range strings.SplitSeq(s.text[s.at:s.at+end], ",") {
		if d = strings.TrimSpace(d); d != "" && strings.Trim(d, "0123456789") == "" {
			s.dims = append(s.dims, d)
		}
	}
}

// list looks at what stands in brackets: texts of an attribute, or pairs, which are
// where a tensor is or notes of a model. It is read again as words.
func (s *syntax) list(before word) {
	ahead := s.words
	var texts []word
	pairs := 0
	for w := ahead.next(); w.kind != 0 && strings.IndexByte("][{(=", w.kind) < 0 && s.r.Step(); w = ahead.next() {
		switch {
		case w.kind == ':':
			pairs++
		case w.kind == '"' && s.r.Hold(noteCost) == nil:
			texts = append(texts, w)
		}
	}
	switch {
	case before.text == "metadata_props":
		s.notes = s.pairs(s.notes, "metadata_props", texts)
	case pairs > 0 && len(texts) == 2*pairs:
		s.external(texts)
	case len(texts) > 0:
		s.attribute("strings", texts...)
	}
}

// external writes a tensor that is where pairs of texts say. Type, shape and name
// stand in front of it once.
func (s *syntax) external(texts []word) {
	s.closeNode()
	s.mark(s.at)
	s.out = s.appendf(s.out, "initializer { name: %s data_type: %d data_location: EXTERNAL\n", quoted(s.name), s.kind)
	for _, d := range s.dims {
		s.out = s.appendf(s.out, "dims: %s\n", d)
	}
	s.out = s.pairs(s.out, "external_data", texts)
	s.out = append(s.out, "}\n"...)
	s.name, s.kind, s.dims = "", 0, nil
}

// pairs writes each two texts as key and value.
func (s *syntax) pairs(to []byte, field string, texts []word) []byte {
	for i := 0; i+1 < len(texts); i += 2 {
		to = s.appendf(to, "%s { key: %s value: %s }\n", field, quoted(texts[i].text), quoted(texts[i+1].text))
	}
	return to
}

// mark remembers where in the text what is written next stands.
func (s *syntax) mark(at int) {
	if s.r.Hold(noteCost) == nil {
		s.marks = append(s.marks, [2]int64{int64(len(s.out)), int64(at)})
	}
}

// place returns the offset in the text of one in what was written.
func (s *syntax) place(offset int64) int64 {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i][0] > offset })
	if i == 0 {
		return 0
	}
	return s.marks[i-1][1]
}

// quoted is a text as the text format writes it, in bytes.
type quoted string

func (q quoted) String() string {
	out := make([]byte, 0, len(q)+len(`""`))
	out = append(out, '"')
	for _, c := range []byte(q) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			out = append(out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		} else {
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}
