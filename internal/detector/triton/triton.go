// Package triton judges how the Triton Inference Server is told to run a model
// (config.pbtxt): with Python that comes with it, with native libraries, from
// places outside of the model repository.
package triton

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/triton"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	code = &rule.Rule{
		ID: "triton-runs-code", Title: "A model of Triton is a program",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	elsewhere = &rule.Rule{
		ID: "triton-file-escapes", Title: "The configuration of a Triton model names a file outside of it",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{22, 73, 829}, Since: "0.1.0",
	}
)

// Detector judges configurations by their name.
var Detector = &detector.Detector{
	Name:  "triton",
	Rules: rule.Explain(help, code, elsewhere),
	Match: func(h *artifact.Head) bool { return h.Base() == "config.pbtxt" },
	Run:   run,
}

//go:embed files.txt
var filesText string

// files are the keys whose values are files: files.txt.
var files = table.Once(filesText, table.Map)

// inEnvironment is what Triton puts the model's own directory for.
const inEnvironment = "$$TRITON_MODEL_DIRECTORY/"

func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("triton-config")
	all, err := triton.Decode(p.Reader())
	for _, v := range all {
		judge(p, v)
	}
	return err
}

// judge judges one value.
func judge(p *detector.Pass, v triton.Value) {
	shown := finding.Quote(v.Text)
	why := ""
	if files()[v.Key] != "" {
		why = location.Leaves(strings.TrimPrefix(v.Text, inEnvironment))
	}
	out := finding.Finding{
		Key: v.Key, Location: finding.Location{Offset: v.Offset},
		Evidence: []finding.Step{{Offset: v.Offset, Text: finding.Quote(v.Key) + ": " + shown}},
	}
	switch {
	case why != "":
		out.Rule, out.Message = elsewhere, fmt.Sprintf("Triton takes %s %s, which is %s.", shown, files()[v.Key], why)
	case v.Key == "backend" && v.Text == "python":
		out.Rule, out.Message = code, "Triton runs the Python that comes with the model."
	case v.Key == "op_library_filename", v.Key == "platform" && v.Text == "custom", v.Key == "runtime" && strings.HasSuffix(v.Text, ".so"):
		out.Rule, out.Message = code, fmt.Sprintf("Triton loads native code that comes with the model: %s.", shown)
	default:
		return
	}
	p.Report(out)
}
