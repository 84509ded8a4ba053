// Package executorch judges ExecuTorch programs, which hold no code of the
// author's: they name operators and delegates that the runtime has.
package executorch

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executorch"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var custom = &rule.Rule{
	ID: "executorch-custom-operator", Title: "An ExecuTorch program needs operators from a native library",
	Severity: rule.Low, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
}

// Detector judges ExecuTorch programs.
var Detector = &detector.Detector{
	Name:  "executorch",
	Rules: rule.Explain(help, custom),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return executorch.Looks(h.First) },
	Run:   run,
}

//go:embed known.txt
var knownFile string

var known = table.Once(knownFile, table.Set)

// run reports each namespace of operators that ExecuTorch does not have, once.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("executorch")
	program, err := executorch.Decode(p.Reader())
	seen := make(map[string]bool)
	for _, o := range program.Operators {
		namespace, _, qualified := strings.Cut(o.Text, "::")
		if !qualified || known()[namespace] || seen[namespace] {
			continue
		}
		seen[namespace] = true
		name := finding.Quote(o.Text)
		p.Report(finding.Finding{
			Rule: custom, Key: namespace, Location: finding.Location{Offset: o.Offset},
			Message:  fmt.Sprintf("The program needs the operator %s. ExecuTorch does not have it: whoever runs the program links a native library for it.", name),
			Evidence: []finding.Step{{Offset: o.Offset, Text: "operator " + name}},
		})
	}
	return cmp.Or(err, p.Strings("", 0, program.Size))
}
