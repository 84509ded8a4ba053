// Package polars hands on the functions in queries of polars: LazyFrame.deserialize
// unpickles them.
package polars

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens queries as LazyFrame.serialize and Expr.meta.serialize write them.
// It has no rules: what their functions do is judged by those who know pickles. A
// query without such functions is no model.
var Detector = &detector.Detector{
	Container: true,
	Name:      "polars",
	Match: func(h artifact.Head) bool {
		return h.HasPrefix(magic) || bytes.HasPrefix(bytes.TrimLeft(h.First, " \t\r\n"), []byte("{"))
	},
	Run: run,
}

const (
	// magic starts a binary query.
	magic = "DSL_VERSION"
	// wide stands in front of a byte of 128 and more where MessagePack writes bytes as
	// an array of numbers (uint 8).
	wide = 0xcc
	// key is what polars keeps a function under, as an array of numbers in JSON.
	key = `"function":[`
	// proto is PROTO as a number.
	proto = "128"
	// room is what bytes of unknown number start with.
	room = 4 << 10
	// window is how much is looked through at once.
	window = 32 << 10
)

func run(_ context.Context, p *detector.Pass) error {
	if string(p.Reader().Peek(len(magic))) == magic {
		return binaryQuery(p)
	}
	return textQuery(p)
}

// binaryQuery hands on the query with its arrays of numbers as the bytes that they
// stand for. Bytes that are written as such are seen in the file itself.
func binaryQuery(p *detector.Pass) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	r := p.Reader()
	text := r.Bytes(uint64(p.File.Size))
	if r.Err() != nil {
		return r.Err()
	}
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == wide && i+1 < len(text) && text[i+1] >= 0x80 {
			i++
		}
		out = append(out, text[i])
	}
	return p.Nested(p.File.Member("functions", hostile.Bytes(out), int64(len(out))))
}

// textQuery hands on every array of numbers in JSON that is a function, from its
// start or from a pickle's.
func textQuery(p *detector.Pass) error {
	r, found := p.Reader(), 0
	for r.Left() > 0 && r.Step() {
		text := r.Peek(window)
		at := function(text)
		if at < 0 {
			r.Skip(uint64(max(len(text)-len(key), 1)))
			continue
		}
		r.Skip(uint64(at))
		if err := handOn(p, r, &found); err != nil {
			return err
		}
	}
	return p.Budget.Spent()
}

// function returns where numbers begin that are a function, or -1.
func function(text []byte) int {
	at := bytes.Index(text, []byte(key))
	if at >= 0 {
		text = text[:at]
		at += len(key)
	}
	for i := 0; ; i++ {
		n := bytes.Index(text[i:], []byte(proto))
		if n < 0 {
			return at
		}
		if i += n; protocol(text, i) {
			return i
		}
	}
}

// protocol reports whether a PROTO stands at a place: an element that is followed by
// a version of the protocol, and by more.
func protocol(text []byte, i int) bool {
	if i == 0 || bytes.IndexByte([]byte("[, \t\r\n"), text[i-1]) < 0 {
		return false
	}
	rest, ok := bytes.CutPrefix(blanks(text[i+len(proto):]), []byte(","))
	rest = blanks(rest)
	if !ok || len(rest) == 0 || rest[0] < '2' || rest[0] > '0'+pickle.MaxProtocol {
		return false
	}
	return bytes.HasPrefix(blanks(rest[1:]), []byte(","))
}

func blanks(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// handOn reads the numbers of an array, and hands on the bytes that they are.
func handOn(p *detector.Pass, r *hostile.Reader, found *int) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	var out []byte
	n := 0
	for r.Left() > 0 && r.Step() {
		if len(out)+1 >= cap(out) {
			if err := p.Budget.Hold(uint64(cap(out) + room)); err != nil {
				return err
			}
			out = slices.Grow(out, cap(out)+room)
		}
		switch c := r.Uint8(); {
		case c >= '0' && c <= '9' && n <= 0xff:
			n = 10*n + int(c-'0')
			continue
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case n > 0xff || c != ',' && c != ']':
			return nil // numbers, but no bytes
		case c == ',':
			out, n = append(out, byte(n)), 0
			continue
		}
		out = append(out, byte(n))
		*found++
		return p.Nested(p.File.Member(fmt.Sprintf("function %d", *found), hostile.Bytes(out), int64(len(out))))
	}
	return nil
}
