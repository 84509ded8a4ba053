// Package tensorrt reads what can be read of TensorRT engines ("plans"): a header,
// and which programs and plugins the rest mentions. The rest is NVIDIA's own
// serialization, which is not published.
//
// Format: https://docs.nvidia.com/deeplearning/tensorrt/ names the version in the
// header; its other fields are as Netron reads them.
package tensorrt

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// headerSize is the header, without the version of TensorRT behind it.
	headerSize = 24
	// maxMetadata bounds the JSON text that some exporters put in front of an
	// engine. Its length is a number of 32 bits, and real texts take a few KiB.
	maxMetadata = 16 << 20
)

// An Engine is what the header of an engine says, and what stands around it.
type Engine struct {
	Metadata Span // JSON text that an exporter put in front; empty without one
	Body     Span // the engine with its header
	Trailing Span // what follows the engine; empty where its size is not known
	Layout   uint32
	Version  [4]uint8 // of TensorRT, from 8.6 on: major, minor, patch, build
}

// A Span is a range of bytes of the file.
type Span struct{ Offset, Size int64 }

// Looks reports whether a file that starts with first may be an engine: by the
// signature, or by JSON text of a stated length in front of it.
func Looks(first []byte) bool {
	return signed(first) || len(first) > 5 && first[3] == 0 && first[4] == '{'
}

func signed(p []byte) bool {
	return len(p) >= 4 && (string(p[:4]) == "ftrt" || string(p[:4]) == "ptrt")
}

// Decode reads the header of an engine. found is false for a file that is none.
func Decode(r *hostile.Reader) (e Engine, found bool, err error) {
	if !signed(r.Peek(4)) {
		size := r.At(uint64(r.Start()), uint64(min(r.Left(), 4))).UintLE(4)
		if size > maxMetadata || r.Left() < int64(size)+8 {
			return e, false, nil
		}
		e.Metadata = Span{Offset: r.Offset() + 4, Size: int64(size)}
		r.Skip(4 + size)
		if !signed(r.Peek(4)) {
			return e, false, nil
		}
	}
	e.header(r)
	return e, true, r.Err()
}

// layouts tells how many bytes stand in front of the size, by the version of the
// header. Of others only the signature is known.
var layouts = map[uint32]uint64{
	0x00: 8, 0x2b: 8,
	0x57: 4, 0x59: 4, 0x60: 4, 0x61: 4,
}

func (e *Engine) header(r *hostile.Reader) {
	e.Body = Span{Offset: r.Offset(), Size: r.Left()}
	h := r.Window(headerSize)
	h.Skip(4)
	e.Layout = uint32(h.UintLE(4))
	ahead, known := layouts[e.Layout]
	if !known || r.Err() != nil {
		return
	}
	h.Skip(ahead)
	size := h.UintLE(8)
	left := r.Left()
	for i, b := range r.Peek(len(e.Version)) {
		e.Version[i] = b
	}
	r.Skip(size)
	if r.Err() == nil {
		e.Body.Size = headerSize + int64(size)
		e.Trailing = Span{Offset: r.Offset(), Size: left - int64(size)}
	}
}
