package config

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// stepsPerByte is what parsing a byte once more is worth, in steps of the budget.
const stepsPerByte = 8

// YAML reads every document of a YAML stream. Aliases to scalars are followed;
// what other aliases stand for is visited where it is defined.
func YAML(r *hostile.Reader, visit func(Item)) error {
	return documents(r, func(doc *yaml.Node, lines []int64) {
		w := yamlWalker{r: r, visit: visit, lines: lines}
		w.node(doc, 0)
	})
}

// Trees reads every document of a YAML stream as a tree, for those who have to
// look up what one value says of another.
func Trees(r *hostile.Reader, visit func(document *yaml.Node)) error {
	return documents(r, func(doc *yaml.Node, _ []int64) { visit(doc) })
}

// documents parses the documents of a stream, one after the other. The library
// wants all of the text in memory, which is charged first.
func documents(r *hostile.Reader, visit func(doc *yaml.Node, lines []int64)) error {
	text, err := affordable(r)
	if err != nil {
		return err
	}
	at := lines(text) // spaces in front of comments move nothing else
	docs, err := decode(r, text)
	for err != nil && r.Err() == nil {
		repaired := spaced(text, err)
		if repaired == nil {
			break
		}
		if spent := r.Budget().Steps(stepsPerByte * int64(len(text))); spent != nil {
			return spent
		}
		text = repaired
		docs, err = decode(r, text)
	}
	for i := range docs {
		visit(&docs[i], at)
	}
	if err != nil && r.Err() == nil {
		return r.FailAt(offset(at, errorLine(err), 1), hostile.Malformed, "the YAML text is damaged: %v", err)
	}
	return r.Err()
}

// decode returns the documents of a stream, and what keeps it from being read
// further.
func decode(r *hostile.Reader, text []byte) (docs []yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for r.Step() {
		var doc yaml.Node
		err := hostile.Guard(func() error { return decoder.Decode(&doc) })
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return docs, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// spaced returns a text with a space in front of the comment that is an error for
// want of one, or nil. YAML wants it and PyYAML does not: [1,# one. Nothing but a
// comment moves.
func spaced(text []byte, err error) []byte {
	var e *yaml.LoadError
	if !errors.As(err, &e) || !strings.Contains(e.Message, "found a comment without preceding whitespace") {
		return nil
	}
	at := lines(text)
	if e.ContextMsg != "" || e.Mark.Line < 1 || e.Mark.Line > len(at) {
		return nil
	}
	place := int(at[e.Mark.Line-1])
	for range e.Mark.Column - 1 { // characters
		_, n := utf8.DecodeRune(text[place:])
		place += n
	}
	if place >= len(text) || text[place] != '#' {
		return nil
	}
	return slices.Insert(slices.Clone(text), place, ' ')
}

// lines returns the offset of each line's start.
func lines(text []byte) []int64 {
	at := []int64{0}
	for i, c := range text {
		if c == '\n' {
			at = append(at, int64(i)+1)
		}
	}
	return at
}

// errorLine finds "line 5:" in an error of the parser.
func errorLine(err error) int {
	_, rest, found := strings.Cut(err.Error(), "line ")
	digits, _, _ := strings.Cut(rest, ":")
	n, convErr := strconv.Atoi(digits)
	if !found || convErr != nil {
		return 1
	}
	return n
}

type yamlWalker struct {
	r     *hostile.Reader
	visit func(Item)
	lines []int64
	path  []string
}

// offset turns a line and a column, both from 1, into an offset; columns count
// characters, so that it is near the place in lines of other alphabets.
func offset(lines []int64, line, column int) int64 {
	if line < 1 || line > len(lines) {
		return 0
	}
	return lines[line-1] + int64(max(0, column-1))
}

// maxYAML bounds the nesting of what is visited; the parser's own is 10000.
const maxYAML = 10_000

// node visits a node of YAML and what is below it. An alias is visited where it
// stands, for steps of the budget.
func (w *yamlWalker) node(n *yaml.Node, depth int) {
	if !w.r.Step() || depth > maxYAML {
		return
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			w.node(c, depth+1)
		}
	case yaml.AliasNode:
		if n.Alias != nil && n.Alias.Kind == yaml.ScalarNode {
			w.scalar(n.Alias)
		}
	case yaml.ScalarNode:
		w.scalar(n)
	case yaml.SequenceNode:
		w.group(n)
		for i, c := range n.Content {
			w.below("["+strconv.Itoa(i)+"]", c, depth)
		}
	case yaml.MappingNode:
		w.group(n)
		for i := 0; i+1 < len(n.Content); i += 2 {
			w.entry(n.Content[i], n.Content[i+1], depth)
		}
	}
}

// entry visits a key and its value.
func (w *yamlWalker) entry(key, value *yaml.Node, depth int) {
	if key.Kind == yaml.AliasNode && key.Alias != nil {
		key = key.Alias
	}
	if key.Kind != yaml.ScalarNode || own(key.Tag) != "" {
		w.below("[key]", key, depth)
	}
	w.below(key.Value, value, depth)
}

// below visits a node under a further key.
func (w *yamlWalker) below(key string, n *yaml.Node, depth int) {
	w.path = append(w.path, key)
	w.node(n, depth+1)
	w.path = w.path[:len(w.path)-1]
}

// group visits a node that is no scalar.
func (w *yamlWalker) group(n *yaml.Node) {
	w.visit(Item{Kind: Group, Path: w.path, Tag: own(n.Tag), Offset: offset(w.lines, n.Line, n.Column)})
}

// scalar visits a scalar by the type that the YAML core schema gives it.
func (w *yamlWalker) scalar(n *yaml.Node) {
	kind := Text
	switch n.Tag {
	case "!!int", "!!float":
		kind = Number
	case "!!bool":
		kind = Bool
	case "!!null":
		kind = Null
	}
	w.visit(Item{Kind: kind, Path: w.path, Value: n.Value, Tag: own(n.Tag), Offset: offset(w.lines, n.Line, n.Column)})
}

// own returns a tag that is none of YAML's own types.
func own(tag string) string {
	switch tag {
	case "", "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!binary", "!!timestamp", "!!merge", "!!set", "!!omap", "!!pairs":
		return ""
	}
	return tag
}
