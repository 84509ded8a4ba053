// Package cntk reads models of Microsoft's Cognitive Toolkit, version 2: one
// protobuf message of type Dictionary, whose values are dictionaries and lists
// again.
//
// Format: Source/CNTKv2LibraryDll/proto/CNTK.proto
package cntk

import (
	"bytes"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Fields of CNTK.proto, as number<<3 | wire type.
const (
	dictionaryVersion = 1<<3 | protobuf.Varint
	dictionaryData    = 2<<3 | protobuf.Bytes
	entryKey          = 1<<3 | protobuf.Bytes
	entryValue        = 2<<3 | protobuf.Bytes
	valueText         = 8<<3 | protobuf.Bytes
	valueVector       = 11<<3 | protobuf.Bytes
	valueDictionary   = 12<<3 | protobuf.Bytes
	vectorValue       = 1<<3 | protobuf.Bytes
)

// Version1 starts a model of the toolkit's first version, in UTF-16.
const Version1 = "B\x00C\x00N\x00\x00\x00"

// A Dictionary is what one dictionary says by itself.
type Dictionary struct {
	Offset int64
	Texts  map[string]string // of the entries that are text
}

const (
	// maxText is how much of a key or a text is kept, in bytes.
	maxText = 4 << 10
	// textCost is the memory that a text takes which is kept, beside its words.
	textCost = 128
)

// Walk visits every dictionary of a model, inner ones first. ok says whether the
// message is a model at all: it has the keys that one cannot be without.
func Walk(r *hostile.Reader, visit func(Dictionary)) (ok bool, err error) {
	w := walker{r: r, visit: visit}
	w.dictionary(protobuf.Root(r), func(key string) {
		ok = ok || key == "primitive_functions" || key == "primitive_function_outputs" || key == "uid"
	})
	return ok, r.Err()
}

type walker struct {
	r     *hostile.Reader
	visit func(Dictionary)
}

// dictionary visits a dictionary behind those in it, and tells its keys.
func (w walker) dictionary(m protobuf.Message, tell func(key string)) {
	d := Dictionary{Offset: m.Start(), Texts: make(map[string]string)}
	for f := range m.All(dictionaryData) {
		tell(w.entry(f.Message(), &d))
	}
	w.visit(d)
}

// entry keeps an entry if it is text, and returns its key.
func (w walker) entry(m protobuf.Message, d *Dictionary) string {
	var key, text string
	has := false
	for f := range m.Fields() {
		switch f.Tag {
		case entryKey:
			key = f.Prefix(maxText)
		case entryValue:
			if s, ok := w.value(f.Message()); ok {
				text, has = s, true
			}
		}
	}
	if has && w.r.Hold(textCost+uint64(len(key)+len(text))) == nil {
		d.Texts[key] = text
	}
	return key
}

// value descends into a value and returns its text, if it is one.
func (w walker) value(m protobuf.Message) (text string, ok bool) {
	for f := range m.Fields() {
		switch f.Tag {
		case valueText:
			text, ok = f.Prefix(maxText), true
		case valueDictionary:
			w.dictionary(f.Message(), func(string) {})
		case valueVector:
			for f := range f.Message().All(vectorValue) {
				w.value(f.Message())
			}
		}
	}
	return text, ok
}

// marks are words of which a model's first kilobytes have at least one.
var marks = [][]byte{
	[]byte("CompositeFunction"), []byte("primitive_functions"), []byte("PrimitiveFunction"), []byte("CNTK"),
}

// Looks reports whether the start of a file may be a model's.
func Looks(head []byte) bool {
	if bytes.HasPrefix(head, []byte(Version1)) {
		return true
	}
	if len(head) == 0 || protobuf.Tag(head[0]) != dictionaryVersion && protobuf.Tag(head[0]) != dictionaryData {
		return false
	}
	for _, m := range marks {
		if bytes.Contains(head, m) {
			return true
		}
	}
	return false
}
