package pickle

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// holding judges bytes that some library reads, which loads the pickles that are in
// them: the functions of a polars query, the hooks of a spaCy document.
func (j *judge) holding(e pickle.Effect) {
	for _, v := range j.withItems(e.Args) {
		text, ok := j.m.Bytes(v)
		if !ok {
			if content, size := j.stream(v); size > 0 { // long, or a file in memory
				j.report.nested = append(j.report.nested, j.s.p.File.Member("argument", content, size))
			}
			if j.makesBytes(e, v) {
				j.add(unresolved, e, "bytes", func() string {
					return "Loading this file loads a pickle in bytes that it computes in a way that only running it would tell: " + j.python(v) + "."
				})
			}
			continue
		}
		if j.s.depth >= maxInert || j.s.p.Budget.Steps(int64(len(text))) != nil {
			j.unread()
			return
		}
		for _, data := range [...][]byte{[]byte(text), numbers([]byte(text))} {
			if inner := j.s.inside(data); inner != nil {
				j.convicted(e, text, inner)
				break
			}
		}
	}
}

// makesBytes reports whether v may be bytes that a call returns: one of a function of
// another library, where v is what the effect comes with. A library gives itself other
// things as well.
func (j *judge) makesBytes(e pickle.Effect, v pickle.Value) bool {
	if j.makesText(v) {
		return true
	}
	if j.m.Kind(v) != pickle.Call || j.inMemory(v) || !slices.Contains(e.Args, v) {
		return false
	}
	n, own := j.m.Name(j.m.Class(v)), j.m.Name(e.Fn)
	if own == nil {
		own = j.m.Name(j.m.Class(e.Fn))
	}
	return n == nil || !globals.ClassLike(n.Name) && (own == nil || root(n) != root(own))
}

// root is the top package of a name's module.
func root(n *pickle.Name) string {
	top, _, _ := strings.Cut(n.Module, ".")
	return top
}

// withItems are values, and what the dicts among them hold: skorch keeps the bytes that
// it loads in the state of a net.
func (j *judge) withItems(values []pickle.Value) []pickle.Value {
	out := values
	for _, v := range values {
		if j.m.Kind(v) != pickle.Dict {
			continue
		}
		items, _ := j.items(v)
		out = append(slices.Clip(out), items...)
	}
	return out
}

// convicted reports a pickle in bytes that are loaded.
func (j *judge) convicted(e pickle.Effect, text string, inner *finding.Finding) {
	if j.loaded == nil {
		j.loaded = make(map[uint64]bool)
	}
	j.loaded[maphash.String(seed, text)] = true
	j.add(inner.Rule, e, inner.Key, func() string {
		return "Loading this file loads a pickle in the bytes that it " + j.handsBytes(e) + ": " + inner.Message
	})
}

// handsBytes completes "the bytes that it …".
func (j *judge) handsBytes(e pickle.Effect) string {
	if e.Kind == pickle.Builds {
		return "fills " + j.python(e.Fn) + " with"
	}
	return "gives to " + j.python(e.Fn)
}

// numbers returns the bytes that MessagePack writes as an array of numbers, of which
// those from 128 on have 0xcc in front of them.
func numbers(p []byte) []byte {
	out := make([]byte, 0, len(p))
	for {
		i := bytes.IndexByte(p, 0xcc)
		if i < 0 || i+1 == len(p) {
			return append(out, p...)
		}
		out = append(append(out, p[:i]...), p[i+1])
		p = p[i+2:]
	}
}
