// Package pickle finds what is dangerous in Python pickles: in files of their
// own, in PyTorch's older format, in joblib's, and in whatever container hands
// one to the scan.
package pickle

import (
	"cmp"
	"context"
	_ "embed"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// Detector recognises pickles by content, under any name.
var Detector = &detector.Detector{
	Name: "pickle",
	Rules: rule.Explain(help, executes, vulnerable, rewrites, corrupts, falseType, writes, deserialises, reads, connects, disturbs, exhausting, indirect, unresolved,
		refers, suspicious, lookalike, armed, unknownCall, unknownClass, unknownImport, mainName, extension, torn, badFrame, spliced, carriesCode,
		dangerousCode, inert, sideEscapes, sideMissing),
	Raw:   detector.Values,
	Match: match,
	Run:   run,
}

//go:embed extensions.txt
var extensionsText string

// extensions are those that loaders of pickles are given: extensions.txt.
var extensions = table.Once(extensionsText, table.Set)

// match errs on true: whether the opcodes make sense is seen by following them.
func match(h *artifact.Head) bool {
	if len(h.First) < 2 {
		return false
	}
	return pickle.Code(h.First[0]).Known() || extensions()[h.Extension()]
}

// spare holds sessions that have ended.
var spare = sync.Pool{New: func() any { return new(session) }}

// run reads the file. What is recognised decides itself in reading: pickles of
// protocol 0 and 1 have no signature.
func run(_ context.Context, p *detector.Pass) error {
	s := spare.Get().(*session)
	defer spare.Put(s)
	s.begin(p)
	err := s.streams()
	if !s.recognised {
		return nil
	}
	p.Recognised("pickle")
	return cmp.Or(s.flush(), err)
}
