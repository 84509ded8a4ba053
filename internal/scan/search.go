package scan

import (
	"cmp"
	"errors"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What no loader interprets is searched for files that are hidden in it: the
// weights of a file on disk up to a limit, because they are most of it, and
// everything else to its end.

const (
	// DefaultSearch is how much of the weights of one file on disk is searched
	// where nothing else is said, in bytes: all of a small model, and of a large
	// one no more than reading its structure takes.
	DefaultSearch = 32 << 20
	// SearchAll searches all weights.
	SearchAll = -1
	// tail is how much of the end of large weights is searched first: what is
	// appended is hidden there.
	tail = 1 << 20
)

// A subject is a file on its way through the detectors, with what they said of it.
type subject struct {
	artifact.File
	raw     detector.Raw
	weights []detector.Region // told of by themselves, and claimed as well
	claimed []detector.Region
}

func (f *subject) claim(offset, size int64) {
	f.claimed = append(f.claimed, detector.Region{Offset: offset, Size: size})
}

func (f *subject) tensor(offset, size int64) {
	f.claim(offset, size)
	f.weights = append(f.weights, detector.Region{Offset: offset, Size: size, Raw: detector.Weights})
}

// unclaimed are the parts of a file that nobody has claimed.
func (f *subject) unclaimed() []detector.Region {
	slices.SortFunc(f.claimed, func(a, b detector.Region) int { return cmp.Compare(a.Offset, b.Offset) })
	var out []detector.Region
	at := int64(0)
	for _, c := range append(f.claimed, detector.Region{Offset: f.Size}) {
		if c.Offset > at {
			out = append(out, detector.Region{Offset: at, Size: c.Offset - at, Raw: f.raw})
		}
		at = max(at, c.Offset+c.Size)
	}
	return out
}

// search looks for what is hidden in what is left of a recognised file.
func (r *run) search(f *subject) {
	if f.raw == detector.Nothing {
		return
	}
	for _, region := range append(f.weights, f.unclaimed()...) {
		r.weights(f.File, region)
	}
}

// blob searches a file that no detector recognised. What a detector of models
// hands on is a gap or a value, and searched whole.
func (r *run) blob(f artifact.File, by *detector.Detector, head artifact.Head) {
	region := detector.Region{Size: f.Size, Raw: detector.Weights}
	switch {
	case isText(head.First):
	case by != nil && !by.Container:
		r.region(f, region)
	case namedLikeWeights(f), by != nil && slices.ContainsFunc(containers(f), namedLikeModel):
		r.weights(f, region)
	}
}

// containers are the names of the files that f is in.
func containers(f artifact.File) []string {
	return append([]string{f.Path}, f.Inside[:len(f.Inside)-1]...)
}

// weights searches a region as far as the limit allows.
func (r *run) weights(f artifact.File, region detector.Region) {
	if r.searchable < 0 {
		r.region(f, region)
		return
	}
	n := min(region.Size, r.searchable)
	r.searchable -= n
	r.out.Unsearched += region.Size - n
	for _, end := range ends(region, n) {
		r.region(f, end)
	}
}

// afford takes n bytes of the limit, if it has as many left.
func (r *run) afford(n int64) bool {
	if r.searchable < 0 {
		return true
	}
	if n > r.searchable {
		r.out.Unsearched += n
		return false
	}
	r.searchable -= n
	return true
}

// ends are the n bytes of a region that are searched: if it is larger, most of
// them at its start, and some at its end.
func ends(region detector.Region, n int64) []detector.Region {
	first, last := region, region
	first.Size = n
	if n == region.Size || n <= 2*tail {
		return []detector.Region{first}
	}
	first.Size -= tail
	last.Offset, last.Size = region.Offset+region.Size-tail, tail
	return []detector.Region{first, last}
}

// region shows a region to every detector that searches.
func (r *run) region(f artifact.File, region detector.Region) {
	for _, d := range r.detectors {
		if d.Search != nil && region.Size > 0 && r.budget.Spent() == nil {
			r.searchWith(d, f, region)
		}
	}
}

func (r *run) searchWith(d *detector.Detector, f artifact.File, region detector.Region) {
	held := r.budget.Held()
	defer r.budget.Release(held)
	p := r.pass(d, &subject{File: f})
	err := hostile.Guard(func() error { return d.Search(p, region) })
	var crash *hostile.Panic
	if errors.As(err, &crash) {
		r.crash(d, f, crash)
	} else if err != nil {
		r.unread(f, err)
	}
}

// pass is one run of a detector over a file, without what Run alone does.
func (r *run) pass(d *detector.Detector, seen *subject) *detector.Pass {
	f := seen.File
	return &detector.Pass{
		File:       f,
		Budget:     r.budget,
		Report:     func(found finding.Finding) { r.report(f, found) },
		Recognised: func(string) {},
		Nested:     func(inner artifact.File) error { return r.nested(inner, d) },
		Examine:    r.examine,
		Refused:    func(reason string) { r.refuse(f, reason) },
		Incomplete: func(err error) { r.unread(f, err) },
		Text:       func(string, int64, string) {},
		License:    func(string) {},
		Weights:    seen.tensor,
		Claim:      seen.claim,
		Afford:     r.afford,
	}
}
