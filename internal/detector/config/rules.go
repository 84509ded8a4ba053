package config

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	constructs = &rule.Rule{
		ID: "yaml-runs-code", Title: "A YAML file runs code when it is loaded",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502},
		CVE: []string{"CVE-2017-18342", "CVE-2020-1747", "CVE-2020-14343"}, Since: "0.1.0",
	}
	object = &rule.Rule{
		ID: "yaml-python-object", Title: "A YAML file makes Python objects when it is loaded",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
	}
	reference = &rule.Rule{
		ID: "yaml-python-name", Title: "A YAML file imports Python modules when it is loaded",
		Severity: rule.Low, Precision: rule.Possible, CWE: []int{829}, Since: "0.1.0",
	}
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
)
