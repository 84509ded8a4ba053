package scan

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	incomplete = &rule.Rule{
		ID: "scan-incomplete", Title: "Part of the file was not read",
		Severity: rule.Medium, Precision: rule.Certain, Since: "0.1.0", Unread: true,
	}
	crashed = &rule.Rule{
		ID: "scan-crashed", Title: "The file made the scanner crash",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{248}, Since: "0.1.0", Unread: true,
	}
	denied = &rule.Rule{
		ID: "license-denied", Title: "A file has a licence that the policy denies",
		Severity: rule.High, Precision: rule.Certain, Since: "0.1.0",
	}
	unrecognised = &rule.Rule{
		ID: "model-unrecognised", Title: "A file named like a model is of no known format",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{430}, Since: "0.1.0", Unread: true,
	}
	together = &rule.Rule{
		ID: "loads-dangerous-file", Title: "Loading the file loads another one that is dangerous",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Rules are what the scan itself can say, beside its detectors.
var Rules = rule.Explain(help, incomplete, crashed, denied, unrecognised, together)
