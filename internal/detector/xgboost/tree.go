package xgboost

import (
	"strconv"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// leaf stands for no child.
const leaf = -1

// nodeCost is the memory that a number of a node takes while its tree is read,
// and what following the tree takes of it.
const nodeCost = 8

// What is wrong with trees: what they point to.
const (
	noNode    = "a child that is none of its nodes"
	known     = "a node that others lead to already"
	noFeature = "a feature that the model does not have"
)

// A shape is the part of a tree that leads from node to node, by their numbers.
type shape struct {
	left, right []int32
	feature     []int32 // that a node compares; empty where it is not known
}

// A path is how far the trees of a model were followed.
type path struct {
	highest       int64 // feature that is compared
	offset, nodes int64 // of the tree that does
}

// follow goes from the root to the leaves, as a prediction does, and returns what
// is wrong on the way, if anything: a node that is none, or that leads to itself,
// or a feature below the first.
func (p *path) follow(s shape, offset int64, budget *hostile.Budget) (wrong string, err error) {
	n := min(len(s.left), len(s.right))
	if n == 0 {
		return "", nil
	}
	mark := budget.Held()
	defer budget.Release(mark)
	if err := budget.Hold(uint64(n) * nodeCost); err != nil {
		return "", err
	}
	seen, next := make([]bool, n), []int32{0}
	for len(next) > 0 {
		if err := budget.Step(); err != nil {
			return "", err
		}
		at := next[len(next)-1]
		next = next[:len(next)-1]
		switch {
		case at < 0 || int(at) >= n:
			return noNode, nil
		case seen[at]:
			return known, nil
		}
		if seen[at] = true; s.left[at] == leaf {
			continue
		}
		if int(at) < len(s.feature) {
			if f := s.feature[at]; f < 0 {
				return noFeature, nil
			} else if int64(f) > p.highest {
				p.highest, p.offset, p.nodes = int64(f), offset, int64(n)
			}
		}
		next = append(next, s.left[at], s.right[at])
	}
	return "", nil
}

// report notes what is wrong with a tree: with one of a model there are many.
func report(causes *finding.Causes, offset, nodes int64, wrong string) {
	key := "tree"
	if wrong != noNode {
		key = wrong
	}
	message := "A tree of the model points to " + wrong + ". XGBoost follows it without a check."
	causes.At(outside, key, message).Add(offset, "tree of %d nodes", nodes)
}

// outside reports whether trees ask for features beyond those that the model says
// it has, which a reader may not know.
func (p *path) outside(declared string) bool {
	n, err := strconv.ParseInt(declared, 10, 64)
	return err == nil && n > 0 && p.highest >= n
}
