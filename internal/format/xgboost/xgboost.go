// Package xgboost reads XGBoost models in the binary form that was the only one
// before JSON, and that versions up to 2 write.
//
// Format: LearnerIO::LoadModel of src/learner.cc, GBTreeModel::Load of
// src/gbm/gbtree_model.cc, RegTree::Load of src/tree/tree_model.cc,
// GBLinearModel::Load of src/gbm/gblinear_model.h, of versions 0.72 to 2.0. All
// numbers are little-endian; a text or a list follows its length in 8 bytes.
package xgboost

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What may stand before a model.
const (
	Magic    = "binf"           // written by save_model; a model may do without
	Base64   = "bs64"           // the rest is a model in base64, as versions before 1.0 wrote to a terminal
	Snapshot = "CONFIG-offset:" // of pickled boosters: where the configuration starts follows in 8 bytes
)

// Sizes of records in bytes.
const (
	learnerSize = 136 // LearnerModelParamLegacy
	forestSize  = 160 // GBTreeModelParam
	linearSize  = 136 // DeprecatedGBLinearModelParam
	treeSize    = 148 // TreeParam
	nodeSize    = 20  // RegTree::Node
	statSize    = 16  // RTreeNodeStat
)

// maxName is the longest name of an objective or a booster, in bytes.
const maxName = 64

// A Model is what a model says about itself.
type Model struct {
	Objective, Booster string
	Version            uint32 // major; 0 for the time before it was written down
	Features           uint64
	Trees              int
	// Weights are those of a linear model, or those of the trees of a dropout;
	// Wanted is how many the library reads without a check. A linear model of no
	// weights has none yet.
	Weights, Wanted uint64
	Attributes      []Attribute
	// Config and End bound the configuration of a snapshot, a JSON document; in
	// other models both are where the model ends.
	Config, End int64
}

// An Attribute is one of the texts that a model carries.
type Attribute struct {
	Offset     int64
	Key, Value string
}

// A Tree is the part of a tree that leads from node to node.
type Tree struct {
	Offset  int64 // of its parameters
	Nodes   uint32
	Highest int64 // node that another names as its child; -1: none
	// Left and Right are the children of each node, of which leaves have -1, and
	// Feature what it compares. They are valid until the next tree is read.
	Left, Right, Feature []int32
}

// Sniff reports whether a file may be a model, from its first bytes: it names
// an objective, and a booster that exists. With Magic before it, the booster may
// be any.
func Sniff(head []byte) bool {
	if bytes.HasPrefix(head, []byte(Snapshot)) {
		return true
	}
	model, marked := bytes.CutPrefix(head, []byte(Magic))
	if len(model) < learnerSize {
		return false
	}
	objective, rest := cutName(model[learnerSize:])
	if objective == "" || !word(objective) {
		return false
	}
	switch booster, _ := cutName(rest); booster {
	case "gbtree", "dart", "gblinear":
		return true
	}
	return marked
}

// cutName returns the short text that p starts with and what follows, or "".
func cutName(p []byte) (name string, rest []byte) {
	if len(p) < 8 {
		return "", nil
	}
	n := binary.LittleEndian.Uint64(p)
	if n > maxName || n > uint64(len(p)-8) {
		return "", nil
	}
	return string(p[8 : 8+n]), p[8+n:]
}

// word reports whether s could name an objective, as in "reg:squarederror".
func word(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != ':' && c != '_' {
			return false
		}
	}
	return true
}

func name(r *hostile.Reader) string {
	n := r.UintLE(8)
	if n > maxName {
		r.Fail(hostile.Malformed, "a name of %d bytes", n)
		return ""
	}
	return string(r.Bytes(n))
}

// Decode reads a model and shows each tree to visit.
func Decode(r *hostile.Reader, visit func(Tree)) (Model, error) {
	if string(r.Peek(len(Snapshot))) == Snapshot {
		return snapshot(r, visit)
	}
	m := model(r, visit)
	m.Config, m.End = r.Offset(), r.Offset()
	return m, r.Err()
}

// snapshot reads what a pickled booster holds: a model and its configuration.
func snapshot(r *hostile.Reader, visit func(Tree)) (Model, error) {
	r.Skip(uint64(len(Snapshot)))
	inner := r.Window(r.UintLE(8))
	m := model(inner, visit)
	if inner.Err() == nil && inner.Left() > 0 {
		inner.Fail(hostile.Malformed, "%d bytes follow the model, where its configuration is to start at byte %#x", inner.Left(), inner.End())
	}
	m.Config, m.End = inner.End(), r.End()
	if err := cmp.Or(r.Err(), inner.Err()); err != nil {
		return m, err
	}
	return m, configuration(r)
}

// configuration sees that the rest is a JSON document.
func configuration(r *hostile.Reader) error {
	d := json.NewDecoder(r)
	for t := d.Next(); t.Kind != 0; t = d.Next() {
	}
	return d.Err()
}

func model(r *hostile.Reader, visit func(Tree)) Model {
	if string(r.Peek(len(Magic))) == Magic {
		r.Skip(uint64(len(Magic)))
	}
	l := learner(r)
	m := Model{Version: l.version, Features: l.features}
	m.Objective, m.Booster = name(r), name(r)
	switch m.Booster {
	case "gbtree":
		m.forest(r, visit)
	case "dart":
		m.forest(r, visit)
		if m.Trees > 0 {
			m.Weights, m.Wanted = floats(r), uint64(m.Trees)
		}
	case "gblinear":
		r.Skip(linearSize)
		m.Weights, m.Wanted = floats(r), (m.Features+1)*l.groups
	default:
		r.Fail(hostile.Malformed, "%q is no booster", m.Booster)
	}
	if l.attributes {
		m.Attributes = attributes(r)
	}
	if l.version == 0 {
		m.old(r, l)
	}
	return m
}

// A learnerParam is what matters of LearnerModelParamLegacy.
type learnerParam struct {
	features, groups    uint64
	attributes, metrics bool // follow the booster
	version             uint32
}

func learner(r *hostile.Reader) learnerParam {
	r = r.Window(learnerSize)
	r.Skip(4) // base score
	l := learnerParam{features: r.UintLE(4)}
	classes := r.UintLE(4)
	l.attributes, l.metrics = r.UintLE(4) != 0, r.UintLE(4) != 0
	l.version = uint32(r.UintLE(4))
	r.Skip(4) // minor version
	targets := r.UintLE(4)
	l.groups = max(1, classes, targets)
	return l
}

// forest reads trees, and behind them the class that each is of.
func (m *Model) forest(r *hostile.Reader, visit func(Tree)) {
	param := r.Window(forestSize)
	n := r.Count(param.UintLE(4), treeSize+nodeSize+statSize+4)
	for range n {
		if !r.Step() {
			return
		}
		mark := r.Budget().Held()
		visit(m.tree(r))
		r.Budget().Release(mark)
		m.Trees++
	}
	r.Skip(uint64(n) * 4)
}

func (m *Model) tree(r *hostile.Reader) Tree {
	t := Tree{Offset: r.Offset(), Highest: -1}
	param := r.Window(treeSize)
	param.Skip(4) // roots
	t.Nodes = uint32(param.UintLE(4))
	param.Skip(3 * 4) // deleted nodes, depth, features
	leaves := param.UintLE(4)
	if t.Nodes == 0 {
		r.Fail(hostile.Malformed, "a tree of no nodes")
	}
	n := r.Count(uint64(t.Nodes), nodeSize+statSize)
	const kept = 3 * 4 // of a node: its children and its feature
	if r.Hold(uint64(n)*kept) != nil {
		return t
	}
	for i := 0; i < n && r.Step(); i++ {
		r.Skip(4) // parent
		left, right := child(r), child(r)
		feature := int32(r.UintLE(4) & math.MaxInt32) // the highest bit is another thing's
		r.Skip(4)                                     // threshold
		t.Left, t.Right, t.Feature = append(t.Left, int32(left)), append(t.Right, int32(right)), append(t.Feature, feature)
		if left != -1 { // else a leaf
			t.Highest = max(t.Highest, left, right)
		}
	}
	r.Skip(uint64(n) * statSize)
	if m.Version == 0 && leaves != 0 {
		floats(r)
	}
	return t
}

// child reads the number of a node; one below zero, which is read as memory
// before the tree, becomes one that no tree has.
func child(r *hostile.Reader) int64 {
	n := int64(int32(r.UintLE(4)))
	if n < -1 {
		return 1 << 32
	}
	return n
}

// floats jumps over a list of numbers and returns how many they are.
func floats(r *hostile.Reader) uint64 {
	n := uint64(r.Count(r.UintLE(8), 4))
	r.Skip(n * 4)
	return n
}

func attributes(r *hostile.Reader) []Attribute {
	var all []Attribute
	for range r.Count(r.UintLE(8), 2*8) {
		a := Attribute{Offset: r.Offset(), Key: text(r), Value: text(r)}
		if !r.Step() {
			break
		}
		all = append(all, a)
	}
	return all
}

func text(r *hostile.Reader) string { return string(r.Bytes(r.UintLE(8))) }

// old reads what versions before 1.0 write behind the attributes.
func (m *Model) old(r *hostile.Reader, l learnerParam) {
	if m.Objective == "count:poisson" && r.Left() > 0 {
		text(r) // the largest step
	}
	if l.metrics {
		for range r.Count(r.UintLE(8), 8) {
			text(r)
		}
	}
}
