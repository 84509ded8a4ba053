// Package tflite judges TensorFlow Lite models: which operators they need besides
// the runtime's own.
package tflite

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tflite"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed operators.txt
var operatorsText string

var (
	custom = &rule.Rule{
		ID: "tflite-custom-operator", Title: "A TensorFlow Lite model needs an operator of its author's own",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	reaches = &rule.Rule{
		ID: "tflite-reaches-out", Title: "A TensorFlow Lite model runs an operator that does more than compute",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{73, 94}, Since: "0.1.0",
	}
	flex = &rule.Rule{
		ID: "tflite-flex-operator", Title: "A TensorFlow Lite model runs operators of the whole TensorFlow",
		Severity: rule.Info, Precision: rule.Certain, Since: "0.1.0",
	}
)

// Detector judges TensorFlow Lite models.
var Detector = &detector.Detector{
	Name:  "tflite",
	Rules: rule.Explain(help, custom, reaches, flex),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool {
		return tflite.Looks(h.First) || (h.Extension() == ".tflite" || h.Extension() == ".lite") && h.Size > 0
	},
	Run: run,
}

// run judges custom operators, since builtin ones only compute, and hands on
// texts.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("tflite")
	m, err := tflite.Decode(p.Reader())
	for _, c := range m.Custom {
		judge(p, c)
		for _, name := range c.Runs {
			if name = "Flex" + name; name != c.Name && effects()[name] != "" {
				c.Name = name
				judge(p, c)
			}
		}
	}
	for _, t := range m.Texts {
		if fault := p.Strings(t.Name, t.Offset, t.Size); fault != nil {
			return fault
		}
	}
	return err
}

// effects says what custom operators do, by name: operators.txt.
var effects = table.Once(operatorsText, table.Map)

// does completes "the operator …".
var does = map[string]string{
	"read": "reads files", "restore": "reads files", "write": "writes files", "save": "writes files", "network": "opens connections",
	"python": "calls back into Python", "native": "runs native code of the process",
}

// judge reports a custom operator by what it is known to do. A checkpoint whose
// path the caller of the model gives is the caller's.
func judge(p *detector.Pass, c tflite.Custom) {
	name := finding.Quote(c.Name)
	effect := effects()[c.Name]
	f := finding.Finding{Key: c.Name, Location: finding.Location{Offset: c.Offset}}
	switch {
	case effect == "compute":
		return
	case effect != "" && !(c.Given && (effect == "save" || effect == "restore")):
		f.Rule, f.Message = reaches, fmt.Sprintf("The operator %s %s.", name, does[effect])
	case strings.HasPrefix(c.Name, "Flex"):
		f.Rule, f.Message = flex, fmt.Sprintf("The operator %s runs in the whole TensorFlow.", name)
	default:
		f.Rule, f.Message = custom, fmt.Sprintf("The model runs only where a program brings the operator %s, in native code.", name)
	}
	if !c.Used {
		f.Message += " No graph of the model uses it."
	}
	p.Report(f)
}
