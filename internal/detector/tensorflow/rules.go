package tensorflow

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	writes = &rule.Rule{
		ID: "tensorflow-writes-file", Title: "A TensorFlow graph writes a file",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{73, 94}, Since: "0.1.0",
	}
	reads = &rule.Rule{
		ID: "tensorflow-reads-file", Title: "A TensorFlow graph reads a file of its own choice",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{73, 200}, Since: "0.1.0",
	}
	network = &rule.Rule{
		ID: "tensorflow-network", Title: "A TensorFlow graph opens a connection",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{918}, Since: "0.1.0",
	}
	callback = &rule.Rule{
		ID: "tensorflow-python-callback", Title: "A TensorFlow graph calls back into Python",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	asset = &rule.Rule{
		ID: "tensorflow-asset-escapes", Title: "A SavedModel's asset lies outside of its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	native = &rule.Rule{
		ID: "tensorflow-native-code", Title: "A TensorFlow graph runs machine code that is not TensorFlow's",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
	data = &rule.Rule{
		ID: "tensorflow-data-files", Title: "A TensorFlow graph reads or writes data files at fixed places",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{73}, Since: "0.1.0",
	}
	caller = &rule.Rule{
		ID: "tensorflow-reads-named-file", Title: "A TensorFlow graph reads the file that its caller names",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{73}, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "tensorflow-custom-op", Title: "A TensorFlow graph needs an operation from a library",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)
