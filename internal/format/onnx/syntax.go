package onnx

import (
	"fmt"
	"sort"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// types are the types of elements in ONNX's own syntax, by their numbers.
var types = [...]string{1: "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32",
	"uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4"}

// syntaxCost is the memory that a byte of a model in ONNX's own syntax may take
// while it is written in another form.
const syntaxCost = 12

// FromSyntax reads a model in ONNX's own syntax, of which it keeps what runs and
// what is taken from elsewhere: operators with their texts, external data, notes.
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
	s := &syntax{text: string(r.Bytes(size))}
	if r.Err() == nil {
		err = s.model(r)
	}
	s.flush()
	text := "graph {\n" + s.out.String() + "}\n" + s.notes.String()
	b, encoded := prototext.Encode(hostile.NewReader(hostile.Bytes(text), int64(len(text)), r.Budget()), textSchema, "ModelProto")
	if err == nil {
		err = encoded
	}
	return b, func(offset int64) int64 { return s.place(b.Place(offset)) }, err
}

// A syntax is a text that is followed.
type syntax struct {
	text  string
	at    int
	out   strings.Builder // the fields of a graph
	notes strings.Builder // those of a model
	marks [][2]int64      // offsets in out, and in the text

	node  []byte   // the fields of the node that is open
	start int      // of it, in the text
	name  string   // of the attribute or member that comes next
	kind  int      // of the tensor
	dims  []string // its shape
}

// A word is one word of the text: a name, a text in quotation marks, or another
// character.
type word struct {
	kind byte // 'n', '"', the character, or 0 at the end
	text string
	at   int
}

// model follows the words to the end.
func (s *syntax) model(r *hostile.Reader) error {
	depth, graph := 0, false
	var before, last word
	for w := s.next(); w.kind != 0; before, last, w = last, w, s.next() {
		if !r.Step() {
			return r.Err()
		}
		switch w.kind {
		case '!':
			return r.FailAt(int64(w.at), hostile.Malformed, "a text without an end")
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
	}
	switch {
	case depth != 0:
		return r.Fail(hostile.Truncated, "%d brackets are open at the end", depth)
	case !graph:
		return r.Fail(hostile.Malformed, "no graph")
	}
	return nil
}

// word acts on a word by the two in front of it.
func (s *syntax) word(before, last, w word) {
	switch {
	case last.kind == '=' && (w.kind == 'n' || w.kind == '"') && strings.IndexByte("(<:", s.peek()) >= 0:
		s.open(w)
	case last.kind == '=' && w.kind == '"':
		s.node = fmt.Appendf(s.node, "attribute { name: %s s: %s }\n", quoted(s.name), quoted(w.text))
	case last.kind == ':' && before.kind == 'n' && w.kind == '"' && (before.text == "doc_string" || before.text == "producer_name"):
		s.notes.WriteString(before.text + ": " + quoted(w.text) + "\n")
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

// kindOf returns the number of a type, or 0.
func kindOf(name string) int {
	for i, t := range types {
		if t != "" && t == name {
			return i
		}
	}
	return 0
}

// open begins a node: its domain stands in front of its operator.
func (s *syntax) open(w word) {
	s.flush()
	domain, op := "", w.text
	if i := strings.LastIndexByte(op, '.'); i >= 0 {
		domain, op = op[:i], op[i+1:]
	}
	s.start, s.node = w.at, fmt.Appendf(s.node, "op_type: %s domain: %s\n", quoted(op), quoted(domain))
}

// flush writes the node that is open.
func (s *syntax) flush() {
	if len(s.node) > 0 {
		s.mark(s.start)
		s.out.WriteString("node { ")
		s.out.Write(s.node)
		s.out.WriteString("}\n")
	}
	s.node = s.node[:0]
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
	ahead := *s
	var texts []string
	pairs := 0
	for w := ahead.next(); w.kind != 0 && strings.IndexByte("][{(=", w.kind) < 0; w = ahead.next() {
		switch w.kind {
		case '"':
			texts = append(texts, w.text)
		case ':':
			pairs++
		}
	}
	switch {
	case before.text == "metadata_props" || pairs > 0 && len(texts) == 2*pairs:
		s.pairs(before, texts)
	case len(texts) > 0:
		for _, t := range texts {
			s.node = fmt.Appendf(s.node, "attribute { name: %s strings: %s }\n", quoted(s.name), quoted(t))
		}
	}
}

// pairs writes what a list of pairs says.
func (s *syntax) pairs(before word, texts []string) {
	if before.text == "metadata_props" {
		for i := 0; i+1 < len(texts); i += 2 {
			fmt.Fprintf(&s.notes, "metadata_props { key: %s value: %s }\n", quoted(texts[i]), quoted(texts[i+1]))
		}
		return
	}
	s.flush()
	s.mark(s.at)
	fmt.Fprintf(&s.out, "initializer { name: %s data_type: %d data_location: EXTERNAL\n", quoted(s.name), s.kind)
	for _, d := range s.dims {
		s.out.WriteString("dims: " + d + "\n")
	}
	for i := 0; i+1 < len(texts); i += 2 {
		fmt.Fprintf(&s.out, "external_data { key: %s value: %s }\n", quoted(texts[i]), quoted(texts[i+1]))
	}
	s.out.WriteString("}\n")
}

// mark remembers where in the text what is written next stands.
func (s *syntax) mark(at int) {
	const head = int64(len("graph {\n"))
	s.marks = append(s.marks, [2]int64{head + int64(s.out.Len()), int64(at)})
}

// place returns the offset in the text of one in what was written.
func (s *syntax) place(offset int64) int64 {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i][0] > offset })
	if i == 0 {
		return 0
	}
	return s.marks[i-1][1]
}

// peek returns the first byte of the next word.
func (s *syntax) peek() byte {
	ahead := *s
	return ahead.next().kind
}

// next reads a word. Its kind is '!' for a text that has no end.
func (s *syntax) next() word {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s.at++
		case c == '#':
			if i := strings.IndexByte(s.text[s.at:], '\n'); i >= 0 {
				s.at += i
			} else {
				s.at = len(s.text)
			}
		case c == '"':
			return s.literal()
		case named(c):
			start := s.at
			for s.at < len(s.text) && (named(s.text[s.at]) || s.text[s.at] == '.' || s.text[s.at] >= '0' && s.text[s.at] <= '9') {
				s.at++
			}
			return word{'n', s.text[start:s.at], start}
		default:
			s.at++
			return word{c, s.text[s.at-1 : s.at], s.at - 1}
		}
	}
	return word{}
}

// named reports whether a name may start with a character.
func named(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// literal reads a text in quotation marks.
func (s *syntax) literal() word {
	var out strings.Builder
	start := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case '"':
			s.at++
			return word{'"', out.String(), start}
		case '\\':
			if s.at+1 < len(s.text) {
				s.at++
			}
			out.WriteByte(s.text[s.at])
		default:
			out.WriteByte(c)
		}
	}
	return word{'!', "", start}
}

// quoted writes a text as the text format does, in bytes.
func quoted(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(s) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			fmt.Fprintf(&out, `\%03o`, c)
		} else {
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
