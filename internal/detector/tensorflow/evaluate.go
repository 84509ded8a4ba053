package tensorflow

import (
	"encoding/base64"
	"strings"
)

const (
	// maxEvaluated is how many nodes one evaluation visits, each as often as it is
	// referred to.
	maxEvaluated = 10_000
	// maxPath is the longest string that is put together, in bytes: no system opens
	// a longer path (PATH_MAX of Linux).
	maxPath = 4096
)

// An evaluation puts a string together that constants alone make.
type evaluation struct {
	nodes map[string]*traced
	left  int // nodes that may be visited yet
}

// changes are the operations with one string that change it, or pass it on.
var changes = map[string]func(string) string{
	"Identity": itself, "EnsureShape": itself, "ExpandDims": itself, "Reshape": itself, "Squeeze": itself,
	"StringLower": strings.ToLower, "StringUpper": strings.ToUpper, "StringStrip": strings.TrimSpace,
	"DecodeBase64": func(s string) string {
		p, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		return string(p)
	},
}

func itself(s string) string { return s }

// value returns the string that a node makes, and whether constants alone do.
func (e *evaluation) value(name string, depth int) (string, bool) {
	n := e.nodes[name]
	if n == nil || depth > maxRounds || e.left == 0 {
		return "", false
	}
	e.left--
	switch change := changes[n.op]; {
	case n.cut:
	case len(n.values) == 1:
		return n.values[0], true
	case change != nil && len(n.inputs) > 0:
		v, ok := e.value(n.inputs[0], depth+1)
		return change(v), ok
	case n.op == "StringJoin":
		return e.join(n, depth)
	}
	return "", false
}

// join returns what the inputs of a node make one behind the other.
func (e *evaluation) join(n *traced, depth int) (string, bool) {
	var out strings.Builder
	for i, in := range n.inputs {
		v, ok := e.value(in, depth+1)
		if !ok || out.Len()+len(n.separator)+len(v) > maxPath {
			return "", false
		}
		if i > 0 {
			out.WriteString(n.separator)
		}
		out.WriteString(v)
	}
	return out.String(), true
}
