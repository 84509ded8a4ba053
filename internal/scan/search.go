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

// SearchAll searches all weights.
const SearchAll = -1

// A subject is a file on its way through the detectors, with what they said of it.
type subject struct {
	artifact.File
	raw     detector.Raw
	weights []detector.Region // told of by themselves, and claimed as well
	claimed []detector.Region
	// What the passes over it have in common, and what Run alone may do.
	common     *detector.Pass
	recognise  func(format string)
	license    func(text string)
	recognised bool // by the detector that runs
}

// claim notes bytes that somebody has read.
func (f *subject) claim(offset, size int64) {
	f.claimed = append(f.claimed, detector.Region{Offset: offset, Size: size})
}

// tensor notes weights, which are claimed, and searched for hidden files.
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
// hands on is a gap or a value, and searched whole. Other data may be a store of
// values, of a format that is not known here.
func (r *run) blob(f artifact.File, by *detector.Detector, head artifact.Head) {
	region := detector.Region{Size: f.Size, Raw: detector.Weights}
	switch {
	case isText(head.First):
	case by != nil && !by.Container:
		r.region(f, region)
	case namedLikeWeights(f), by != nil && slices.ContainsFunc(containers(f), namedLikeModel):
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
func (r *run) weights(f artifact.File, region detector.Region) {
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
func (r *run) region(f artifact.File, region detector.Region) {
	for _, d := range r.detectors {
		if d.Search != nil && region.Size > 0 && r.budget.Spent() == nil {
			r.searchWith(d, f, region)
		}
	}
}

// searchWith lets a detector search a region, with a guard of its own.
func (r *run) searchWith(d *detector.Detector, f artifact.File, region detector.Region) {
	held := r.budget.Held()
	defer r.budget.Release(held)
	p := (&subject{File: f}).pass(r, d)
	err := hostile.Guard(func() error { return d.Search(p, region) })
	var crash *hostile.Panic
	if errors.As(err, &crash) {
		r.crash(d, f, crash)
	} else if err != nil {
		r.unread(f, err)
	}
}

// pass is one run of a detector over a file, without what Run alone does. What
// does not depend on the detector is made once for the file.
func (f *subject) pass(r *run, d *detector.Detector) *detector.Pass {
	if f.common == nil {
		f.recognise = func(format string) {
			f.recognised = true
			if !slices.Contains(r.out.Formats, format) {
				r.out.Formats = append(r.out.Formats, format)
			}
		}
		f.license = func(text string) { r.license(f.File, text) }
		f.common = &detector.Pass{
			File:       f.File,
			Budget:     r.budget,
			Report:     func(found finding.Finding) { r.report(f.File, found) },
			Recognised: func(string) {},
			Examine:    r.examine,
			Refused:    func(reason string) { r.refuse(f.File, reason) },
			Incomplete: func(err error) { r.unread(f.File, err) },
			Loads:      func(name string) { r.loads(f.File, name) },
			Text:       func(string, int64, string) {},
			License:    func(string) {},
			Weights:    f.tensor,
			Claim:      f.claim,
			Afford:     r.afford,
			Unsearched: r.unsearched,
		}
	}
	p := *f.common
	p.Nested = func(inner artifact.File) error { return r.nested(inner, d) }
	return &p
}
