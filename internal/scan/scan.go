// Package scan is the loop: recognise a file, run every detector that matches,
// recurse into what they find inside, and guard the budget.
package scan

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Scanner knows the detectors and what one file may cost. It may be used by
// many goroutines at once.
type Scanner struct {
	Detectors []*detector.Detector
	Limits    hostile.Limits
	Now       func() time.Time
}

// File scans one file on disk with everything nested in it. It always returns a
// conclusion: bad news about the file or the machine is part of it.
func (s *Scanner) File(ctx context.Context, f artifact.File) audit.File {
	r := &run{
		ctx: ctx, detectors: s.Detectors,
		budget: hostile.NewBudget(ctx, s.Limits, f.Size, s.Now),
		out:    audit.File{Path: f.Path, Size: f.Size},
	}
	recognised := r.file(f)
	return r.conclude(f, recognised)
}

// A run is the scan of one file on disk.
type run struct {
	ctx       context.Context
	detectors []*detector.Detector
	budget    *hostile.Budget
	out       audit.File
	reason    error  // the first thing that kept something from being read
	refused   string // why there was nothing to read at all
}

// file runs every detector that matches f, and returns whether any recognised it.
func (r *run) file(f artifact.File) (recognised bool) {
	head, err := f.Head()
	if err != nil {
		r.unread(f, err)
	}
	if f.Size > 0 && len(head.First) == 0 {
		return false
	}
	for _, d := range r.detectors {
		if d.Match(head) && r.detect(d, f) {
			recognised = true
		}
	}
	if !recognised && !f.Nested() {
		r.out.Binary = !isText(head.First)
	}
	return recognised
}

// detect runs one detector on one file; its crash is a finding, not ours.
func (r *run) detect(d *detector.Detector, f artifact.File) (recognised bool) {
	held := r.budget.Held()
	defer r.budget.Release(held)
	pass := &detector.Pass{
		File:   f,
		Budget: r.budget,
		Report: func(found finding.Finding) { r.report(f, found) },
		Recognised: func(format string) {
			recognised = true
			if !slices.Contains(r.out.Formats, format) {
				r.out.Formats = append(r.out.Formats, format)
			}
		},
		Nested:     r.nested,
		Refused:    func(reason string) { r.refuse(f, reason) },
		Incomplete: func(err error) { r.unread(f, err) },
	}
	err := hostile.Guard(func() error { return d.Run(r.ctx, pass) })
	var crash *hostile.Panic
	switch {
	case errors.As(err, &crash):
		recognised = true
		r.crash(d, f, crash)
	case err != nil:
		r.unread(f, err)
	}
	return recognised
}

// nested scans a file found inside another. Only the end of the whole budget is
// returned; every other fault is recorded where it happened.
func (r *run) nested(f artifact.File) error {
	if err := r.budget.Enter(); err != nil {
		r.unread(f, err)
		return r.budget.Spent()
	}
	defer r.budget.Leave()
	r.file(f)
	return r.budget.Spent()
}

// refuse records that the content of f is not here. Inside a container that is
// a part that was not read; of the file on disk it is the whole story.
func (r *run) refuse(f artifact.File, reason string) {
	if f.Nested() {
		r.unread(f, errors.New(reason))
		return
	}
	r.refused = reason
}

func (r *run) report(f artifact.File, found finding.Finding) {
	found.Location.Path, found.Location.Inside = f.Path, f.Inside
	r.out.Findings = append(r.out.Findings, found)
}

// unread records that a part of f was not read, once per file and cause.
func (r *run) unread(f artifact.File, err error) {
	if r.reason == nil {
		r.reason = err
	}
	var fault *hostile.Fault
	offset, key := int64(0), "machine"
	if errors.As(err, &fault) {
		offset, key = fault.Offset, fault.Kind.String()+string(fault.Limit)
	}
	message := "Not fully read: " + finding.Quote(err.Error()) + "."
	for _, old := range r.out.Findings {
		if old.Rule == incomplete && old.Key == key && slices.Equal(old.Location.Inside, f.Inside) {
			return
		}
		if key != "machine" && fault.Kind == hostile.OverBudget && r.budget.Spent() != nil && old.Rule == incomplete && old.Key == key {
			return // the same spent limit, felt again further out
		}
	}
	r.report(f, finding.Finding{
		Rule: incomplete, Message: message, Key: key,
		Location: finding.Location{Offset: offset},
		Evidence: []finding.Step{{Offset: offset, Text: finding.Quote(err.Error())}},
	})
}

func (r *run) crash(d *detector.Detector, f artifact.File, p *hostile.Panic) {
	if r.reason == nil {
		r.reason = p
	}
	r.report(f, finding.Finding{
		Rule: crashed, Key: d.Name,
		Message: "The " + d.Name + " detector crashed on this file: " + finding.Quote(p.Error()) + ".",
	})
}

// conclude decides the status of the file on disk.
func (r *run) conclude(f artifact.File, recognised bool) audit.File {
	out := &r.out
	if !recognised && r.reason == nil && r.refused == "" && namedLikeModel(f.Name()) {
		r.report(f, finding.Finding{
			Rule: unrecognised, Key: "name",
			Message: "Named like a model, but of no format that this scanner knows: nothing in it was checked.",
		})
		r.reason = errUnrecognised
	}
	slices.SortStableFunc(out.Findings, finding.Compare)
	finding.Number(out.Findings)
	switch {
	case r.refused != "":
		out.Status, out.Reason = audit.NotScanned, finding.Quote(r.refused)
	case r.reason != nil:
		out.Status, out.Reason = audit.Incomplete, finding.Quote(r.reason.Error())
	case len(out.Findings) > 0:
		out.Status = audit.Findings
	case recognised:
		out.Status = audit.Clean
	default:
		out.Status, out.Reason = audit.NotAModel, "of no format that a model loader takes"
	}
	return *out
}

var errUnrecognised = errors.New("named like a model, but of no known format")

// isText reports whether the start of a file reads as UTF-8 text.
func isText(p []byte) bool {
	for len(p) > 0 {
		c, n := utf8.DecodeRune(p)
		if c == utf8.RuneError && n == 1 {
			return len(p) < utf8.UTFMax && !utf8.FullRune(p)
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			return false
		}
		p = p[n:]
	}
	return true
}
