package pickle

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed texts.txt
var textsFile string

// makers are the callables of texts.txt.
var makers = table.Once(textsFile, table.Set)

// text returns a text by which a call is judged. One that the machine has, and
// does not read, may be anything.
func (j *judge) text(v pickle.Value) (string, bool) {
	s, ok := j.m.Str(v)
	if !ok && j.m.Kind(v) == pickle.Str {
		j.unread()
	}
	return s, ok && j.pays(s)
}

// pays charges the budget for going through a text, which a file can give to any
// number of calls, and reports whether that is left.
func (j *judge) pays(text string) bool { return j.s.p.Budget.Steps(int64(len(text))) == nil }

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
	items, _ := j.items(v)
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

// A reading is the search for texts that a call runs.
type reading struct {
	j     *judge
	e     pickle.Effect
	u     *use
	judge func(pickle.Effect, *use, string)
	bytes bool // they may be bytes
	// entered says how deep was looked into what, so that what stands in others any
	// number of times is looked into once.
	entered map[pickle.Value][2]int
}

// source judges every text among the arguments of a call as Python that is run,
// which may be bytes.
func (j *judge) source(e pickle.Effect, u *use) {
	reading{j: j, e: e, u: u, judge: j.sourceText, bytes: true}.arguments()
}

// expressions judges every text among the arguments of a call as an expression
// that is evaluated.
func (j *judge) expressions(e pickle.Effect, u *use) {
	reading{j: j, e: e, u: u, judge: j.evaluated}.arguments()
}

func (r reading) arguments() {
	if r.j.loose(r.e) {
		r.j.unread()
	}
	r.values()
}

// values judges what an effect comes with.
func (r reading) values() {
	r.entered = make(map[pickle.Value][2]int)
	for _, v := range append(r.e.Args[:len(r.e.Args):len(r.e.Args)], r.e.Kw) {
		r.in(v, maxCalls, maxContainers)
	}
}

// in judges a text, and those in containers and in the arguments of calls, as
// deep as is said.
func (r reading) in(v pickle.Value, calls, containers int) {
	j := r.j
	if text, ok := j.text(v); ok {
		r.judge(r.e, r.u, text)
		return
	}
	if text, ok := j.m.Bytes(v); ok && r.bytes && j.pays(text) {
		r.judge(r.e, r.u, text)
		return
	}
	if j.m.Kind(v) == pickle.Call {
		if n := j.m.Name(j.m.Class(v)); n != nil && argumentsOf(n) == "name" {
			return // its text was kept as a name
		}
		calls--
		if j.makesText(v) {
			j.add(unresolved, r.e, "text", func() string {
				return "Loading this file gives " + finding.Quote(r.u.name) + " a text that it computes in a way that only running it would tell: " + j.python(v) + "."
			})
		}
	}
	items, all := j.m.Items(v)
	if !all && j.container(v) {
		j.unread()
	}
	deep := r.entered[v]
	switch {
	case len(items) == 0 || calls < 0 || deep[0] > calls && deep[1] >= containers || j.s.p.Budget.Steps(int64(len(items))) != nil:
	case containers == 0:
		j.unread()
	default:
		r.entered[v] = [2]int{calls + 1, containers}
		for _, w := range items {
			r.in(w, calls, containers-1)
		}
	}
}

// loose reports whether not all arguments of a call are known.
func (j *judge) loose(e pickle.Effect) bool {
	_, all := j.m.Items(e.Value)
	return !e.Computed && !all
}

// container reports whether v is a container of Python's own.
func (j *judge) container(v pickle.Value) bool {
	switch j.m.Kind(v) {
	case pickle.Tuple, pickle.List, pickle.Dict, pickle.Set, pickle.FrozenSet:
		return true
	}
	return false
}

// makesText reports whether a call of which the result is not known returns text of
// its own: of one of the makers, or of a method of a text. An operator returns what it
// is first given: operators make types, too.
func (j *judge) makesText(v pickle.Value) bool {
	const most = 64 // methods and operators of what those return
	v = j.m.Computed(v)
	for range most {
		if j.m.Kind(v) != pickle.Call {
			return false
		}
		fn := j.m.Class(v)
		from, _, ok := j.m.Attribute(fn)
		if n := j.m.Name(fn); n != nil {
			root, _, _ := strings.Cut(n.Module, ".")
			args, _ := j.m.Items(v)
			switch {
			case !makers()[root+" "+n.Name[strings.LastIndexByte(n.Name, '.')+1:]] && !makers()[root+" *"]:
				return false
			case root != "operator" || len(args) == 0:
				return true
			}
			from, ok = args[0], true
		}
		if !ok || j.data(from) {
			return ok
		}
		v = from
	}
	return true
}

// makesTexts reports whether one of the values is a call that makesText, or holds
// one in a tuple, as deep as is said.
func (j *judge) makesTexts(values []pickle.Value, depth int) bool {
	return slices.ContainsFunc(values, func(v pickle.Value) bool {
		if j.m.Kind(v) != pickle.Tuple {
			return j.makesText(v)
		}
		items, _ := j.items(v)
		return depth > 0 && j.makesTexts(items, depth-1)
	})
}
