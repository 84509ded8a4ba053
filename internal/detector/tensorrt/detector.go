// Package tensorrt judges TensorRT engines: compiled code for a GPU, which may
// bring native code for the host along.
package tensorrt

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tensorrt"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	compiled = &rule.Rule{
		ID: "tensorrt-engine", Title: "The model is compiled code for a GPU",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	native = &rule.Rule{
		ID: "tensorrt-native-code", Title: "A TensorRT engine brings native code for the host along",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{506, 829}, Since: "0.1.0",
	}
)

// Detector judges TensorRT engines.
var Detector = &detector.Detector{
	Name:  "tensorrt",
	Rules: rule.Explain(help, compiled, native),
	Match: func(h *artifact.Head) bool { return tensorrt.Looks(h.First) },
	Run:   run,
}

// run reads around an engine, whose own form is not published, and searches it
// for programs and plugins.
func run(_ context.Context, p *detector.Pass) error {
	e, found, err := tensorrt.Decode(p.Reader())
	if !found {
		return nil
	}
	p.Recognised("tensorrt")
	if e.Metadata.Size > 0 {
		if err := p.Part("metadata.json", e.Metadata.Offset, e.Metadata.Size); err != nil {
			return err
		}
	}
	programs, plugins, searchErr := tensorrt.Search(p.Reader().At(uint64(e.Body.Offset), uint64(e.Body.Size)))
	report(p, e, plugins)
	for _, program := range programs {
		reportNative(p, program)
	}
	if err != nil || searchErr != nil {
		return cmp.Or(err, searchErr)
	}
	if e.Trailing.Size > 0 {
		return p.Part("trailing data", e.Trailing.Offset, e.Trailing.Size)
	}
	return nil
}

// report says that the body is code, which nobody but the GPU reads.
func report(p *detector.Pass, e tensorrt.Engine, plugins []tensorrt.Name) {
	f := finding.Finding{
		Rule: compiled, Key: "engine", Location: finding.Location{Offset: e.Body.Offset, Length: e.Body.Size},
		Message:  "The model is a TensorRT engine: code compiled for a GPU, which cannot be checked. Whoever loads it trusts who built it.",
		Evidence: []finding.Step{{Offset: e.Body.Offset, Text: fmt.Sprintf("an engine of %d bytes, its header of version %#x", e.Body.Size, e.Layout)}},
	}
	if v := e.Version; v[0] >= firstStated && v[0] < 100 {
		f.Evidence = append(f.Evidence, finding.Step{Offset: e.Body.Offset, Text: fmt.Sprintf("built with TensorRT %d.%d.%d", v[0], v[1], v[2])})
	}
	for i, n := range plugins {
		if i == maxNames {
			f.Evidence = append(f.Evidence, finding.Step{Offset: n.Offset, Text: fmt.Sprintf("and %d more names of plugins", len(plugins)-i)})
			break
		}
		f.Evidence = append(f.Evidence, finding.Step{Offset: n.Offset, Text: "names the plugin " + finding.Quote(n.Text)})
	}
	p.Report(f)
}

const (
	// firstStated is the first major version whose engines state it.
	firstStated = 8
	// maxNames is how many plugins are shown.
	maxNames = 10
)

// reportNative reports a program inside an engine.
func reportNative(p *detector.Pass, program tensorrt.Program) {
	detail := finding.Quote(program.Detail)
	p.Report(finding.Finding{
		Rule: native, Key: program.Kind.String() + " " + detail, Location: finding.Location{Offset: program.Offset},
		Message: fmt.Sprintf("The engine carries native code for the host, %s (%s), as plugins and a runtime of its own are put into engines. "+
			"Loading the engine can run it.", program.Kind, detail),
		Evidence: []finding.Step{{Offset: program.Offset, Text: program.Kind.String() + ": " + detail}},
	})
}
