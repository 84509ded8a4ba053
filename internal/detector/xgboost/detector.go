// Package xgboost judges XGBoost models, in JSON, UBJSON and the older binary form.
// They hold numbers and no code; what can be wrong with them is that trees point
// out of themselves, and that numbers are missing which are read all the same.
package xgboost

import (
	"bytes"
	"context"
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
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
	Rules: rule.Explain(help, outside),
	Match: artifact.Head.IsJSON, // UBJSON starts alike
	Run:   run,
}

// run reads the whole document: that it is a model stands in members that may
// come last. Findings are kept until then.
func run(_ context.Context, p *detector.Pass) error {
	w := walker{say: p.Text}
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
	w.causes.Report(p.Report)
	return err
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
	say              func(name string, offset int64, text string)
	path             []string // the member's name at each open object or array
	next             string   // name that was just read
	learner, version bool     // members of the document, of which the first is an object
	booster          bool     // of the learner, an object
	tree             tree
	causes           finding.Causes
}

// A tree is what is known of the tree being read.
type tree struct {
	nodes   int64 // length of its longest array of nodes
	highest int64 // child that is pointed to
	offset  int64
	count   int64 // of the array being read
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
		w.tree.count = 0
	case shut:
		w.leave()
	case number:
		w.number(e.value)
	case scalar:
		if e.text != "" && w.inAttributes() {
			w.say(w.next, e.offset, e.text)
		}
	}
}

// inAttributes reports whether the innermost object holds the texts that users
// attach to a model.
func (w *walker) inAttributes() bool {
	return len(w.path) == 3 && w.path[1] == "learner" && w.path[2] == "attributes"
}

// inTree reports whether the innermost object is an element of "trees".
func (w *walker) inTree(depth int) bool {
	return len(w.path) > depth+1 && w.path[len(w.path)-2-depth] == "trees"
}

// enter begins a tree where an element of "trees" does.
func (w *walker) enter(offset int64) {
	if w.inTree(0) {
		w.tree = tree{offset: offset, highest: -1}
	}
}

// leave ends what is innermost. Either array of children counts the nodes: the
// longer one is what the claim is held against.
func (w *walker) leave() {
	if len(w.path) == 0 {
		return
	}
	last := w.path[len(w.path)-1]
	switch {
	case w.inTree(1) && (last == "left_children" || last == "right_children"):
		w.tree.nodes = max(w.tree.nodes, w.tree.count)
	case w.inTree(0):
		w.judge()
	}
	w.path = w.path[:len(w.path)-1]
}

// number takes an element of the arrays that point to nodes.
func (w *walker) number(v int64) {
	if len(w.path) == 0 || !w.inTree(1) {
		return
	}
	switch w.path[len(w.path)-1] {
	case "left_children", "right_children":
		w.tree.count++
		w.tree.highest = max(w.tree.highest, v)
		// -1 stands for no child, in a leaf; another negative number is no
		// node.
		if v < -1 {
			w.tree.highest = max(w.tree.highest, 1<<62)
		}
	}
}

// judge notes a tree that has ended.
func (w *walker) judge() {
	if w.tree.highest >= w.tree.nodes {
		pointsOut(&w.causes, w.tree.offset, w.tree.nodes)
	}
}

// pointsOut notes a tree of which a child is no node: with one of a model there are
// many.
func pointsOut(causes *finding.Causes, offset, nodes int64) {
	const message = "A tree of the model points to a child that is none of its nodes. XGBoost follows it without a check."
	causes.At(outside, "tree", message).Add(offset, "tree of %d nodes", nodes)
}
