package finding

import (
	"cmp"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/rule"
)

const (
	// maxSteps is how many places of one cause are shown.
	maxSteps = 10
	// maxCauses bounds the findings of one rule in one file: a file with more
	// is told by them, and by the number of the others.
	maxCauses = 200
)

// Causes gathers what is wrong in many places of a file into one finding per
// cause, so that a thousand tensors in one bad place are one finding. The zero
// value is ready.
type Causes struct {
	all   []*Cause
	index map[string]*Cause
	kinds map[*rule.Rule]int
}

// A Cause is one thing that is wrong, with the places where it shows.
type Cause struct {
	rule         *rule.Rule
	key, message string
	subject      string
	steps        []Step
	count        int
	sink         bool // for all causes beyond maxCauses
}

// At returns the cause of a rule and key, made with the message on its first
// mention. Key and message must have passed Quote where they hold text of the
// file.
func (c *Causes) At(r *rule.Rule, key, message string) *Cause {
	if c.index == nil {
		c.index, c.kinds = make(map[string]*Cause), make(map[*rule.Rule]int)
	}
	if old, ok := c.index[r.ID+"\x00"+key]; ok {
		return old
	}
	fresh := &Cause{rule: r, key: key, message: message}
	if c.kinds[r] >= maxCauses {
		if old, ok := c.index[r.ID]; ok {
			return old
		}
		fresh = &Cause{rule: r, key: "further", sink: true}
		c.index[r.ID] = fresh
	} else {
		c.index[r.ID+"\x00"+key] = fresh
	}
	c.kinds[r]++
	c.all = append(c.all, fresh)
	return fresh
}

// About gives the finding its Subject, that of the first place. What stands for all
// further causes has none.
func (c *Cause) About(subject string) *Cause {
	if !c.sink {
		c.subject = cmp.Or(c.subject, subject)
	}
	return c
}

// Add notes a place. Hostile text among args must have passed Quote.
func (c *Cause) Add(offset int64, format string, args ...any) {
	if c.count++; len(c.steps) < maxSteps {
		c.steps = append(c.steps, Step{Offset: offset, Text: fmt.Sprintf(format, args...)})
	}
}

// Empty reports whether there is nothing to report.
func (c *Causes) Empty() bool { return len(c.all) == 0 }

// Report makes the findings, in the order of first mention. Causes without a
// place are not reported.
func (c *Causes) Report(report func(Finding)) {
	for _, cause := range c.all {
		if cause.count > 0 {
			report(cause.finding())
		}
	}
}

func (c *Cause) finding() Finding {
	f := Finding{Rule: c.rule, Key: c.key, Message: c.message, Subject: c.subject, Evidence: c.steps,
		Location: Location{Offset: c.steps[0].Offset}}
	if c.sink {
		f.Message = fmt.Sprintf("The same elsewhere, not listed one by one; further places: %d.", c.count)
	}
	if more := c.count - len(c.steps); more > 0 {
		last := c.steps[len(c.steps)-1]
		f.Evidence = append(f.Evidence, Step{Offset: last.Offset, Text: fmt.Sprintf("and %d more", more)})
	}
	return f
}
