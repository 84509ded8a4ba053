// Package lightgbm reads LightGBM models: text of "key=value" lines, a section
// for each tree, and what trained them.
//
// Format: src/boosting/gbdt_model_text.cpp and src/io/tree.cpp of LightGBM 4.5
package lightgbm

import (
	"bytes"
	"iter"
	"math"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxLine is the longest line that is read, in bytes; the numbers of one tree
// stand in one line.
const maxLine = 60 << 10

// A Tree is what a tree says about itself.
type Tree struct {
	Offset  int64
	Leaves  int64
	Lowest  int64 // child that is pointed to; leaves are -1 and below
	Highest int64
	Bad     bool // an index is no number
	// Back: a node points to itself or to one before it. Trees grow at their
	// leaves, so that what a node leads to comes behind it.
	Back bool
	// Foreign: a node asks for a feature that the model does not have.
	Foreign  bool
	features int64 // of the model; 0 where it does not say
}

// Outside reports whether a node points to a child that the tree does not have:
// inner nodes are 0 to Leaves-2, leaves are -1 to -Leaves.
func (t *Tree) Outside() bool {
	return t.Bad || t.Highest >= max(1, t.Leaves-1) || t.Lowest < -max(1, t.Leaves)
}

// A Model is what the text holds.
type Model struct {
	Trees int
	Ended bool // the mark behind the last tree stands
	// Sizes is how long the trees are together, as the model says, where LightGBM
	// looks for each; -1 is more than any text.
	Sizes    int64
	First    int64 // where the first tree starts
	Behind   int64 // where what trained them starts, behind the trees
	features int64
	// Rest is where the text ends that belongs to the model: behind its last
	// line, or where bytes stand that are no text.
	Rest int64
}

// Looks reports whether a file starts as a model does.
func Looks(head []byte) bool {
	return bytes.HasPrefix(head, []byte("tree\n")) || bytes.HasPrefix(head, []byte("tree\r\n"))
}

// Read visits the trees of a model. A text without the mark behind the last tree
// is truncated.
func Read(r *hostile.Reader, visit func(Tree)) (Model, error) {
	var m Model
	var t *Tree
	finish := func() {
		if t != nil {
			visit(*t)
			m.Trees++
			t = nil
		}
	}
	for r.Left() > 0 && !m.Ended && r.Step() {
		at, held := r.Offset(), r.Budget().Held()
		key, values := split(r)
		switch {
		case r.Err() != nil:
		case key == "Tree":
			finish()
			t = &Tree{Offset: at, features: m.features}
			if m.Trees == 0 {
				m.First = at
			}
		case key == "end of trees":
			finish()
			m.Ended, m.Behind = true, r.Offset()
		case t != nil:
			t.take(key, values)
		default:
			m.take(key, values)
		}
		r.Budget().Release(held)
	}
	if r.Err() == nil && !m.Ended {
		r.Fail(hostile.Truncated, "the text ends before its trees do")
	}
	m.Rest = end(r)
	return m, r.Err()
}

// lastLine starts what the Python package writes behind everything else.
const lastLine = "pandas_categorical:"

// end moves over the lines behind the trees, and returns where the text ends.
func end(r *hostile.Reader) int64 {
	start := true // of a line
	for r.Left() > 0 && r.Step() {
		line := r.Peek(maxLine)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		if len(line) == 0 {
			break // the file became shorter
		}
		if bytes.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' }) || start && foreign(line) {
			return r.Offset()
		}
		last := start && bytes.HasPrefix(line, []byte(lastLine))
		start = line[len(line)-1] == '\n'
		r.Skip(uint64(len(line)))
		if last && start {
			return r.Offset()
		}
	}
	return r.Offset()
}

// foreign reports whether a line starts with a byte that starts no character.
func foreign(line []byte) bool { return 0x80 <= line[0] && line[0] < 0xc0 }

// split reads a line and takes it apart at its equals sign.
func split(r *hostile.Reader) (key string, values []byte) {
	line := r.Peek(maxLine)
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		if len(line) == maxLine { // numbers of a large tree: its end is looked for
			return longLine(r)
		}
		r.Skip(uint64(len(line)))
		return "", nil // cut off: every line of a model is ended
	}
	line = line[:end]
	r.Skip(uint64(end + 1))
	name, rest, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte("="))
	return string(name), rest
}

// longLine reads a line beyond maxLine into memory.
func longLine(r *hostile.Reader) (key string, values []byte) {
	start := r.Offset()
	for r.Left() > 0 && r.Step() {
		p := r.Peek(maxLine)
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			r.Skip(uint64(i + 1))
			break
		}
		r.Skip(uint64(len(p)))
	}
	if r.Err() != nil {
		return "", nil
	}
	end := r.Offset()
	r.MoveTo(start)
	line := r.Bytes(uint64(end - start))
	name, rest, _ := bytes.Cut(bytes.TrimSpace(line), []byte("="))
	return string(name), rest
}

// take reads the lines in front of the trees that say something about them.
func (m *Model) take(key string, values []byte) {
	switch key {
	case "max_feature_idx":
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(values)), 10, 64); err == nil {
			m.features = n + 1
		}
	case "tree_sizes":
		for n := range numbers(values) {
			if m.Sizes += n; n < 0 || m.Sizes < 0 {
				m.Sizes = -1
				return
			}
		}
	}
}

// numbers yields the integers of a line, and below the least one what is none.
func numbers(line []byte) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for field := range bytes.FieldsSeq(line) {
			n, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				n = math.MinInt64
			}
			if !yield(n) {
				return
			}
		}
	}
}

// take reads the lines of a tree that can point out of it.
func (t *Tree) take(key string, values []byte) {
	switch key {
	case "num_leaves":
		n, err := strconv.ParseInt(string(bytes.TrimSpace(values)), 10, 64)
		t.Leaves, t.Bad = n, t.Bad || err != nil
	case "left_child", "right_child":
		node := int64(0)
		for n := range numbers(values) {
			t.Bad = t.Bad || n == math.MinInt64
			t.Back = t.Back || n >= 0 && n <= node
			t.Lowest, t.Highest = min(t.Lowest, n), max(t.Highest, n)
			node++
		}
	case "split_feature":
		for n := range numbers(values) {
			t.Bad = t.Bad || n == math.MinInt64
			t.Foreign = t.Foreign || n < 0 || t.features > 0 && n >= t.features
		}
	}
}
