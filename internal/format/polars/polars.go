// Package polars finds the functions of Python in queries of polars, as
// LazyFrame.serialize and Expr.meta.serialize write them: pickles behind a few bytes
// of their own.
package polars

import (
	"bytes"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// Magic starts a binary query.
	Magic = "DSL_VERSION"
	// wide stands in front of a byte of 128 and more where MessagePack writes bytes as
	// an array of numbers (uint 8).
	wide = 0xcc
	// key is what polars keeps a function under, as an array of numbers in JSON.
	key = `"function"`
	// proto is PROTO as a number.
	proto = "128"
	// room is what bytes of unknown number start with.
	room = 4 << 10
	// window is how much is looked through at once.
	window = 32 << 10
	// bytesPerStep is how much of it in the time of a step.
	bytesPerStep = 64
	// overlap is what the next window repeats: a key and blanks, or the mark.
	overlap = 128
)

// mark is what functions start with, as numbers: "PLPY".
var mark = []string{"80", "76", "80", "89"}

// Binary returns what stands behind the magic of a binary query, with its arrays of
// numbers as the bytes that they stand for. Bytes that are written as such may lose
// some: those are seen in the file itself.
func Binary(r *hostile.Reader) ([]byte, error) {
	r.Skip(uint64(len(Magic)))
	text := r.Bytes(uint64(r.Left()))
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == wide && i+1 < len(text) && text[i+1] >= 0x80 {
			i++
		}
		out = append(out, text[i])
	}
	return out, r.Err()
}

// Functions calls visit with the bytes of every array of numbers in JSON that is a
// function, and with those of the pickle in them, until visit returns an error. They
// are valid during the call.
func Functions(r *hostile.Reader, visit func(code []byte) error) error {
	for r.Left() > 0 {
		text := r.Peek(window)
		// What is found may be short, and what follows it is looked through again.
		if err := r.Budget().Steps(1 + int64(len(text)/bytesPerStep)); err != nil {
			return err
		}
		at := function(text)
		if at < 0 {
			r.Skip(uint64(max(len(text)-overlap, min(len(text), overlap))))
			continue
		}
		r.Skip(uint64(at))
		held := r.Budget().Held()
		if code := numbers(r); code != nil {
			err := visit(code)
			if i := pickled(code); i > 0 && err == nil {
				err = visit(code[i:])
			}
			if err != nil {
				return err
			}
		}
		r.Budget().Release(held)
	}
	return r.Err()
}

// pickled returns where a pickle starts behind what polars puts in front of one, or 0.
func pickled(code []byte) int {
	const header = 32 // more than the mark, the flags and a version take
	for i := range min(len(code)-1, header) {
		if code[i] == 0x80 && code[i+1] >= 2 && code[i+1] <= pickle.MaxProtocol {
			return i
		}
	}
	return 0
}

// function returns where numbers begin that are a function, or -1.
func function(text []byte) int {
	at := marked(text)
	if at >= 0 {
		text = text[:at]
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

// marked returns where the numbers of an array begin that has the key of a function, or
// starts as functions do, or -1.
func marked(text []byte) int {
	for i, c := range text {
		if c != '[' {
			continue
		}
		before, named := bytes.CutSuffix(bytes.TrimRight(text[:i], space), []byte(":"))
		if named && bytes.HasSuffix(bytes.TrimRight(before, space), []byte(key)) || starts(text[i+1:]) {
			return i + 1
		}
	}
	return -1
}

// starts reports whether numbers start with the mark of a function.
func starts(text []byte) bool {
	for _, n := range mark {
		rest, number := bytes.CutPrefix(blanks(text), []byte(n))
		behind, comma := bytes.CutPrefix(blanks(rest), []byte(","))
		if !number || !comma {
			return false
		}
		text = behind
	}
	return true
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

// space is the white space of JSON.
const space = " \t\r\n"

func blanks(text []byte) []byte { return bytes.TrimLeft(text, space) }

// numbers reads the numbers of an array to its end and returns the bytes that they
// are, or nil if they are none.
func numbers(r *hostile.Reader) []byte {
	var out []byte
	n := 0
	for r.Left() > 0 && r.Step() {
		if len(out)+1 >= cap(out) {
			if r.Hold(uint64(cap(out)+room)) != nil {
				return nil
			}
			out = slices.Grow(out, cap(out)+room)
		}
		switch c := r.Uint8(); {
		case c >= '0' && c <= '9' && n <= 0xff:
			n = 10*n + int(c-'0')
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		case n > 0xff || c != ',' && c != ']':
			return nil
		case c == ',':
			out, n = append(out, byte(n)), 0
		default:
			return append(out, byte(n))
		}
	}
	return nil
}
