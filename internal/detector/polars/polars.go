// Package polars hands on the functions in queries of polars: LazyFrame.deserialize
// unpickles them.
package polars

import (
	"bytes"
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/polars"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens queries. It has no rules: what their functions do is judged by those
// who know pickles. A query without such functions is no model.
var Detector = &detector.Detector{
	Container: true,
	Name:      "polars",
	Match: func(h *artifact.Head) bool {
		return h.HasPrefix(polars.Magic) || bytes.HasPrefix(bytes.TrimLeft(h.First, " \t\r\n"), []byte("{"))
	},
	Run: run,
}

func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if string(r.Peek(len(polars.Magic))) == polars.Magic {
		text, err := polars.Binary(r)
		if err != nil {
			return err
		}
		return nested(p, "functions", text)
	}
	found := 0
	return polars.Functions(r, func(code []byte) error {
		found++
		return nested(p, fmt.Sprintf("function %d", found), code)
	})
}

// nested hands on the bytes of functions.
func nested(p *detector.Pass, name string, code []byte) error {
	return p.Nested(p.File.Member(name, hostile.Bytes(code), int64(len(code))))
}
