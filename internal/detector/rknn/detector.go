// Package rknn judges the models of Rockchip's neural processors: compiled code,
// with a description that says which operators and libraries it needs.
package rknn

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/rknn"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	compiled = &rule.Rule{
		ID: "rknn-compiled", Title: "The model is compiled for a neural processor",
		Severity: rule.Low, Precision: rule.Certain, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "rknn-custom-operator", Title: "An RKNN model needs an operator of its author's own",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
	library = &rule.Rule{
		ID: "rknn-native-library", Title: "An RKNN model names a native library",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{114}, Since: "0.1.0",
	}
)

// Detector judges RKNN files.
var Detector = &detector.Detector{
	Name:  "rknn",
	Rules: rule.Explain(help, compiled, custom, library),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return rknn.FormOf(h.First) != 0 },
	Run:   run,
}

const encrypted = "the model is encrypted: only the driver of the processor can read it"

// run reads the container around a compiled model, or says that there is none
// to read.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("rknn")
	switch rknn.FormOf(p.Reader().Peek(8)) {
	case rknn.Encrypted:
		p.Refused(encrypted)
		return nil
	case rknn.Container:
		return container(p)
	}
	reportCompiled(p, rknn.File{Compiled: rknn.Span{Size: p.File.Size}})
	return nil
}

// container judges what is readable: operators, names of libraries, and the
// parts that are files.
func container(p *detector.Pass) error {
	f, err := rknn.Decode(p.Reader())
	if f.Form == rknn.Encrypted {
		p.Incomplete(errors.New(encrypted))
	} else if f.Compiled.Size > 0 {
		reportCompiled(p, f)
	}
	operators(p, f.Nodes)
	libraries(p, f.Texts)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		rknn.Span
	}{{"description.json", f.JSON}, {"trailing data", f.Trailing}, {"compiled model", unknown(f)}} {
		if part.Size == 0 {
			continue
		}
		if err := p.Part(part.name, part.Offset, part.Size); err != nil {
			return err
		}
	}
	return nil
}

// unknown returns the compiled part if it is of no form that is known: then it may
// be anything.
func unknown(f rknn.File) rknn.Span {
	if f.Form != 0 {
		return rknn.Span{}
	}
	return f.Compiled
}

// reportCompiled says that the compiled part was not checked.
func reportCompiled(p *detector.Pass, f rknn.File) {
	at := f.Compiled.Offset
	steps := []finding.Step{{Offset: at, Text: fmt.Sprintf("%d bytes of compiled model", f.Compiled.Size)}}
	if f.Toolkit != "" {
		steps = append(steps, finding.Step{Offset: f.JSON.Offset, Text: fmt.Sprintf("written by version %s for %s", finding.Quote(f.Toolkit), finding.Quote(strings.Join(f.Targets, ", ")))})
	}
	p.Report(finding.Finding{
		Rule: compiled, Key: "compiled", Location: finding.Location{Offset: at, Length: f.Compiled.Size}, Evidence: steps,
		Message: "The model is compiled for a neural processor, in a form that is not published. That part was not checked.",
	})
}

// own tells the toolkit's own operators by how their names begin.
func own(op string) bool {
	return op == "" || strings.HasPrefix(op, "VSI_NN_OP_") || strings.HasPrefix(op, "RKNN_OP_")
}

// operators reports those that Rockchip's runtime does not have.
func operators(p *detector.Pass, nodes []rknn.Node) {
	var causes finding.Causes
	for _, n := range nodes {
		if op := finding.Quote(n.Op); !own(n.Op) {
			causes.At(custom, op, fmt.Sprintf("The model runs only where a program brings the operator %s, in native code.", op)).
				Add(n.Offset, "node %s: %s", finding.Quote(n.Name), op)
		}
	}
	causes.Report(p.Report)
}

// libraryName is how files of native libraries are named.
var libraryName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(^|[\w.+-])\.(so(\.\d+)*|dll|dylib)$`) })

// libraries reports names of shared libraries in the description.
func libraries(p *detector.Pass, texts []rknn.Text) {
	var causes finding.Causes
	for _, t := range texts {
		if libraryName().MatchString(t.Value) {
			value := finding.Quote(t.Value)
			causes.At(library, value, fmt.Sprintf("The description of the model names the library %s.", value)).
				Add(t.Offset, "%s: %s", finding.Quote(t.Key), value)
		}
	}
	causes.Report(p.Report)
}
