// Package compare says what a change does to the behaviour of files: which
// findings are new, which were there before, and which are gone.
package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// A Delta is one file before and after a change.
type Delta struct {
	Path   string      // after the change, or before it if the file is gone
	Was    string      // path before the change, if it was another; "" otherwise
	Before *audit.File // nil if the file is new, or what it held could not be learned
	After  *audit.File // nil if the file is gone

	New, Known, Fixed []finding.Finding // in the order of finding.Compare
}

// A State is how a finding relates to what was there before.
type State string

// The states of a finding.
const (
	New   State = "new"
	Known State = "known"
	Fixed State = "fixed"
)

// File compares two versions of a file. A finding was there before only if it
// said the same and rested on the same facts: a call with other arguments is a
// new one.
func File(path string, before, after *audit.File) Delta {
	d := Delta{Path: path, Before: before, After: after}
	left := make(map[string]int)
	for _, f := range findings(before) {
		left[identity(&f)]++
	}
	for _, f := range findings(after) {
		if id := identity(&f); left[id] > 0 {
			left[id]--
			d.Known = append(d.Known, f)
		} else {
			d.New = append(d.New, f)
		}
	}
	old := findings(before)
	for i := len(old) - 1; i >= 0; i-- {
		if id := identity(&old[i]); left[id] > 0 {
			left[id]--
			d.Fixed = append(d.Fixed, old[i])
		}
	}
	slices.SortStableFunc(d.Fixed, finding.Compare)
	return d
}

func findings(f *audit.File) []finding.Finding {
	if f == nil {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(f.Findings), finding.Compare)
}

// identity is everything that a finding says but where.
func identity(f *finding.Finding) string {
	var b strings.Builder
	say := func(s string) { fmt.Fprintf(&b, "%d:%s", len(s), s) }
	say(f.Rule.ID)
	say(f.Key)
	say(f.Message)
	for _, name := range f.Location.Inside {
		say(name)
	}
	b.WriteByte('|')
	for _, s := range f.Evidence {
		say(s.Text)
	}
	return b.String()
}

// A Comparison is what a change does to all files.
type Comparison struct {
	Against string  // what the files are compared with, in words of ours
	Files   []Delta // sorted by path
	known   map[string]bool
}

// Of collects the deltas of a change.
func Of(against string, files []Delta) *Comparison {
	slices.SortStableFunc(files, func(a, b Delta) int { return strings.Compare(a.Path, b.Path) })
	c := &Comparison{Against: against, Files: files, known: make(map[string]bool)}
	for _, d := range files {
		for _, f := range d.Known {
			c.known[name(&f)] = true
		}
	}
	return c
}

// name tells the findings of one scan apart.
func name(f *finding.Finding) string { return f.Location.Path + "\x00" + f.Fingerprint() }

// State returns whether a finding of the scan was there before. Without a
// comparison everything is new.
func (c *Comparison) State(f *finding.Finding) State {
	if c != nil && c.known[name(f)] {
		return Known
	}
	return New
}

// Order compares findings for a reader of the change: new ones come before those
// that were there, and either in the order of finding.Compare.
func (c *Comparison) Order(a, b finding.Finding) int {
	return cmp.Or(-cmp.Compare(c.State(&a), c.State(&b)), finding.Compare(a, b))
}

// Count returns how many findings are in each state.
func (c *Comparison) Count() map[State]int {
	n := make(map[State]int)
	if c == nil {
		return n
	}
	for _, d := range c.Files {
		n[New] += len(d.New)
		n[Known] += len(d.Known)
		n[Fixed] += len(d.Fixed)
	}
	return n
}
