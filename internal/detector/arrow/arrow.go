// Package arrow looks at what the schemas of Arrow and Parquet files have PyArrow
// load.
package arrow

import (
	"context"
	"fmt"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/arrow"
	"github.com/modelaudit/modelaudit/internal/needle"
)

// Detector opens the schemas of tables. A type of a column that Python defines is a
// pickle there, which PyArrow before 14.0.1 loads with the table (CVE-2023-47248).
// It has no rules: what the pickle does is judged by those who know pickles. A table
// without such types is no model.
var Detector = &detector.Detector{
	Name:  "arrow",
	Match: func(h *artifact.Head) bool { return arrow.Looks(h.First) },
	Run:   run,
}

// pythonType is what metadata must mention to hold a type that Python defines.
var pythonType = sync.OnceValue(func() *needle.Set { return needle.New([]string{arrow.PythonType}) })

// run shows the texts of the metadata, and hands on the types in it.
func run(_ context.Context, p *detector.Pass) error {
	m, found := arrow.Find(p.Reader())
	if !found {
		return nil
	}
	if err := p.Strings("", m.Offset(), m.Size()); err != nil {
		return err
	}
	if err := types(p, m); err != nil {
		return err
	}
	return m.Embedded(func(offset int64, message []byte) error {
		in := p.InBinary(message, func(int64) int64 { return offset })
		if m, found := arrow.Message(in.Reader()); found {
			return types(in, m)
		}
		return nil
	})
}

// types hands on what the types in a schema are made from. Metadata that mentions none
// may be damaged as it will: it is that of data.
func types(p *detector.Pass, m arrow.Metadata) error {
	if !detector.Mentions(m.Reader(), pythonType()) {
		return nil
	}
	count := 0
	var spent error
	fault := m.Types(func(offset, size int64) {
		if count++; count == 1 {
			p.Recognised("arrow")
		}
		if spent == nil {
			spent = p.Part(fmt.Sprintf("type %d.pkl", count), offset, size)
		}
	})
	if spent != nil {
		return spent
	}
	return fault
}
