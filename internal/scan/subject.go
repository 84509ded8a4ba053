package scan

import (
	"cmp"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// A subject is a file on its way through the detectors, with what they said of it.
type subject struct {
	artifact.File
	run        *run
	by         *detector.Detector // the one that looks at it now; before, the one that found it
	pass       *detector.Pass     // of all detectors, one after the other
	running    bool               // by does not search, or look at a name
	recognised bool               // by the detector that runs
	raw        detector.Raw
	weights    []detector.Region // told of by themselves, and claimed as well
	claimed    []detector.Region
	head       artifact.Head
	acts       int // what the detectors of texts may have had done
}

// subject returns a file for detectors to look at. by is the one that found it inside
// another file.
func (r *run) subject(file artifact.File, by *detector.Detector) *subject {
	f := &subject{run: r}
	f.pass = &detector.Pass{
		Report:     f.report,
		Recognised: f.recognise,
		Nested:     f.nested,
		Examine:    f.examine,
		Refused:    func(reason string) { r.refuse(f.File, reason) },
		Incomplete: func(err error) { r.unread(f.File, err) },
		Loads:      func(name string) { f.acts++; r.loads(f.File, name) },
		Text:       f.text,
		License:    f.license,
		Weights:    f.tensor,
		Claim:      f.claim,
		Afford:     r.afford,
		Unsearched: r.unsearched,
	}
	f.onto(file, by)
	return f
}

// onto has the subject be of a file of which nothing was said yet.
func (f *subject) onto(file artifact.File, by *detector.Detector) {
	*f = subject{File: file, run: f.run, by: by, pass: f.pass}
	f.pass.File, f.pass.Budget, f.pass.First = file, f.run.budget, nil
}

// report makes a finding.
func (f *subject) report(found finding.Finding) {
	f.acts++
	f.run.report(f.File, found)
}

// nested scans a file that was found inside.
func (f *subject) nested(inner artifact.File) error {
	f.acts++
	return f.run.nested(inner, f.by)
}

// examine scans a file that was found inside, apart.
func (f *subject) examine(inner artifact.File) ([]finding.Finding, error) {
	f.acts++
	return f.run.examine(inner)
}

// recognise notes a format: only who runs can tell.
func (f *subject) recognise(format string) {
	if !f.running {
		return
	}
	f.recognised = true
	if out := &f.run.out; !slices.Contains(out.Formats, format) {
		out.Formats = append(out.Formats, format)
	}
}

// text shows a text of the file to whoever looks at texts. One of them that looks at
// a name has shown all there is.
func (f *subject) text(name string, offset int64, text string) (told bool) {
	if !f.running {
		return false
	}
	acts, problems := f.acts, f.run.problems
	f.run.text(f.pass, name, offset, text)
	return f.acts != acts || f.run.problems != problems
}

// license notes what the file says of its own licence.
func (f *subject) license(text string) {
	f.acts++
	if f.running {
		f.run.license(f.File, text)
	}
}

// claim notes bytes that somebody has read. What a search reads is none of them: it
// searches what is left.
func (f *subject) claim(offset, size int64) {
	if f.running {
		f.claimed = append(f.claimed, detector.Region{Offset: offset, Size: size})
	}
}

// tensor notes weights, which are claimed, and searched for hidden files.
func (f *subject) tensor(offset, size int64) {
	if f.running {
		f.claim(offset, size)
		f.weights = append(f.weights, detector.Region{Offset: offset, Size: size, Raw: detector.Weights})
	}
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
