package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/glob"
)

// An Acceptance says that someone looked at findings and takes the risk. Empty
// fields match everything, but either Rule or Fingerprint is set.
type Acceptance struct {
	Rule, Path, Fingerprint string    // Path is a glob
	Reason                  string    // never empty
	Until                   time.Time // the first moment at which it no longer holds; zero: for ever
	Origin                  string    // where it was written: file and line
}

// matches reports whether a finding is what was accepted: all that the
// acceptance names must agree.
func (a *Acceptance) matches(f *finding.Finding, name string) bool {
	return (a.Rule == "" || a.Rule == f.Rule.ID) &&
		(a.Fingerprint == "" || a.Fingerprint == f.Fingerprint()) &&
		(a.Path == "" || glob.Match(a.Path, name))
}

// expired reports whether the acceptance has ended: Until is the first day on
// which it does not hold.
func (a *Acceptance) expired(now time.Time) bool { return !a.Until.IsZero() && !now.Before(a.Until) }

// LastDay names the last day on which an acceptance until then holds, "" if it
// holds for ever.
func LastDay(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.AddDate(0, 0, -1).Format(time.DateOnly)
}

// An Allowance vouches for a callable that no one else knows, or for everything
// below a module. What is known to be dangerous can only be accepted, finding by
// finding.
type Allowance struct {
	Callable string // "package.module.name", or "package.module.*" for all names below
	Path     string // glob; "" for every file
	Reason   string // never empty
	Origin   string // where it was written: file and line
}

// matches reports whether a finding rests on the name that is allowed, or on
// one of the module's.
func (a *Allowance) matches(f *finding.Finding, name string) bool {
	if !f.Rule.NamesCallable || (a.Path != "" && !glob.Match(a.Path, name)) {
		return false
	}
	if module, ok := strings.CutSuffix(a.Callable, "*"); ok {
		return strings.HasPrefix(f.Key, module)
	}
	return f.Key == a.Callable
}

// A Means is how a finding was suppressed.
type Means string

// The means of suppression.
const (
	ByAllowance  Means = "allowed"
	ByAcceptance Means = "accepted"
	ByBaseline   Means = "baseline"
	BySeverity   Means = "below report-min"
	ByPrecision  Means = "below min-precision"
)

// beneath says that a finding is not worth telling by what was set for all. What
// was not read is always told, and severity hides nothing that fails.
func (p *Policy) beneath(f *finding.Finding) (Means, bool) {
	switch {
	case f.Rule.Unread:
		return "", false
	case f.Rule.Precision < p.MinPrecision:
		return ByPrecision, true
	case f.Rule.Severity < p.ReportMin && !p.failOn(f.Location.Path).Fails(f.Rule.Severity):
		return BySeverity, true
	default:
		return "", false
	}
}

// A Suppressed finding does not count, because someone said so.
type Suppressed struct {
	Finding finding.Finding
	By      Means
	Reason  string    // as it was given, not quoted; "" for a baseline
	Until   time.Time // see Acceptance; zero: for ever
}

// A sieve takes the suppressed findings out of one report.
type sieve struct {
	policy   *Policy
	accepted []bool // whether each Acceptance, Allowance and Entry matched
	allowed  []bool
	known    *matcher
	out      []Suppressed
}

// suppress returns the report without the findings that do not count, these
// findings, and what is to be said about the policy's entries.
func (p *Policy) suppress(r audit.Report) (audit.Report, []Suppressed, []string) {
	s := &sieve{
		policy:   p,
		accepted: make([]bool, len(p.Accepted)),
		allowed:  make([]bool, len(p.Allowed)),
		known:    p.Baseline.matcher(),
	}
	if !slices.ContainsFunc(r.Files, func(f audit.File) bool { return len(f.Findings) > 0 }) {
		return r, nil, s.warnings()
	}
	files := slices.Clone(r.Files)
	for i := range files {
		files[i].Findings = s.file(&files[i])
	}
	slices.SortStableFunc(s.out, func(a, b Suppressed) int { return finding.Compare(a.Finding, b.Finding) })
	return audit.Report{Files: files}, s.out, s.warnings()
}

// file returns the findings of f that count.
func (s *sieve) file(f *audit.File) []finding.Finding {
	if len(f.Findings) == 0 {
		return nil
	}
	name := s.policy.name(f.Path)
	var counting []finding.Finding
	for i := range f.Findings {
		found := &f.Findings[i]
		if why, ok := s.judge(found, name); ok {
			why.Finding = *found
			s.out = append(s.out, why)
			continue
		}
		counting = append(counting, *found)
	}
	return counting
}

// judge says by what a finding is suppressed, if it is. Every entry that
// matches counts as used, whichever decides.
func (s *sieve) judge(f *finding.Finding, name string) (why Suppressed, ok bool) {
	if by, beneath := s.policy.beneath(f); beneath {
		why, ok = Suppressed{By: by}, true
	}
	if s.known.match(name, f.Fingerprint()) {
		why, ok = Suppressed{By: ByBaseline}, true
	}
	for i := range s.policy.Accepted {
		a := &s.policy.Accepted[i]
		if a.matches(f, name) {
			s.accepted[i] = true
			if !a.expired(s.policy.Now) {
				why, ok = Suppressed{By: ByAcceptance, Reason: a.Reason, Until: a.Until}, true
			}
		}
	}
	for i := range s.policy.Allowed {
		a := &s.policy.Allowed[i]
		if a.matches(f, name) {
			s.allowed[i] = true
			why, ok = Suppressed{By: ByAllowance, Reason: a.Reason}, true
		}
	}
	return why, ok
}

// warnings tells of entries that do nothing any more, in the order written.
func (s *sieve) warnings() []string {
	var out []string
	say := func(origin, format string, args ...any) {
		out = append(out, finding.Quote(origin)+": "+fmt.Sprintf(format, args...))
	}
	for i, a := range s.policy.Accepted {
		switch {
		case a.Rule != "" && s.policy.Known != nil && !s.policy.Known(a.Rule):
			say(a.Origin, "there is no rule %s", finding.Quote(a.Rule))
		case a.expired(s.policy.Now):
			say(a.Origin, "this acceptance ended with %s", LastDay(a.Until))
		case !s.accepted[i] && !s.policy.Partial:
			say(a.Origin, "nothing found matches this acceptance any more")
		}
	}
	for i, a := range s.policy.Allowed {
		if !s.allowed[i] && !s.policy.Partial {
			say(a.Origin, "no file needs %s, or what it does is known", finding.Quote(a.Callable))
		}
	}
	if gone := s.known.unused(); gone > 0 && !s.policy.Partial {
		say(s.policy.Baseline.Name, "%d of %d entries match nothing found any more", gone, len(s.policy.Baseline.Entries))
	}
	return out
}
