// Package lightgbm reads LightGBM models: text of "key=value" lines, a section
// for each tree, and what trained them.
//
// Format: src/boosting/gbdt_model_text.cpp and src/io/tree.cpp of LightGBM 4.5
package lightgbm

import (
	"bytes"
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
	Bad     bool // a child's index is no number
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
			t = &Tree{Offset: at}
		case key == "end of trees":
			finish()
			m.Ended = true
		case t != nil:
			t.take(key, values)
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

// take reads the lines of a tree that can point out of it.
func (t *Tree) take(key string, values []byte) {
	switch key {
	case "num_leaves":
		n, err := strconv.ParseInt(string(bytes.TrimSpace(values)), 10, 64)
		t.Leaves, t.Bad = n, t.Bad || err != nil
	case "left_child", "right_child":
		for field := range bytes.FieldsSeq(values) {
			n, err := strconv.ParseInt(string(field), 10, 64)
			t.Bad = t.Bad || err != nil
			t.Lowest, t.Highest = min(t.Lowest, n), max(t.Highest, n)
		}
	}
}
