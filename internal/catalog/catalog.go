// Package catalog is the one list of detectors.
package catalog

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Rules returns the rules of the given detectors and the further ones, sorted
// by ID.
func Rules(detectors []*detector.Detector, further ...*rule.Rule) []*rule.Rule {
	all := slices.Clone(further)
	for _, d := range detectors {
		all = append(all, d.Rules...)
	}
	slices.SortFunc(all, func(a, b *rule.Rule) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(all)
}
