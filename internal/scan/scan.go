// Package scan is the loop: recognise a file, run every detector that matches,
// recurse into what they find inside, and guard the budget.
package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Scanner knows the detectors and what one file may cost. It may be used by
// many goroutines at once.
type Scanner struct {
	Detectors []*detector.Detector
	Limits    hostile.Limits
	Now       func() time.Time
	// Denied are the licences, by SPDX identifier or the start of one before a *,
	// that no file may have.
	Denied []string
	Digest bool // compute the SHA-256 of every file that is, or may be, a model
	// Search is the size, in bytes, of the largest file whose weights are searched
	// for hidden files, and how many bytes of them are; SearchAll: all.
	Search int64

	readers     []*detector.Detector // those that look at texts
	findReaders sync.Once
}

// File scans one file on disk with everything nested in it. It always returns a
// conclusion: bad news about the file or the machine is part of it.
func (s *Scanner) File(ctx context.Context, f artifact.File) audit.File {
	r := spare.Get().(*run)
	defer spare.Put(r)
	*r = run{
		ctx: ctx, detectors: s.Detectors, readers: s.textual(),
		budget:     r.budget,
		out:        audit.File{Path: f.Path, Size: f.Size},
		told:       newCauses(),
		redactor:   &finding.Redactor{},
		denied:     s.Denied,
		searchable: s.searchable(f),
		top:        r.top,
	}
	r.budget.Renew(ctx, s.Limits, f.Size, s.Now)
	r.top.onto(f, nil)
	recognised := r.file(r.top)
	// Whoever hit the limit may have stopped without a word.
	if err := r.budget.Spent(); err != nil {
		r.unread(f, err)
	}
	if s.Digest && r.refused == "" && (recognised || r.problems > 0) {
		r.digest(f)
	}
	return r.conclude(f, recognised)
}

// spare holds runs that have ended.
var spare = sync.Pool{New: func() any {
	r := &run{budget: new(hostile.Budget)}
	r.top = r.subject(artifact.File{}, nil)
	return r
}}

// maxFindings is how many findings of each severity are listed for one file on
// disk. More than a reader can use are a way to fill memory and reports; the
// verdict needs no more than one.
const maxFindings = 2000

// A run is the scan of one file on disk.
type run struct {
	ctx       context.Context
	detectors []*detector.Detector
	readers   []*detector.Detector // those that look at texts
	budget    *hostile.Budget
	out       audit.File
	reason    error    // the first thing that kept something from being read
	reasonAt  []string // where inside the file that was
	refused   string   // why there was nothing to read at all
	problems  int      // things that kept something from being read
	told      causes   // those that are findings already
	listed    [rule.Critical + 1]int
	redactor  *finding.Redactor // also of runs apart from this one
	secrets   []known
	denied    []string // licences
	// searchable is how many bytes of weights may still be searched.
	searchable int64
	top        *subject // the file on disk
}

// file runs every detector that matches f, and returns whether any recognised
// it.
func (r *run) file(f *subject) (recognised bool) {
	before, finder := r.problems, f.by
	starved := r.starved(f.File)
	head := &f.head
	err := head.Read(f.File)
	switch {
	case err != nil:
		r.unread(f.File, err)
	case f.Size > 0 && len(head.First) == 0:
		r.unread(f.File, hostile.Faultf(hostile.Truncated, 0, "%d bytes claimed, 0 left", f.Size))
	}
	f.pass.First = head.First
	r.name(f)
	if f.Size > 0 && len(head.First) == 0 {
		return false
	}
	head.Ask()
	for _, d := range r.matching(f.File, head) {
		if r.detect(d, f) {
			recognised = true
		}
	}
	starved()
	r.search(f)
	if !recognised {
		r.blob(f, finder, head)
	}
	if !recognised && !f.Nested() {
		r.out.Binary = !isText(head.First)
	}
	if !recognised && r.problems == before && namedLikeModel(f.Name()) && !foreign(f.File, head) {
		r.unrecognised(f.File)
	}
	return recognised
}

// starved returns what tells, when the detectors have read f, that memory was
// refused on the way and nobody said so: a container that holds all of it must not
// make what it holds look like no model.
func (r *run) starved(f artifact.File) func() {
	problems := r.problems
	before, _ := r.budget.Refused()
	return func() {
		if times, last := r.budget.Refused(); times > before && r.problems == problems {
			r.unread(f, last)
		}
	}
}

// matching asks every detector whether f may be its own. A crash is a yes that
// nobody can follow.
func (r *run) matching(f artifact.File, head *artifact.Head) (matching []*detector.Detector) {
	const usual = 8
	matching = make([]*detector.Detector, 0, usual)
	next := 0
	ask := func() error {
		for ; next < len(r.detectors); next++ {
			if r.detectors[next].Match(head) {
				matching = append(matching, r.detectors[next])
			}
		}
		return nil
	}
	for ; next < len(r.detectors); next++ {
		if err := hostile.Guard(ask); err != nil {
			r.failed(r.detectors[next], f, err)
		}
	}
	return matching
}

// detect runs one detector on one file; its crash is a finding, not ours.
func (r *run) detect(d *detector.Detector, f *subject) bool {
	held := r.budget.Held()
	defer r.budget.Release(held)
	f.by, f.running, f.recognised = d, true, false
	err := hostile.Guard(func() error { return d.Run(r.ctx, f.pass) })
	f.running = false
	if err != nil {
		f.recognised = r.failed(d, f.File, err) || f.recognised
	}
	if f.recognised {
		f.raw = max(f.raw, d.Raw)
	}
	return f.recognised
}

// failed notes why a detector did not look to the end, and reports whether it crashed.
func (r *run) failed(d *detector.Detector, f artifact.File, err error) (crashed bool) {
	var crash *hostile.Panic
	if errors.As(err, &crash) {
		r.crash(d, f, crash)
		return true
	}
	r.unread(f, err)
	return false
}

// nested scans a file found inside another. Only the end of the whole budget is
// returned; every other fault is recorded where it happened.
func (r *run) nested(f artifact.File, by *detector.Detector) error {
	if err := r.budget.Enter(); err != nil {
		r.unread(f, err)
		return r.budget.Spent()
	}
	defer r.budget.Leave()
	r.file(r.subject(f, by))
	return r.budget.Spent()
}

// examine scans a file found inside another apart from the run. What is damaged in
// it is its own affair; a limit that was hit and a crash are the run's.
func (r *run) examine(f artifact.File) ([]finding.Finding, error) {
	apart := &run{
		ctx: r.ctx, detectors: r.detectors, readers: r.readers, budget: r.budget, redactor: r.redactor,
		out: audit.File{Path: f.Path}, told: newCauses(), searchable: r.searchable,
	}
	err := apart.nested(f, nil)
	var found []finding.Finding
	for _, x := range apart.out.Findings {
		switch {
		case x.Rule == crashed:
			r.problem(artifact.File{}, apart.reason)
			r.report(f, x)
		case !x.Rule.Unread:
			found = append(found, x)
		}
	}
	var fault *hostile.Fault
	if errors.As(apart.reason, &fault) && fault.Kind == hostile.OverBudget {
		r.unread(f, fault)
	}
	slices.SortStableFunc(found, finding.Compare)
	return found, err
}

// refuse records that the content of f is not here. Inside a container that is
// a part that was not read; of the file on disk it is the whole story.
func (r *run) refuse(f artifact.File, reason string) {
	if f.Nested() {
		r.unread(f, errors.New(reason))
		return
	}
	r.problems++
	r.refused = reason
}

// report lists a finding, up to a limit for each severity: what is left out
// cannot be worse than what is listed.
func (r *run) report(f artifact.File, found finding.Finding) {
	if r.secret(f, &found) {
		return
	}
	if r.listed[found.Rule.Severity]++; r.listed[found.Rule.Severity] > maxFindings {
		return
	}
	found.Location.Path, found.Location.Inside = f.Path, f.Inside
	found.Evidence = append(slices.Clip(found.Evidence), contacts(&found)...)
	r.out.Findings = append(r.out.Findings, found)
}

// unread records that a part of f was not read, once per file and cause; a limit
// that ends everything is recorded once, where it was hit.
func (r *run) unread(f artifact.File, err error) {
	r.problem(f, err)
	var fault *hostile.Fault
	offset, key, where := int64(0), "machine", f.Inside
	if errors.As(err, &fault) {
		offset, key = fault.Offset, fault.Kind.String()+string(fault.Limit)
		if fault.Kind == hostile.OverBudget && r.budget.Spent() != nil {
			where = nil
		}
	}
	if !r.told.first(key, where) {
		return
	}
	r.report(f, finding.Finding{
		Rule: incomplete, Key: key,
		Message:  "Not fully read: " + finding.Quote(err.Error()) + ".",
		Location: finding.Location{Offset: offset},
		Evidence: []finding.Step{{Offset: offset, Text: finding.Quote(err.Error())}},
	})
}

// problem counts something that kept f from being read; the first is the reason,
// with the way to f inside the file on disk.
func (r *run) problem(f artifact.File, err error) {
	r.problems++
	if r.reason == nil {
		r.reason, r.reasonAt = err, f.Inside
	}
}

// crash makes a finding of a panic: a file on which a detector crashes was not
// read.
func (r *run) crash(d *detector.Detector, f artifact.File, p *hostile.Panic) {
	r.problem(f, p)
	r.report(f, finding.Finding{
		Rule: crashed, Key: d.Name,
		Message: "The " + d.Name + " detector crashed on this file: " + finding.Quote(p.Error()) + ".",
	})
}

// unrecognised reports a file that bears the name of a model and is none that
// the detectors know.
func (r *run) unrecognised(f artifact.File) {
	err, message := errUnrecognised, "Named like a model, but of no format that this scanner knows: nothing in it was checked."
	if f.Size == 0 {
		err, message = errEmpty, "Named like a model, but empty: no loader takes it."
	}
	r.problem(f, err)
	r.report(f, finding.Finding{Rule: unrecognised, Key: "name", Message: message})
}

// conclude decides the status of the file on disk.
func (r *run) conclude(f artifact.File, recognised bool) audit.File {
	r.unlisted(f)
	r.out.Findings = outranked(r.out.Findings)
	r.redact()
	r.lines(f)
	out := &r.out
	slices.SortStableFunc(out.Findings, finding.Compare)
	finding.Number(out.Findings)
	switch {
	case r.refused != "":
		out.Status, out.Reason = audit.NotScanned, r.redactor.Redact(finding.Quote(r.refused))
	case r.reason != nil:
		out.Status, out.Reason = audit.Incomplete, r.redactor.Redact(r.why())
	case len(out.Findings) > 0:
		out.Status = audit.Findings
	case recognised:
		out.Status = audit.Clean
	default:
		out.Status, out.Reason = audit.NotAModel, "of no format that a model loader takes"
	}
	return *out
}

// outranked leaves out findings about a subject if as much is said of it by one
// about the file around theirs, which knows what is done with it.
func outranked(findings []finding.Finding) []finding.Finding {
	type said struct {
		depth int
		worst rule.Severity
	}
	var outer map[string]said // of each subject, by the outermost that is about it
	for i := range findings {
		f := &findings[i]
		if f.Subject == "" {
			continue
		}
		if outer == nil {
			outer = make(map[string]said)
		}
		here := said{len(f.Location.Inside), f.Rule.Severity}
		if o, known := outer[f.Subject]; !known || here.depth < o.depth || here.depth == o.depth && here.worst > o.worst {
			outer[f.Subject] = here
		}
	}
	if outer == nil {
		return findings
	}
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		o, known := outer[f.Subject]
		return known && len(f.Location.Inside) > o.depth && f.Rule.Severity <= o.worst
	})
}

// maxPlace is how many characters a reason has of the way to a file inside.
const maxPlace = 80

// why says in one line what kept the file from being read, and where inside.
func (r *run) why() string {
	why := finding.Quote(r.reason.Error())
	if len(r.reasonAt) > 0 {
		why = finding.QuoteUpTo(strings.Join(r.reasonAt, " › "), maxPlace) + ": " + why
	}
	return why
}

// unlisted says how many findings were made and are not in the list.
func (r *run) unlisted(f artifact.File) {
	more := 0
	for _, n := range r.listed {
		more += max(0, n-maxFindings)
	}
	if more == 0 {
		return
	}
	r.listed[incomplete.Severity] = 0
	r.unread(artifact.File{Path: f.Path}, fmt.Errorf("%d more findings are not listed, %d of a severity are", more, maxFindings))
}

var (
	errUnrecognised = errors.New("named like a model, but of no known format")
	errEmpty        = errors.New("named like a model, but empty")
)

// isText reports whether the start of a file reads as UTF-8 text.
func isText(p []byte) bool {
	for len(p) > 0 {
		c, n := utf8.DecodeRune(p)
		if c == utf8.RuneError && n == 1 {
			return !utf8.FullRune(p)
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			return false
		}
		p = p[n:]
	}
	return true
}
