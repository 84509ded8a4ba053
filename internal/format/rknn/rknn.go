// Package rknn reads what is known of RKNN files, the models of Rockchip's neural
// processors: a container of a compiled model and a description in JSON. The
// compiled part is Rockchip's own.
//
// Format: not published; the container is as Netron reads it.
package rknn

import (
	"bytes"
	"cmp"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Form is what a file, or the compiled part of one, is by its first bytes.
type Form uint8

// The forms of RKNN files. The zero Form is none of them.
const (
	Container   Form = iota + 1
	FlatBuffers      // of RKNPU2, bare
	OpenVX           // a network binary of the first processors, bare
	Encrypted
)

// FormOf tells the form of a file that starts with first.
func FormOf(first []byte) Form {
	at := func(offset int, signature string) bool {
		return len(first) >= offset+len(signature) && string(first[offset:offset+len(signature)]) == signature
	}
	switch {
	case at(0, "CYPTRKNN"):
		return Encrypted
	case at(0, "RKNN\x00\x00\x00\x00"):
		return Container
	case at(4, "RKNN"):
		return FlatBuffers
	case at(0, "VPMN"):
		return OpenVX
	}
	return 0
}

// A File is what a container says.
type File struct {
	Version  uint64 // of the container
	Compiled Span   // the compiled model
	Form     Form   // of the compiled model; zero: an unknown one
	JSON     Span   // without the zeros behind it
	Toolkit  string // the version that wrote the file
	Targets  []string
	Nodes    []Node
	Texts    []Text // values of the description that are strings
	Trailing Span
}

// A Span is a range of bytes of the file.
type Span struct{ Offset, Size int64 }

// A Node is an operator of the description.
type Node struct {
	Name, Op string
	Offset   int64
}

// A Text is a string of the description under the name of its member.
type Text struct {
	Key, Value string
	Offset     int64
}

const (
	// further is the part of the header that versions from 2 on have in front of
	// a compiled model, in bytes.
	further = 40
	// variant is set in the versions of a second kind of file.
	variant = 0x1000
	// maxVersion is the newest version of the container that is known.
	maxVersion = 6
	// textCost is the memory that a text takes, whose words are the tree's.
	textCost = 48
)

// Decode reads a container. After a fault the File holds what came before it.
func Decode(r *hostile.Reader) (File, error) {
	var f File
	r.Skip(8)
	f.Version = r.UintLE(8)
	size := r.UintLE(8)
	version := f.Version &^ variant
	if r.Err() == nil && (version < 1 || version > maxVersion) {
		r.FailAt(8, hostile.Unsupported, "version %#x of the container", f.Version)
	}
	if version > 1 && size > 0 {
		r.Skip(further)
	}
	f.Compiled = Span{r.Offset(), r.Left()}
	compiled := r.Window(size)
	if r.Err() != nil {
		return f, r.Err()
	}
	f.Compiled.Size = compiled.Left()
	f.Form = FormOf(compiled.Peek(8))
	if f.Form == FlatBuffers {
		flatbuffers.Root(compiled)
	}
	if err := compiled.Err(); err != nil {
		return f, err
	}
	return f, f.description(r)
}

// description reads the JSON text and what follows it.
func (f *File) description(r *hostile.Reader) error {
	size := r.UintLE(8)
	text := r.Window(size)
	if r.Err() != nil {
		return r.Err()
	}
	f.Trailing = Span{r.Offset(), r.Left()}
	f.JSON = Span{text.Start(), text.Left() - zeros(text)}
	tree, err := json.Parse(r.At(uint64(f.JSON.Offset), uint64(f.JSON.Size)))
	f.read(tree)
	f.texts(r, "", tree)
	return cmp.Or(err, r.Err())
}

// zeros counts the zero bytes at the end of a window, up to 64.
func zeros(r *hostile.Reader) int64 {
	n := min(r.Left(), 64)
	tail := r.At(uint64(r.End()-n), uint64(n)).Peek(int(n))
	return n - int64(len(bytes.TrimRight(tail, "\x00")))
}

// read keeps what the description says at its top.
func (f *File) read(tree *json.Value) {
	f.Toolkit = tree.Get("version").String()
	for _, v := range items(tree, "target_platform") {
		f.Targets = append(f.Targets, v.String())
	}
	for _, v := range items(tree, "nodes") {
		f.Nodes = append(f.Nodes, Node{Name: v.Get("name").String(), Op: v.Get("op").String(), Offset: v.Offset})
	}
}

// items returns the elements of a member that is an array.
func items(tree *json.Value, name string) []json.Value {
	if v := tree.Get(name); v != nil {
		return v.Items
	}
	return nil
}

// texts gathers the strings of a tree.
func (f *File) texts(r *hostile.Reader, key string, v *json.Value) {
	if v.Kind == json.String && v.Text != "" && r.Hold(textCost) == nil {
		f.Texts = append(f.Texts, Text{Key: key, Value: v.Text, Offset: v.Offset})
	}
	for i := range v.Items {
		f.texts(r, key, &v.Items[i])
	}
	for i := range v.Members {
		f.texts(r, v.Members[i].Name, &v.Members[i].Value)
	}
}
