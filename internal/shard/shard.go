// Package shard divides files among machines so that each has about as much to
// read. The division depends on the files alone: machines that see the same
// files agree without talking to each other.
package shard

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/walk"
)

// Max is how many shards there can be: GitHub runs no more jobs of a matrix.
const Max = 256

// A Shard is one part of so many, counted from 0. Its zero value is everything.
type Shard struct{ Index, Of int }

// Parse reads "INDEX/OF", counted from 0 as by GitHub's strategy.job-index and
// Kubernetes' JOB_COMPLETION_INDEX.
func Parse(s string) (Shard, error) {
	index, of, ok := strings.Cut(s, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if !ok || err != nil || err2 != nil || n < 1 || n > Max || i < 0 || i >= n {
		return Shard{}, fmt.Errorf("%q is not INDEX/OF, such as 0/8 for the first of eight, with at most %d", s, Max)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// perFile is what opening a file costs, in the bytes that could be read in that
// time.
const perFile = 64 << 10

// A Part is what one shard has to read.
type Part struct {
	Files []walk.File // in the order given
	Bytes int64
}

// A Weigher says how many bytes of a file there are to read, which for a stand-in
// is what it stands for.
type Weigher func(walk.File) int64

// maxWeight keeps sums of what files claim to be from overflowing.
const maxWeight = 1 << 40

// Divide deals the files out to n shards: the heaviest first, each to whom has
// the least.
func Divide(files []walk.File, n int, weigh Weigher) []Part {
	order, weight := make([]int, len(files)), make([]int64, len(files))
	for i := range order {
		order[i], weight[i] = i, min(max(0, weigh(files[i])), maxWeight)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(-cmp.Compare(weight[a], weight[b]), strings.Compare(files[a].Path, files[b].Path))
	})
	owner, load := make([]int, len(files)), make([]int64, n)
	for _, i := range order {
		to := 0
		for s := range load {
			if load[s] < load[to] {
				to = s
			}
		}
		owner[i] = to
		load[to] += weight[i] + perFile
	}
	parts := make([]Part, n)
	for i, f := range files {
		p := &parts[owner[i]]
		p.Files, p.Bytes = append(p.Files, f), p.Bytes+weight[i]
	}
	return parts
}

// Share returns the shard's share of the files.
func (s Shard) Share(files []walk.File, weigh Weigher) []walk.File {
	if s.Of <= 1 {
		return files
	}
	return Divide(files, s.Of, weigh)[s.Index].Files
}
