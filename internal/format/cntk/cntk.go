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
	Keys   []string          // of all entries, in file order
	Texts  map[string]string // of the entries that are text
}

const (
	// maxText is how much of a key or a text is kept, in bytes.
	maxText = 4 << 10
	// maxKeys is how many keys of a dictionary are kept: those of a function are
	// a dozen.
	maxKeys = 256
)

// Walk visits every dictionary of a model, inner ones first. ok says whether the
// message is a model at all: it has the keys that one cannot be without.
func Walk(r *hostile.Reader, visit func(Dictionary)) (ok bool, err error) {
	root := dictionary(protobuf.Root(r), visit)
	for _, key := range root.Keys {
		ok = ok || key == "primitive_functions" || key == "primitive_function_outputs" || key == "uid"
	}
	return ok, r.Err()
}

func dictionary(m protobuf.Message, visit func(Dictionary)) Dictionary {
	d := Dictionary{Offset: m.Start(), Texts: make(map[string]string)}
	for f := range m.Fields() {
		if f.Tag == dictionaryData {
			entry(f.Message(), &d, visit)
		}
	}
	visit(d)
	return d
}

func entry(m protobuf.Message, d *Dictionary, visit func(Dictionary)) {
	var key, text string
	has := false
	for f := range m.Fields() {
		switch f.Tag {
		case entryKey:
			key = string(f.Prefix(maxText))
		case entryValue:
			if s, ok := value(f.Message(), visit); ok {
				text, has = s, true
			}
		}
	}
	if len(d.Keys) < maxKeys {
		d.Keys = append(d.Keys, key)
		if has {
			d.Texts[key] = text
		}
	}
}

// value descends into a value and returns its text, if it is one.
func value(m protobuf.Message, visit func(Dictionary)) (text string, ok bool) {
	for f := range m.Fields() {
		switch f.Tag {
		case valueText:
			text, ok = string(f.Prefix(maxText)), true
		case valueDictionary:
			dictionary(f.Message(), visit)
		case valueVector:
			for f := range f.Message().Fields() {
				if f.Tag == vectorValue {
					value(f.Message(), visit)
				}
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
