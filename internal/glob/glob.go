// Package glob matches paths against the patterns that users write.
package glob

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Check returns an error that names the first pattern that is not a glob.
func Check(patterns ...string) error {
	for _, p := range patterns {
		if p == "" || !doublestar.ValidatePattern(p) {
			return fmt.Errorf("%q is not a glob such as *.pkl, models/** or {a,b}/[0-9]*.pt", p)
		}
	}
	return nil
}

// Match reports whether a checked pattern matches a slash-separated relative
// path, or a directory that the path lies below. The syntax is doublestar's; a
// pattern without a slash, but for one at its end, matches at any depth.
func Match(pattern, name string) bool {
	pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "./"), "/")
	if !strings.Contains(pattern, "/") {
		pattern = "**/" + pattern
	}
	// doublestar lets /** match nothing, too.
	return doublestar.MatchUnvalidated(strings.TrimPrefix(pattern, "/")+"/**", name)
}

// MatchAny reports whether any of the patterns matches.
func MatchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Match(p, name) })
}
