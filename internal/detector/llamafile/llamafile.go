// Package llamafile finds models that programs carry: a GGUF file behind or in
// an executable, or as a member of the zip archive behind one, which is how a
// llamafile is made.
package llamafile

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/format/gguf"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var carries = &rule.Rule{
	ID: "executable-carries-model", Title: "A program carries a model",
	Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
}

// Detector judges programs that carry models.
var Detector = &detector.Detector{
	Name:  "llamafile",
	Rules: rule.Explain(help, carries),
	Match: func(h *artifact.Head) bool { return executable.Looks(h.First) },
	Run:   run,
}

// run looks for a model in a program, first in the archive behind it and else
// anywhere. Scripts are other detectors'.
func run(_ context.Context, p *detector.Pass) error {
	if program, ok := executable.Decode(p.Reader()); !ok || program.Kind == executable.Script {
		return nil
	}
	if name, at := member(p); name != "" {
		report(p, finding.Quote(name), at)
		return p.Budget.Spent()
	}
	return search(p)
}

// report says where in the program the model is.
func report(p *detector.Pass, what string, at int64) {
	p.Recognised("llamafile")
	p.Report(finding.Finding{
		Rule: carries, Key: "gguf", Location: finding.Location{Offset: at},
		Message:  fmt.Sprintf("This file is a program that carries a model, %s. Using the model means running the program.", what),
		Evidence: []finding.Step{{Text: "starts as a program"}, {Offset: at, Text: "GGUF"}},
	})
}

// member returns the first stored member of the zip archive behind the program
// that is a model. Whoever opens the archive hands it back to the scan.
func member(p *detector.Pass) (string, int64) {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	z, _ := zip.Decode(p.Reader())
	if len(z.Ends) == 0 {
		return "", 0
	}
	for e, err := range z.Entries() {
		if err != nil || e.Local == nil {
			continue
		}
		if r := p.Reader().At(uint64(e.Data), uint64(e.End-e.Data)); plausible(r.Peek(headerSize)) {
			return e.Name(), e.Data
		}
	}
	return "", 0
}

// maxModels bounds how many models of a program are handed back.
const maxModels = 16

// search looks for models in the bytes of the program and hands each back, up to
// the end of the file: decoys in front hide none in silence.
func search(p *detector.Pass) error {
	const window = 32 << 10
	r := p.Reader()
	found := 0
	for r.Left() >= headerSize && r.Step() {
		text := r.Peek(window)
		i := bytes.Index(text, []byte(gguf.Magic))
		if i < 0 {
			r.Skip(uint64(max(1, len(text)-len(gguf.Magic)+1)))
			continue
		}
		r.Skip(uint64(i))
		at := r.Offset()
		if plausible(r.Peek(headerSize)) {
			if found++; found == 1 {
				report(p, "in its own bytes", at)
			}
			if found > maxModels {
				return r.Fail(hostile.OverBudget, "a program with more than %d models", maxModels)
			}
			size := p.File.Size - at
			if err := p.Part("embedded.gguf", at, size); err != nil {
				return err
			}
		}
		r.Skip(1)
	}
	return r.Err()
}

// headerSize is the header of a GGUF file and the length of its first key.
const headerSize = 4 + 4 + 8 + 8 + 8

// plausible tells a model from code that mentions the signature: a version, and
// counts and a first key of the size that models have.
func plausible(p []byte) bool {
	if len(p) < headerSize || string(p[:4]) != gguf.Magic {
		return false
	}
	version := binary.LittleEndian.Uint32(p[4:])
	tensors, keys, key := binary.LittleEndian.Uint64(p[8:]), binary.LittleEndian.Uint64(p[16:]), binary.LittleEndian.Uint64(p[24:])
	const manyTensors, manyKeys, longKey = 1 << 20, 1 << 16, 1 << 8
	return version >= 2 && version <= 3 && tensors < manyTensors && keys > 0 && keys < manyKeys && key > 0 && key < longKey
}
