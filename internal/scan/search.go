package scan

import (
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// What no loader interprets is searched for files that are hidden in it: the
// weights of a file on disk up to a limit, because they are most of it, and
// everything else to its end.

// SearchAll searches all weights.
const SearchAll = -1

// search looks for what is hidden in what is left of a recognised file.
func (r *run) search(f *subject) {
	if f.raw == detector.Nothing {
		return
	}
	for _, region := range append(f.weights, f.unclaimed()...) {
		r.weights(f, region)
	}
}

// blob searches a file that no detector recognised. What a detector of models
// hands on is a gap or a value, and searched whole. Other data may be a store of
// values, of a format that is not known here.
func (r *run) blob(f *subject, by *detector.Detector, head *artifact.Head) {
	region := detector.Region{Size: f.Size, Raw: detector.Weights}
	switch {
	case isText(head.First):
	case by != nil && !by.Container:
		r.region(f, region)
	case namedLikeWeights(f.File), by != nil && slices.ContainsFunc(containers(f.File), namedLikeModel):
		r.weights(f, region)
	case r.searchable < 0 || r.searchable >= f.Size: // beyond, nothing is told of what is no model
		region.Raw = detector.Data
		r.weights(f, region)
	}
}

// containers are the names of the files that f is in.
func containers(f artifact.File) []string {
	return append([]string{f.Path}, f.Inside[:len(f.Inside)-1]...)
}

// searchable is how many bytes of the weights of a file on disk are searched.
// Of a large one none are: its start would tell nothing of the rest.
func (s *Scanner) searchable(f artifact.File) int64 {
	if s.Search >= 0 && f.Size > s.Search {
		return 0
	}
	return s.Search
}

// weights searches a region, if the limit allows.
func (r *run) weights(f *subject, region detector.Region) {
	if r.afford(region.Size) {
		r.region(f, region)
	}
}

// afford takes n bytes of the limit, if it has as many left.
func (r *run) afford(n int64) bool {
	if r.searchable < 0 {
		return true
	}
	if n > r.searchable {
		r.unsearched(n)
		return false
	}
	r.searchable -= n
	return true
}

// unsearched counts n bytes of weights that are told as not searched.
func (r *run) unsearched(n int64) { r.out.Unsearched += n }

// region shows a region to every detector that searches.
func (r *run) region(f *subject, region detector.Region) {
	for _, d := range r.detectors {
		if d.Search != nil && region.Size > 0 && r.budget.Spent() == nil {
			r.searchWith(d, f, region)
		}
	}
}

// searchWith lets a detector search a region, with a guard of its own.
func (r *run) searchWith(d *detector.Detector, f *subject, region detector.Region) {
	held := r.budget.Held()
	defer r.budget.Release(held)
	f.by = d
	if err := hostile.Guard(func() error { return d.Search(f.pass, region) }); err != nil {
		r.failed(d, f.File, err)
	}
}
