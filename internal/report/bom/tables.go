package bom

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/CycloneDX/cyclonedx-go"
)

//go:embed formats.txt
var formatsFile string

// A kind is what a format is in a bill of materials.
type kind struct {
	component cyclonedx.ComponentType
	framework string // "" for none
}

var kinds = sync.OnceValue(func() map[string]kind { return parseKinds(formatsFile) })

// parseKinds reads lines of a format, a CycloneDX component type and a
// framework, which may be missing.
func parseKinds(text string) map[string]kind {
	out := make(map[string]kind)
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && words[0] != "#" {
			out[words[0]] = kind{cyclonedx.ComponentType(words[1]), strings.Join(words[2:], " ")}
		}
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
