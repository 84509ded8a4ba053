package keras

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	runsFunction = &rule.Rule{
		ID: "keras-calls-dangerous-function", Title: "A Keras configuration refers to a function that does harm",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{502, 94},
		CVE: []string{"CVE-2025-1550", "CVE-2025-8747", "CVE-2025-12060"}, Since: "0.1.0",
	}
	disablesSafety = &rule.Rule{
		ID: "keras-disables-safe-mode", Title: "A Keras configuration switches the loader's protection off",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{502, 693}, CVE: []string{"CVE-2025-9906"}, Since: "0.1.0",
	}
	carriesCode = &rule.Rule{
		ID: "keras-lambda-code", Title: "A Keras layer carries Python code",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{94},
		CVE: []string{"CVE-2024-3660", "CVE-2025-9905"}, Since: "0.1.0",
	}
	carriesTorch = &rule.Rule{
		ID: "keras-torch-module", Title: "A Keras layer unpickles a PyTorch module",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{502}, CVE: []string{"CVE-2025-49655"}, Since: "0.1.0",
	}
	loadsModel = &rule.Rule{
		ID: "keras-loads-model", Title: "A Keras layer loads another model from a path or an address",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	readsFile = &rule.Rule{
		ID: "keras-reads-file", Title: "A Keras layer reads a file from outside the model",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 918}, CVE: []string{"CVE-2025-12058"}, Since: "0.1.0",
	}
	namesFile = &rule.Rule{
		ID: "keras-names-file", Title: "A Keras layer reads a file beside the model",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{73}, CVE: []string{"CVE-2025-12058"}, Since: "0.1.0",
	}
	foreignModule = &rule.Rule{
		ID: "keras-foreign-module", Title: "A Keras configuration imports a module that is not part of Keras",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{829}, CVE: []string{"CVE-2025-1550"}, Since: "0.1.0",
	}
	customObject = &rule.Rule{
		ID: "keras-custom-object", Title: "A Keras model needs custom code to load",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)
