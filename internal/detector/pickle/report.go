package pickle

import (
	"fmt"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// maxSteps is how many steps of evidence one finding keeps.
const maxSteps = 12

// maxFindings is how many findings one rule may have in one file. The others are
// one together.
const maxFindings = 1000

// A report collects findings: one for each rule and key, with what else speaks
// for it as evidence.
type report struct {
	findings []*finding.Finding
	nested   []artifact.File // what loaders in the pickle are given
	by       map[key]*finding.Finding
	count    map[*rule.Rule]int
	named    map[key]bool // findings that rest on a name alone
}

// A key tells findings apart.
type key struct {
	rule *rule.Rule
	key  string
}

// newReport returns an empty report.
func newReport() *report { return &report{} }

// add makes a finding, or adds the evidence to the one that is there.
func (r *report) add(f finding.Finding) {
	k := key{f.Rule, f.Key}
	if r.by[k] == nil && r.count[f.Rule] >= maxFindings {
		k.key = "further"
		f.Key, f.Message = k.key, "There is more of this in the file than is listed, such as this. "+f.Message
	}
	if old := r.by[k]; old != nil {
		for _, step := range f.Evidence {
			if len(old.Evidence) < maxSteps && !slices.Contains(old.Evidence, step) {
				old.Evidence = append(old.Evidence, step)
			}
		}
		return
	}
	if r.by == nil {
		r.by, r.count = make(map[key]*finding.Finding), make(map[*rule.Rule]int)
	}
	r.by[k] = &f
	r.count[f.Rule]++
	r.findings = append(r.findings, &f)
}

// byName notes that the finding of a rule with a key rests on a name alone.
func (r *report) byName(rule *rule.Rule, k string) {
	if r.named == nil {
		r.named = make(map[key]bool)
	}
	r.named[key{rule, k}] = true
}

// mergeNamed takes over the findings that rest on a name alone.
func (r *report) mergeNamed(other *report) {
	for _, f := range other.findings {
		if other.named[key{f.Rule, f.Key}] {
			r.add(*f)
		}
	}
}

// find returns the finding of a rule with a key, or nil.
func (r *report) find(rule *rule.Rule, k string) *finding.Finding { return r.by[key{rule, k}] }

// merge takes over what another reading of the same file found.
func (r *report) merge(other *report) {
	for _, f := range other.findings {
		r.add(*f)
	}
	r.nested = append(r.nested, other.nested...)
}

// mergeDangerous takes over what is high or critical.
func (r *report) mergeDangerous(other *report) {
	for _, f := range other.findings {
		if f.Rule.Severity >= rule.High {
			r.add(*f)
		}
	}
	if other.dangerous() {
		r.nested = append(r.nested, other.nested...)
	}
}

// dangerous reports whether some finding is high or critical.
func (r *report) dangerous() bool {
	return slices.ContainsFunc(r.findings, func(f *finding.Finding) bool { return f.Rule.Severity >= rule.High })
}

// runs reports whether some finding is high or critical of what loading does, and
// not of what the loaded object could do.
func (r *report) runs() bool {
	return slices.ContainsFunc(r.findings, func(f *finding.Finding) bool { return f.Rule.Severity >= rule.High && f.Rule != refers })
}

// torn reports an opcode that crosses the end of its frame.
func (r *report) torn(at int64) {
	r.add(finding.Finding{
		Rule: torn, Key: "frame", Location: finding.Location{Offset: at},
		Message:  fmt.Sprintf("At byte %#x an opcode crosses the end of its frame, so that loaders read different pickles from the same bytes.", at),
		Evidence: []finding.Step{{Offset: at, Text: "what begins in a frame and ends behind it"}},
	})
}

// badFrame reports a frame inside another, or one that ends behind the file.
func (r *report) badFrame(at int64) {
	r.add(finding.Finding{
		Rule: badFrame, Key: "frame", Location: finding.Location{Offset: at},
		Message:  fmt.Sprintf("The frame at byte %#x begins inside another or ends behind the file, which no pickler writes: some loaders refuse the file, and others load it.", at),
		Evidence: []finding.Step{{Offset: at, Text: "FRAME"}},
	})
}

// spliced reports a PROTO inside a pickle.
func (r *report) spliced(at int64) {
	r.add(finding.Finding{
		Rule: spliced, Key: "PROTO", Location: finding.Location{Offset: at},
		Message:  fmt.Sprintf("At byte %#x the file says its protocol in the middle of a pickle, which no pickler does: another tool has put it together.", at),
		Evidence: []finding.Step{{Offset: at, Text: "PROTO behind other opcodes"}},
	})
}

// send hands the findings to the scan.
func (r *report) send(p *detector.Pass) {
	for _, f := range r.findings {
		slices.SortStableFunc(f.Evidence, func(a, b finding.Step) int { return int(a.Offset - b.Offset) })
		p.Report(*f)
	}
}

// flush reports what was found, and hands on what was found inside.
func (s *session) flush() error {
	s.report.send(s.p)
	for _, f := range s.report.nested {
		if err := s.p.Nested(f); err != nil {
			return err
		}
	}
	return nil
}
