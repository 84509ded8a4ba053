package tensorflow

import (
	"iter"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
)

// A Node is one operation of a graph. Its methods read the file; a node is read
// only as far as it is asked.
type Node struct {
	Offset int64
	m      protobuf.Message
}

// Name returns the node's name, which is unique in its scope.
func (n Node) Name() string { return n.m.Text(nodeName, maxName) }

// Op returns the name of the operation.
func (n Node) Op() string { return n.m.Text(nodeOp, maxName) }

// MaxInputs bounds the inputs of one node that are returned; a RestoreV2 with
// as many tensors has them as outputs.
const MaxInputs = 4096

// Inputs returns the names of the nodes or arguments that the node reads,
// without output numbers, and without those that only order the execution.
func (n Node) Inputs() []string {
	var in []string
	for f := range n.m.All(nodeInput) {
		// "^node" is a control input: it says when, not what.
		if s := f.Prefix(maxName); !strings.HasPrefix(s, "^") && len(in) < MaxInputs {
			in = append(in, source(s))
		}
	}
	return in
}

// source strips "node:0" and "node:output:0" to the node.
func source(input string) string {
	before, _, _ := strings.Cut(input, ":")
	return before
}

// An Attr is one attribute of a node, or several of one name that merge.
type Attr struct{ parts []protobuf.Message }

// Attrs yields the attributes of a node.
func (n Node) Attrs() iter.Seq2[string, Attr] {
	return func(yield func(string, Attr) bool) {
		for f := range n.m.All(nodeAttr) {
			if !yield(entry(f.Message())) {
				return
			}
		}
	}
}

// Attr returns the attribute of a name; what it yields is nothing if there is none.
func (n Node) Attr(want string) Attr {
	var all Attr
	for key, a := range n.Attrs() {
		if key == want {
			all.parts = append(all.parts, a.parts...)
		}
	}
	return all
}

// entry reads one entry of a map of attributes.
func entry(m protobuf.Message) (key string, a Attr) {
	for f := range m.Fields() {
		switch f.Tag {
		case mapKey:
			key = f.Prefix(maxName)
		case mapValue:
			a.parts = append(a.parts, f.Message())
		}
	}
	return key, a
}

// Texts yields every string of the attribute: its own, those of its list and
// those of its tensors.
func (a Attr) Texts() iter.Seq[Text] {
	return func(yield func(Text) bool) {
		for _, part := range a.parts {
			if !texts(part, yield) {
				return
			}
		}
	}
}

// A Text is a string in the file.
type Text struct{ f protobuf.Field }

// Bounds returns where the string is.
func (t Text) Bounds() (offset, size int64) {
	start, end := t.f.Body()
	return start, end - start
}

// String returns the string, cut at 4 KiB.
func (t Text) String() string { return t.f.Prefix(maxText) }

// texts yields the strings of an AttrValue, and reports whether to go on.
func texts(m protobuf.Message, yield func(Text) bool) bool {
	for f := range m.Fields() {
		ok := true
		switch f.Tag {
		case attrString:
			ok = yield(Text{f})
		case attrTensor:
			ok = tensorTexts(f.Message(), yield)
		case attrList:
			ok = listTexts(f.Message(), yield)
		}
		if !ok {
			return false
		}
	}
	return true
}

// listTexts yields those of a ListValue.
func listTexts(m protobuf.Message, yield func(Text) bool) bool {
	for f := range m.Fields() {
		if f.Tag == listString && !yield(Text{f}) {
			return false
		}
		if f.Tag == listTensor && !tensorTexts(f.Message(), yield) {
			return false
		}
	}
	return true
}

// tensorTexts yields those of a TensorProto of DT_STRING. A string has no other
// place in a tensor.
func tensorTexts(m protobuf.Message, yield func(Text) bool) bool {
	for f := range m.All(tensorString) {
		if !yield(Text{f}) {
			return false
		}
	}
	return true
}

// Functions yields the names of the functions that the attribute refers to.
func (a Attr) Functions() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, part := range a.parts {
			if !functions(part, yield) {
				return
			}
		}
	}
}

// functions descends through lists and through the attributes that a function
// reference binds.
func functions(m protobuf.Message, yield func(string) bool) bool {
	for f := range m.Fields() {
		ok := true
		switch f.Tag {
		case attrFunc:
			ok = reference(f.Message(), yield)
		case attrList:
			for g := range f.Message().All(listFunc) {
				if !reference(g.Message(), yield) {
					return false
				}
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// reference yields the name of a NameAttrList and those that its attributes
// bind in turn.
func reference(m protobuf.Message, yield func(string) bool) bool {
	if called := m.Text(funcName, maxName); called != "" && !yield(called) {
		return false
	}
	for f := range m.All(funcAttr) {
		_, a := entry(f.Message())
		for _, part := range a.parts {
			if !functions(part, yield) {
				return false
			}
		}
	}
	return true
}
