package bom

import (
	_ "embed"

	"github.com/CycloneDX/cyclonedx-go"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed formats.txt
var formatsFile string

// A kind is what a format is in a bill of materials.
type kind struct {
	component cyclonedx.ComponentType
	framework string // "" for none
}

var kinds = table.Once(formatsFile, parseKinds)

// parseKinds reads lines of a format, a CycloneDX component type and a
// framework, which may be missing.
func parseKinds(text string) map[string]kind {
	out := make(map[string]kind)
	for row := range table.Rows(text, 3) {
		out[row[0]] = kind{component: cyclonedx.ComponentType(row[1]), framework: row[2]}
	}
	return out
}

// kindOf returns what a format is.
func kindOf(format string) kind {
	if k, ok := kinds()[format]; ok {
		return k
	}
	return kind{component: cyclonedx.ComponentTypeMachineLearningModel}
}
