package pickle

import (
	"fmt"
	"math"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// Bounds on what a file may ask for, in values, characters or bytes. Honest files
// ask for about what they hold.
const (
	maxAsked    = 1 << 28 // of the results of calls
	askedFactor = 64      // times the size of the file, if that is more
	// maxDeep is for what stands in a structure many times over. A list of a
	// million references to a list of a thousand is honest.
	maxDeep = 1 << 36
	// maxMemoKey is for keys of the memo: what is saved with one pickler for many
	// files counts on.
	maxMemoKey = 1 << 24
)

// exhausts judges how much a call asks for, and the calls before it.
func (j *judge) exhausts(e pickle.Effect, u *use) {
	if u.amount == "" || lazy(u.amount) || j.exhausted {
		return
	}
	w := weigher{j: j}
	j.asked += w.call(u.amount, w.arguments(e.Args, e.Kw))
	if j.asked <= max(maxAsked, askedFactor*float64(j.s.p.File.Size)) {
		return
	}
	j.exhausted = true
	j.add(exhausting, e, u.name, func() string {
		return "Loading this file " + j.callText(e) + ". That takes " + amount(j.asked) + ", in a file of " + strconv.FormatInt(j.s.p.File.Size, 10) + " bytes."
	})
}

// amount is a number of values in words.
func amount(n float64) string {
	if n >= 1e100 {
		return "no end of steps"
	}
	return fmt.Sprintf("more than 10^%.0f steps or bytes", math.Floor(math.Log10(n)))
}

// expands judges how much the whole of a pickle comes to: structures that stand in
// themselves many times over, and room in the memo.
func (j *judge) expands() {
	if n, at := j.m.Deepest(); n > maxDeep {
		j.exhausting("structure", at, "This file holds a structure that contains others over and over: whoever goes through it, as hashing, comparing and printing do, takes "+
			amount(n)+".", "filled here")
	}
	if key, at := j.m.MemoKey(); key > maxMemoKey && key > j.s.p.File.Size {
		j.exhausting("memo", at, fmt.Sprintf("This file stores a value under the key %d, which no pickler writes: the loader takes %s for the keys below it.",
			key, amount(float64(key)*memoEntry)), fmt.Sprintf("PUT %d", key))
	}
}

// memoEntry is how many bytes CPython's memo takes for a key: a pointer, in a table
// of twice the size.
const memoEntry = 16

// exhausting makes a finding about a place.
func (j *judge) exhausting(key string, at int64, message, step string) {
	j.report.add(finding.Finding{
		Rule: exhausting, Key: key, Location: finding.Location{Offset: at}, Message: message, Evidence: []finding.Step{{Offset: at, Text: step}},
	})
}
