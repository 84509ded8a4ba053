// Package xgboost judges XGBoost models, in JSON, UBJSON and the older binary form.
// They hold numbers and no code; what can be wrong with them is that trees point
// out of themselves, and that numbers are missing which are read all the same.
package xgboost

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"math"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var outside = &rule.Rule{
	ID: "xgboost-tree-outside", Title: "A tree of an XGBoost model points out of itself",
	Severity: rule.Medium, Precision: rule.Certain, CWE: []int{125, 787}, Since: "0.1.0",
}

// Detector judges XGBoost models in JSON and UBJSON.
var Detector = &detector.Detector{
	Name:  "xgboost",
	Rules: rule.Explain(help, outside, trailing),
	Match: (*artifact.Head).IsJSON, // UBJSON starts alike
	Run:   run,
}

// run reads the whole document: that it is a model stands in members that may
// come last. Findings are kept until then.
func run(_ context.Context, p *detector.Pass) error {
	w := walker{say: p.Text, budget: p.Budget}
	read, form := readJSON, "json"
	if binary(p.Reader().Peek(2)) {
		read, form = readUBJSON, "ubjson"
	}
	err := read(p, w.event)
	// XGBoost does without a version. A document that breaks off may lack all that
	// would follow.
	broken := err != nil && len(w.path) > 0
	if !w.learner || !w.version && !w.booster && !broken {
		if err == nil && form == "ubjson" {
			p.Recognised(form) // read to its end: it holds texts and numbers alone
		}
		return nil // another document
	}
	p.Recognised("xgboost")
	if w.trees.outside(w.declared) {
		report(&w.causes, w.trees.offset, w.trees.nodes, noFeature)
	}
	w.causes.Report(p.Report)
	var fault *hostile.Fault
	if len(w.path) == 0 && w.err == nil && errors.As(err, &fault) && fault.Kind == hostile.Malformed {
		return rest(p, fault.Offset) // the model ended before: XGBoost reads no further
	}
	return cmp.Or(err, w.err)
}

// binary tells UBJSON, in which the type of a name's length follows the brace,
// from JSON, in which a quotation mark or white space does.
func binary(head []byte) bool {
	return len(head) == 2 && bytes.IndexByte([]byte("iUIlL$#N"), head[1]) >= 0
}

// A kind is what an event of either format is.
type kind uint8

const (
	open kind = iota + 1 // an object or array begins
	shut                 // it ends
	name                 // of a member
	number
	scalar // any other value
)

// An event is one step through the document.
type event struct {
	kind   kind
	object bool // of open
	offset int64
	text   string // of name
	value  int64  // of number
}

// A walker follows the document's structure down to the arrays of each tree.
type walker struct {
	say              func(name string, offset int64, text string) bool
	path             []string // the member's name at each open object or array
	next             string   // name that was just read
	learner, version bool     // members of the document, of which the first is an object
	booster          bool     // of the learner, an object
	tree             tree
	trees            path
	declared         string // how many features the model has
	causes           finding.Causes
	budget           *hostile.Budget
	err              error // of the budget
}

// A tree is what is known of the tree being read.
type tree struct {
	shape
	offset int64
	mark   int64 // of the budget, before it
}

// event takes one step, and keeps only what leads to trees and attributes.
func (w *walker) event(e event) {
	switch e.kind {
	case name:
		w.next = e.text
		w.version = w.version || len(w.path) == 1 && e.text == "version"
	case open:
		w.path = append(w.path, w.next)
		w.next = ""
		if e.object {
			w.learner = w.learner || len(w.path) == 2 && w.path[1] == "learner"
			w.booster = w.booster || len(w.path) == 3 && w.path[1] == "learner" && w.path[2] == "gradient_booster"
			w.enter(e.offset)
		}
	case shut:
		w.leave()
	case number:
		w.number(e.value)
	case scalar:
		if e.text != "" && w.inLearner("attributes") {
			w.say(w.next, e.offset, e.text)
		}
		if w.next == "num_feature" && w.inLearner("learner_model_param") {
			w.declared = e.text
		}
	}
}

// inLearner reports whether the innermost object is a member of the learner:
// "attributes" are the texts that users attach to a model.
func (w *walker) inLearner(name string) bool {
	return len(w.path) == 3 && w.path[1] == "learner" && w.path[2] == name
}

// inTree reports whether the innermost object is an element of "trees".
func (w *walker) inTree(depth int) bool {
	return len(w.path) > depth+1 && w.path[len(w.path)-2-depth] == "trees"
}

// enter begins a tree where an element of "trees" does.
func (w *walker) enter(offset int64) {
	if w.inTree(0) {
		w.tree = tree{offset: offset, mark: w.budget.Held()}
	}
}

// leave ends what is innermost.
func (w *walker) leave() {
	if len(w.path) == 0 {
		return
	}
	if w.inTree(0) {
		w.judge()
	}
	w.path = w.path[:len(w.path)-1]
}

// number takes an element of the arrays that say where a tree leads. What is no
// number of 32 bits is no node.
func (w *walker) number(v int64) {
	if len(w.path) == 0 || w.err != nil || !w.inTree(1) {
		return
	}
	var to *[]int32
	switch w.path[len(w.path)-1] {
	case "left_children":
		to = &w.tree.left
	case "right_children":
		to = &w.tree.right
	case "split_indices":
		to = &w.tree.feature
	default:
		return
	}
	if int64(int32(v)) != v {
		v = math.MinInt32
	}
	if w.err = w.budget.Hold(nodeCost); w.err == nil {
		*to = append(*to, int32(v))
	}
}

// judge notes what is wrong with a tree that has ended. An array of children that
// is longer than the other one has none of its own.
func (w *walker) judge() {
	defer w.budget.Release(w.tree.mark)
	if w.err != nil {
		return
	}
	nodes := max(len(w.tree.left), len(w.tree.right))
	wild := func(to int32) bool { return to < leaf || int(to) >= nodes }
	if slices.ContainsFunc(w.tree.left, wild) || slices.ContainsFunc(w.tree.right, wild) {
		report(&w.causes, w.tree.offset, int64(nodes), noNode)
		return
	}
	wrong, err := w.trees.follow(w.tree.shape, w.tree.offset, w.budget)
	if w.err = err; wrong != "" {
		report(&w.causes, w.tree.offset, int64(nodes), wrong)
	}
}
