// Package xgboosttest builds binary XGBoost models for tests.
package xgboosttest

import "encoding/binary"

// A Model is what a test decides about a model.
type Model struct {
	Objective, Booster string // "reg:squarederror" and "gbtree" when empty
	Version            uint32 // major
	Features, Classes  uint32
	Trees              []Tree
	Weights            int      // of a linear model, or of a dropout's trees
	Attributes         []string // keys and values in turn; nil: the model has none
	Metrics            []string // as versions before 1.0 write them; nil: none
}

// A Tree is a list of nodes, each with its left and right child; -1 for both
// makes a leaf.
type Tree [][2]int32

// Stump is a tree of one decision.
var Stump = Tree{{1, 2}, {-1, -1}, {-1, -1}}

// half is the base score, and the threshold or value of every node.
const half = 0x3F000000

func word(p []byte, values ...uint32) []byte {
	for _, v := range values {
		p = binary.LittleEndian.AppendUint32(p, v)
	}
	return p
}

func text(p []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(p, uint64(len(s))), s...)
}

func flag(set bool) uint32 {
	if set {
		return 1
	}
	return 0
}

// Build returns the model without anything before it.
func Build(m Model) []byte {
	if m.Objective == "" {
		m.Objective = "reg:squarederror"
	}
	if m.Booster == "" {
		m.Booster = "gbtree"
	}
	p := word(nil, half, m.Features, m.Classes, flag(m.Attributes != nil), flag(m.Metrics != nil), m.Version, 0)
	p = append(p, make([]byte, 136-len(p))...) // reserved
	p = text(text(p, m.Objective), m.Booster)
	if m.Booster == "gblinear" {
		p = append(p, make([]byte, 136)...) // deprecated parameters
	} else {
		p = forest(p, m)
	}
	if m.Booster != "gbtree" {
		p = binary.LittleEndian.AppendUint64(p, uint64(m.Weights))
		p = append(p, make([]byte, 4*m.Weights)...)
	}
	if m.Attributes != nil {
		p = binary.LittleEndian.AppendUint64(p, uint64(len(m.Attributes)/2))
		for _, s := range m.Attributes {
			p = text(p, s)
		}
	}
	if m.Metrics != nil {
		p = binary.LittleEndian.AppendUint64(p, uint64(len(m.Metrics)))
		for _, s := range m.Metrics {
			p = text(p, s)
		}
	}
	return p
}

func forest(p []byte, m Model) []byte {
	p = word(p, uint32(len(m.Trees)), 1, m.Features)
	p = append(p, make([]byte, 160-3*4)...)
	for _, t := range m.Trees {
		p = word(p, 1, uint32(len(t)), 0, 0, m.Features)
		p = append(p, make([]byte, 148-5*4)...)
		for _, children := range t {
			p = word(p, 0, uint32(children[0]), uint32(children[1]), 0, half)
		}
		p = append(p, make([]byte, 16*len(t))...) // statistics
	}
	return append(p, make([]byte, 4*len(m.Trees))...) // classes
}

// Snapshot is what a pickled booster of versions 1.0 to 1.5 holds.
func Snapshot(model []byte, configuration string) []byte {
	p := binary.LittleEndian.AppendUint64([]byte("CONFIG-offset:"), uint64(len(model)))
	return append(append(p, model...), configuration...)
}
