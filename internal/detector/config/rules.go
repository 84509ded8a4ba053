package config

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	instantiates = &rule.Rule{
		ID: "config-calls-dangerous", Title: "A configuration names a dangerous function to be called",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{470, 94}, CVE: []string{"CVE-2025-23304"}, Since: "0.1.0",
	}
	suspicious = &rule.Rule{
		ID: "config-calls-suspicious", Title: "A configuration names a function to be called that no model needs",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{470}, Since: "0.1.0",
	}
	remote = &rule.Rule{
		ID: "config-remote-code", Title: "A model's configuration brings Python code of its own",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829, 94}, Since: "0.1.0",
	}
	trusts = &rule.Rule{
		ID: "config-trusts-remote-code", Title: "A configuration trusts the code that comes with models",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	command = &rule.Rule{
		ID: "config-command-harmful", Title: "A configuration holds a command that runs what it fetches, or gives a shell away",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{78, 494, 506}, Since: "0.1.0",
	}
	escapes = &rule.Rule{
		ID: "config-file-escapes", Title: "A model's configuration names a file outside of its directory",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{22, 73}, Since: "0.1.0",
	}
)
