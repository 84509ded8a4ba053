package config

import (
	"bytes"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What YAML takes in memory while it is parsed, in bytes, as measured: what lives
// and, of what grows, the copy that it grows from.
const (
	byteCost     = 16
	nodeCost     = 192
	tokenCost    = 400
	commentCost  = 480
	documentCost = 704
)

// comparisonsPerStep is how many names of tags are compared in the time of a step.
const comparisonsPerStep = 16

// affordable reads all of the text, if there is memory for the tree that it is.
// What it means that there is not, for a text that may be any, is for the caller
// to say.
func affordable(r *hostile.Reader) ([]byte, error) {
	start, size := r.Offset(), r.Left()
	cost := uint64(size) * byteCost
	if !r.Budget().TryHold(cost) {
		return nil, r.Fail(hostile.OverBudget, "a YAML text of %d bytes: %d bytes of memory claimed", size, cost)
	}
	text := r.Bytes(uint64(size))
	w := weigh(text)
	if cost = w.memory(text); r.Err() == nil && !r.Budget().TryHold(cost) {
		return nil, r.FailAt(start, hostile.OverBudget, "a YAML text of %d bytes: %d bytes of memory claimed for what is in it", size, cost)
	}
	if err := r.Budget().Steps(w.comparisons() / comparisonsPerStep); err != nil {
		return nil, err
	}
	return text, r.Err()
}

// A weigher counts what a text of YAML may become, by the bytes that nodes and
// tokens start with or stand between, wherever they are: in quotes and comments as
// well.
type weigher struct {
	nodes, comments, documents uint64
	tokens, most, stay         uint64 // waiting now, at most so far, and to the end
	tags, directives           int64
	flow                       bool
}

// weigh counts what is in a text.
func weigh(text []byte) weigher {
	var w weigher
	for i, c := range text {
		if c <= '?' || c >= '[' {
			w.byte(text, i, c)
		}
	}
	w.line()
	return w
}

// memory is what the tree of the text takes beside byteCost, or more.
func (w *weigher) memory(text []byte) uint64 {
	cost := w.nodes*nodeCost + (w.most+w.stay)*tokenCost + w.comments*commentCost + w.documents*documentCost
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		cost += uint64(len(text)) * documentCost / 8 // "..." and its line's end in UTF-16
	}
	return cost
}

// comparisons is how often names of tags are compared: each with all that are
// declared.
func (w *weigher) comparisons() int64 { return w.directives * (w.directives + w.tags) }

// byte counts what a byte may start.
func (w *weigher) byte(text []byte, i int, c byte) {
	switch c {
	case '\n':
		w.line()
	case '!':
		w.tags++
		w.tokens++
	case '"', '\'', '&', '*', ']', '}':
		w.tokens++
	case '[', '{':
		w.flow = w.flow || i == 0 || !isWord(text[i-1])
		w.add(1, 1)
	case ',':
		w.add(2, 2)
	case '?':
		w.add(2, 1)
	case ':', '#', '%':
		w.behind(c, i == 0 || isSpace(text[i-1]))
	case '-', '.':
		w.dash(text, i, c)
	}
}

// behind counts what is another thing behind white space. A value without a key
// keeps waiting what stands in front of it.
func (w *weigher) behind(c byte, space bool) {
	switch {
	case c == ':' && space:
		w.stay++
		fallthrough
	case c == ':':
		w.add(2, 2)
	case c == '#' && space:
		w.comments++
	case c == '%' && space:
		w.directives++
	}
}

// dash counts an item, or the line between documents.
func (w *weigher) dash(text []byte, i int, c byte) {
	if c == '-' && (i+1 == len(text) || isSpace(text[i+1])) {
		w.add(1, 1)
	}
	if rest := text[i:]; len(rest) >= 3 && rest[1] == c && rest[2] == c && (i == 0 || text[i-1] != c) {
		w.documents++
	}
}

func (w *weigher) add(nodes, tokens uint64) {
	w.nodes += nodes
	w.tokens += tokens
}

// line ends a line. Tokens wait for as long as what they start with may be a key:
// to the end of the line in blocks, to that of the whole of it in a flow.
func (w *weigher) line() {
	w.most = max(w.most, w.tokens)
	if !w.flow {
		w.tokens = 0
	}
}

// isSpace reports whether c is white space, or may be part of such.
func isSpace(c byte) bool { return c <= ' ' || c >= 0x80 }

// isWord reports whether a bracket behind c is part of a plain scalar.
func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
