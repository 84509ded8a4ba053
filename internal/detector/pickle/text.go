package pickle

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed texts.txt
var textsFile string

// makers are the callables of texts.txt.
var makers = sync.OnceValue(func() map[string]bool { return table.Set(textsFile) })

// text returns a text by which a call is judged. One that the machine has, and
// does not read, may be anything.
func (j *judge) text(v pickle.Value) (string, bool) {
	s, ok := j.m.Str(v)
	if !ok && j.m.Kind(v) == pickle.Str {
		j.unread()
	}
	return s, ok
}

// unread tells the scan that something was not read by which a call is judged:
// it is longer than the machine reads, or the machine has read enough.
func (j *judge) unread() {
	if !j.missed && !j.s.again {
		j.s.faults = append(j.s.faults, hostile.Faultf(hostile.Unsupported, j.s.r.Offset(), "a text by which a call is judged is longer, or takes more to follow, than is read"))
	}
	j.missed = true
}

// texts returns the strings of a tuple, with "" for what is no string.
func (j *judge) texts(v pickle.Value) []string {
	items, _ := j.m.Items(v)
	out := make([]string, len(items))
	for i, w := range items {
		out[i], _ = j.text(w)
	}
	return out
}

const (
	// maxCalls is how many calls in each other texts are looked for in that a call
	// is given: the arguments of each are judged when it is made.
	maxCalls = 3
	// maxContainers is how many containers in each other they are.
	maxContainers = 32
)

// source calls judgeText for every text among the arguments of a call.
func (j *judge) source(e pickle.Effect, u *use, judgeText func(pickle.Effect, *use, string)) {
	for _, v := range append(e.Args[:len(e.Args):len(e.Args)], e.Kw) {
		j.sourceIn(e, u, v, maxCalls, maxContainers, func(text string) { judgeText(e, u, text) })
	}
}

// sourceIn calls judgeText for a text, and for those in containers and in the
// arguments of calls, as deep as is said.
func (j *judge) sourceIn(e pickle.Effect, u *use, v pickle.Value, calls, containers int, judgeText func(string)) {
	if text, ok := j.text(v); ok {
		judgeText(text)
		return
	}
	if j.m.Kind(v) == pickle.Call {
		calls--
		if j.makesText(v) {
			j.add(unresolved, e, "text", func() string {
				return "Loading this file gives " + finding.Quote(u.name) + " a text that it computes in a way that only running it would tell: " + j.python(v) + "."
			})
		}
	}
	items, _ := j.m.Items(v)
	switch {
	case len(items) == 0 || calls < 0 || j.s.p.Budget.Steps(int64(len(items))) != nil:
	case containers == 0:
		j.unread()
	default:
		for _, w := range items {
			j.sourceIn(e, u, w, calls, containers-1, judgeText)
		}
	}
}

// makesText reports whether a call returns text of its own: of one of the makers,
// or of a method of a text.
func (j *judge) makesText(v pickle.Value) bool {
	const most = 64 // methods of what methods return
	for range most {
		fn := j.m.Class(v)
		if n := j.m.Name(fn); n != nil {
			root, _, _ := strings.Cut(n.Module, ".")
			return makers()[root+" "+n.Name[strings.LastIndexByte(n.Name, '.')+1:]]
		}
		base, _, ok := j.m.Attribute(fn)
		if !ok {
			return false
		}
		if k := j.m.Kind(base); k == pickle.Str || k == pickle.Bytes || k == pickle.ByteArray {
			return true
		}
		v = base
	}
	return true
}

// makesTexts reports whether one of the values is a call that makesText, or holds
// one in a tuple, as deep as is said.
func (j *judge) makesTexts(values []pickle.Value, depth int) bool {
	return slices.ContainsFunc(values, func(v pickle.Value) bool {
		switch j.m.Kind(v) {
		case pickle.Call:
			return j.makesText(v)
		case pickle.Tuple:
			items, _ := j.m.Items(v)
			return depth > 0 && j.s.p.Budget.Steps(int64(len(items))) == nil && j.makesTexts(items, depth-1)
		}
		return false
	})
}
