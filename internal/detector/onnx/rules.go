package onnx

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	escapes = &rule.Rule{
		ID: "onnx-external-data-escapes", Title: "ONNX weights are read from outside the model's directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 59},
		CVE: []string{"CVE-2022-25882", "CVE-2024-27318", "CVE-2025-51480", "CVE-2026-27489"}, Since: "0.1.0",
	}
	address = &rule.Rule{
		ID: "onnx-external-data-memory", Title: "ONNX weights are read from an address in memory",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{822}, Since: "0.1.0",
	}
	bounds = &rule.Rule{
		ID: "onnx-external-data-bounds", Title: "ONNX weights lie beyond the end of their file",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{125}, Since: "0.1.0",
	}
	unknownKey = &rule.Rule{
		ID: "onnx-external-data-key", Title: "ONNX external data carries a key that no runtime defines",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{915}, CVE: []string{"CVE-2026-34445"}, Since: "0.1.0",
	}
	missing = &rule.Rule{
		ID: "onnx-external-data-missing", Title: "ONNX weights are not where the model says",
		Severity: rule.Low, Precision: rule.Certain, Since: "0.1.0",
	}
	mismatch = &rule.Rule{
		ID: "onnx-tensor-size", Title: "An ONNX tensor's data does not fit its shape",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{125, 131, 190}, Since: "0.1.0",
	}
	python = &rule.Rule{
		ID: "onnx-python-operator", Title: "An ONNX operator calls a Python function",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	engineEscapes = &rule.Rule{
		ID: "onnx-engine-escapes", Title: "An ONNX operator loads a compiled engine from outside the model's directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 426}, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "onnx-custom-domain", Title: "An ONNX operator needs a library that is not part of the runtime",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)
