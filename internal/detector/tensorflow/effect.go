package tensorflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// effect judges one node that touches the world.
func (j *judge) effect(scope int, n tensorflow.Node, op string, e effect) {
	t := j.target(scope, n, e)
	r, message := decide(op, e.does, t)
	if r == nil {
		return
	}
	key := op
	if len(t.values) > 0 {
		key += " " + strings.Join(t.values, " ")
	}
	j.causes.At(r, key, message).Add(n.Offset, "node %q%s: %s", finding.Quote(n.Name()), j.within(scope), op)
}

// within names the function that a node belongs to, if it is not the main
// graph's.
func (j *judge) within(scope int) string {
	if f := j.model.Scopes[scope].Function; f != "" {
		return " of function " + finding.Quote(f)
	}
	return ""
}

// A target is where an operation reads, writes or connects to.
type target struct {
	values []string // constants that the path is, or is made of
	open   bool     // the caller of the graph has a say in it
	asset  bool     // a loader puts the path of an asset in its place
	cut    bool     // there is more that the path may depend on
	// computed: operations make the path of the constants in a way that is not
	// followed.
	computed bool
}

// target finds the path of a node.
func (j *judge) target(scope int, n tensorflow.Node, e effect) target {
	switch {
	case e.attr != "":
		var t target
		for text := range n.Attr(e.attr).Texts() {
			t.values = append(t.values, text.String())
		}
		return t
	case e.input >= 0:
		inputs := n.Inputs()
		if e.input >= len(inputs) {
			return target{}
		}
		t := j.trace(origin{scope: scope, name: inputs[e.input]})
		t.values = slices.Clone(t.values) // a trace is kept, and what is decided changes them
		if t.cut {
			t.values = append(t.values, j.places()...)
		}
		return t
	}
	return target{}
}

// places returns the constants of the whole model that are places, those that no
// model needs before others: what a trace that was cut may have missed.
func (j *judge) places() []string {
	if j.placed != nil {
		return j.placed
	}
	sensitive, others := make([]string, 0), []string(nil)
	for _, s := range j.model.Scopes {
		for n := range s.Nodes() {
			if op := n.Op(); op != "Const" && op != "HostConst" || s.Function == "" && j.assets[n.Name()] {
				continue
			}
			for text := range n.Attr("value").Texts() {
				switch v := text.String(); {
				case location.Sensitive(v) && len(sensitive) < maxValues:
					sensitive = append(sensitive, v)
				case placed(v) && len(others) < maxValues:
					others = append(others, v)
				}
			}
		}
	}
	j.placed = append(sensitive, others...)
	return j.placed
}

// decide returns the rule that an effect on a target breaks, or nil, and the
// sentence that says so.
func decide(op, does string, t target) (*rule.Rule, string) {
	switch does {
	case "write":
		return decideWrite(op, t)
	case "save":
		return decideData(op, "writes", writes, t)
	case "read":
		return decideRead(op, t)
	case "load", "queue":
		return decideData(op, "reads", reads, t)
	// The names come out of a queue: it is judged by what the graph puts in.
	case "pull":
		return data, fmt.Sprintf("%s reads files whose names come out of a queue.", op)
	case "network":
		return network, fmt.Sprintf("%s opens or serves a connection%s.", op, t.phrase(" with "))
	case "remote":
		return data, fmt.Sprintf("%s exchanges data with a server%s.", op, t.phrase(" at "))
	case "callback":
		return callback, fmt.Sprintf("%s calls a Python function of the process that runs the graph%s.", op, t.phrase(", registered as "))
	default:
		return native, fmt.Sprintf("%s runs machine code that is not part of TensorFlow%s.", op, t.phrase(": "))
	}
}

// decideWrite judges operations whose purpose is a file. Some take a path that
// is empty in honest graphs: then they write nothing.
func decideWrite(op string, t target) (*rule.Rule, string) {
	if strings.HasPrefix(op, "Debug") || op == "PrintV2" {
		return decideStream(op, t)
	}
	if op == "CalibrationStatisticsSaver" || op == "DumpTensor" {
		t.values = slices.DeleteFunc(t.values, func(s string) bool { return s == "" })
		if len(t.values) == 0 {
			return nil, ""
		}
	}
	return writes, fmt.Sprintf("%s writes a file%s.", op, t.phrase(": "))
}

// decideStream judges operations that send text to a stream, which may be a
// file or a server.
func decideStream(op string, t target) (*rule.Rule, string) {
	for _, v := range t.values {
		scheme, _, found := strings.Cut(v, "://")
		switch {
		case found && scheme == "file":
			return writes, fmt.Sprintf("%s writes to the file %q.", op, finding.Quote(v))
		// memcbk:// hands the tensor to a callback in the process
		// (tensorflow/core/debug), grpc:// to a server.
		case found && scheme != "memcbk":
			return network, fmt.Sprintf("%s sends what it sees to %q.", op, finding.Quote(v))
		}
	}
	return nil, ""
}

// inline are prefixes of descriptor_source that name no file.
var inline = []string{"local://", "bytes://"}

// decideRead judges operations that read a file, or may: a descriptor of
// protobuf is given in place or by its path. An asset lies in the model's
// directory and is no news.
func decideRead(op string, t target) (*rule.Rule, string) {
	if strings.HasSuffix(op, "Proto") || strings.HasSuffix(op, "ProtoV2") {
		t.values = slices.DeleteFunc(t.values, func(s string) bool {
			return s == "" || slices.ContainsFunc(inline, func(p string) bool { return strings.HasPrefix(s, p) })
		})
		if len(t.values) == 0 {
			return nil, ""
		}
	}
	if t.asset {
		return nil, ""
	}
	if t.open && !slices.ContainsFunc(t.values, placed) {
		return caller, fmt.Sprintf("%s reads whatever file the caller of the graph names.", op)
	}
	return reads, fmt.Sprintf("%s reads a file%s.", op, t.phrase(": "))
}

// decideData judges operations that honest graphs have: savers, datasets and
// tables. Their paths come from outside, or are relative; fixed ones are worth
// telling, and those to secrets are as bad as any.
func decideData(op, verb string, worst *rule.Rule, t target) (*rule.Rule, string) {
	switch {
	case slices.ContainsFunc(t.values, location.Sensitive):
		return worst, fmt.Sprintf("%s %s a file that no model needs%s.", op, verb, t.phrase(": "))
	case t.asset:
		return nil, ""
	case verb == "writes" && slices.ContainsFunc(t.values, func(s string) bool { return location.Leaves(s) != "" }):
		return worst, fmt.Sprintf("%s writes outside of the model's directory%s.", op, t.phrase(": "))
	case slices.ContainsFunc(t.values, placed):
		return data, fmt.Sprintf("%s %s data files at a fixed place%s.", op, verb, t.phrase(": "))
	case t.computed && !t.open:
		return data, fmt.Sprintf("%s %s data files at a place that the graph puts together%s.", op, verb, t.phrase(" out of "))
	}
	return nil, ""
}

// placed reports whether a constant is a path that means the same wherever the
// model lies.
func placed(s string) bool { return location.Leaves(s) != "" || location.Sensitive(s) }

// maxShown is how many constants a sentence repeats.
const maxShown = 3

// phrase lists the constants of a target behind a lead, or is empty.
func (t target) phrase(lead string) string {
	var shown []string
	for _, v := range t.values {
		if v != "" && len(shown) < maxShown {
			shown = append(shown, fmt.Sprintf("%q", finding.Quote(v)))
		}
	}
	if len(shown) == 0 {
		return ""
	}
	return lead + strings.Join(shown, ", ")
}
