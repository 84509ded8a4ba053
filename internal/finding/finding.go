// Package finding holds what was said about a file: a rule, a sentence, a place
// and the evidence that lets a reader check the claim by hand.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Location is a place in a file on disk, or in a file nested inside it.
type Location struct {
	Path   string   // the file on disk, slash-separated, as the scan names it
	Inside []string // names of nested files, outermost first; nil on the disk file itself
	Offset int64    // in bytes from the start of the innermost file
	Length int64    // in bytes; 0 where only the start is known
	Line   int      // of Offset in a text on disk, from 1; 0 in any other file
}

// A Step is one fact with a place that the claim of a finding rests on.
type Step struct {
	Offset int64  // in the innermost file
	Line   int    // as of a Location
	Text   string // hostile text in it has passed Quote
}

// Place is where the step is, for a reader: the line of a text, the offset in any
// other file.
func (s Step) Place() string {
	if s.Line > 0 {
		return fmt.Sprintf("line %d", s.Line)
	}
	return fmt.Sprintf("%#08x", s.Offset)
}

// A Finding is what a detector reports.
type Finding struct {
	Rule     *rule.Rule
	Message  string // about this file; the first sentence stands alone; hostile text in it has passed Quote
	Location Location
	Evidence []Step // in file order
	// Key is what makes this finding the same one after the model is exported
	// again: a callable, a member, a layer; never an offset or a hash of the file.
	Key string
	// Subject is what the finding is about, where detectors of a container and of
	// what is in it both speak of that, see Within: what is said of it inside is not
	// told where as much is said of it outside. "" is nothing of that kind.
	Subject string
	// Secrets are what the finding is about and no output may show: the scan takes
	// them out of everything that is said of the file, and gathers findings of one
	// rule and the same first secret into one.
	Secrets []Secret
	// Ordinal tells equal keys of one rule in one nested file apart; the scan
	// counts it from 0.
	Ordinal int
}

// Within makes the Subject of a kind in a nested file: of a whole file where what is
// "", of one thing in it otherwise. The names are those of Location.Inside.
func Within(kind string, inside []string, what string) string {
	return kind + "\x00" + strings.Join(inside, "\x00") + "\x00\x00" + what
}

// Compare orders findings: worst first, then by path, nesting, offset, rule and
// message, so that two runs print the same bytes.
func Compare(a, b Finding) int {
	return cmp.Or(
		-cmp.Compare(a.Rule.Severity, b.Rule.Severity),
		strings.Compare(a.Location.Path, b.Location.Path),
		slices.Compare(a.Location.Inside, b.Location.Inside),
		cmp.Compare(a.Location.Offset, b.Location.Offset),
		strings.Compare(a.Rule.ID, b.Rule.ID),
		strings.Compare(a.Key, b.Key),
		strings.Compare(a.Message, b.Message),
	)
}

// Number gives equal (rule, nesting, key) of one file on disk their ordinals,
// in the given order.
func Number(findings []Finding) {
	seen := make(map[string]int)
	for i := range findings {
		f := &findings[i]
		f.Ordinal = 0
		key := f.Fingerprint()
		f.Ordinal = seen[key]
		seen[key]++
	}
}
