// Package arrow looks at what the schemas of Arrow and Parquet files have PyArrow
// load.
package arrow

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens the schemas of tables. A type of a column that Python defines is a
// pickle there, which PyArrow before 14.0.1 loads with the table (CVE-2023-47248).
// It has no rules: what the pickle does is judged by those who know pickles. A table
// without such types is no model.
var Detector = &detector.Detector{
	Name:  "arrow",
	Match: func(h artifact.Head) bool { return h.HasPrefix(arrowMagic, parquetMagic, featherMagic) },
	Run:   run,
}

const (
	arrowMagic   = "ARROW1"
	parquetMagic = "PAR1"
	featherMagic = "FEA1"
	// pythonType is what PyArrow calls types that Python defines
	// (pyarrow/types.pxi, PyExtensionType).
	pythonType = "arrow.py_extension_type"
	// arrowSchema is the key under which Parquet keeps Arrow's schema, in base64
	// (parquet/arrow/schema_internal.h).
	arrowSchema = "ARROW:schema"
	// maxSchema is how much of one is read.
	maxSchema = 32 << 20
)

func run(_ context.Context, p *detector.Pass) error {
	head := p.Reader().Peek(len(arrowMagic))
	if bytes.HasPrefix(head, []byte(parquetMagic)) {
		return parquet(p)
	}
	const message = 8 // magic and padding; then the schema, with its size in front
	r := p.Reader()
	r.Skip(message)
	size := r.UintLE(4)
	if size == 0xffffffff { // a mark in front of the size, since 0.15
		size = r.UintLE(4)
	}
	if r.Err() != nil {
		return nil
	}
	r = r.At(uint64(r.Offset()), min(size, maxSchema, uint64(r.Left())))
	show(p, r.Peek(int(r.Left())), r.Offset())
	return schema(p, r)
}

// footer returns the metadata at the end of a Parquet file: its size and the magic
// are the last eight bytes.
func footer(p *detector.Pass) *hostile.Reader {
	const trailer = 8
	r := p.Reader()
	if p.File.Size < 2*trailer {
		return nil
	}
	end := p.File.Size - trailer
	r.MoveTo(end)
	size := int64(r.UintLE(4))
	if string(r.Peek(len(parquetMagic))) != parquetMagic || size > end {
		return nil
	}
	return r.At(uint64(end-size), uint64(size))
}

// parquet shows the texts of the metadata, and looks at Arrow's schema.
func parquet(p *detector.Pass) error {
	r := footer(p)
	if r == nil || r.Left() > maxSchema {
		return nil
	}
	at := r.Offset()
	text := r.Bytes(uint64(r.Left()))
	if r.Err() != nil {
		return r.Err()
	}
	show(p, text, at)
	for {
		i := bytes.Index(text, []byte(arrowSchema))
		if i < 0 || p.Budget.Step() != nil {
			return p.Budget.Spent()
		}
		text, at = text[i+len(arrowSchema):], at+int64(i+len(arrowSchema))
		if err := decoded(p, text, at); err != nil {
			return err
		}
	}
}

// show shows what is text in the metadata.
func show(p *detector.Pass, data []byte, at int64) {
	const shortest = 20
	start := 0
	for i := 0; i <= len(data); i++ {
		if i < len(data) && data[i] >= ' ' && data[i] < 0x7f {
			continue
		}
		if i-start >= shortest {
			p.Text("", at+int64(start), string(data[start:i]))
		}
		start = i + 1
	}
}

// decoded looks at the schema that text, from an offset on, holds behind its key, in
// base64 behind the field's header and its length.
func decoded(p *detector.Pass, text []byte, at int64) error {
	defer p.Budget.Release(p.Budget.Held())
	const before = 6
	for i := range min(before, len(text)) {
		n := 0
		for i+n < len(text) && base64Digit(text[i+n]) {
			n++
		}
		const least = 64 // of a schema; a length may look like digits
		if n < least {
			continue
		}
		if err := p.Budget.Hold(uint64(n)); err != nil {
			return err
		}
		// The digit of a length in front would shift all of it: each place is tried.
		out := make([]byte, base64.RawStdEncoding.DecodedLen(n))
		m, _ := base64.RawStdEncoding.Decode(out, bytes.TrimRight(text[i:i+n], "="))
		in := p.InBinary(out[:m], func(int64) int64 { return at })
		if err := schema(in, in.Reader()); err != nil {
			return err
		}
	}
	return nil
}

func base64Digit(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '='
}

// schema hands on the pickles in a schema that has types which Python defines.
func schema(p *detector.Pass, r *hostile.Reader) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	start := r.Offset()
	text := r.Bytes(uint64(r.Left()))
	if r.Err() != nil {
		return r.Err()
	}
	if !bytes.Contains(text, []byte(pythonType)) {
		return nil
	}
	found := 0
	for i := 0; i < len(text) && p.Budget.Step() == nil; i++ {
		size := pickleSize(p, text[i:])
		if size == 0 {
			continue
		}
		if found++; found == 1 {
			p.Recognised("arrow")
		}
		if err := p.Part(fmt.Sprintf("type %d.pkl", found), start+int64(i), size); err != nil {
			return err
		}
		i += int(size) - 1
	}
	return p.Budget.Spent()
}

// pickleSize returns the size of the pickle that data starts with, or 0: one with a
// PROTO that comes to its end, or that comes to a name at least.
func pickleSize(p *detector.Pass, data []byte) int64 {
	const proto = 0x80
	if len(data) < 2 || data[0] != proto || data[1] < 2 || data[1] > pickle.MaxProtocol {
		return 0
	}
	r := hostile.NewReader(hostile.Bytes(data), int64(len(data)), p.Budget)
	for op := range pickle.Ops(r) {
		if op.Code.String() == "STOP" {
			return r.Offset()
		}
	}
	return int64(len(data)) // damaged: what a loader runs of it comes first
}
