package scan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// textual returns the detectors that look at texts.
func (s *Scanner) textual() []*detector.Detector {
	s.findReaders.Do(func() {
		s.readers = slices.DeleteFunc(slices.Clone(s.Detectors), func(d *detector.Detector) bool { return d.Text == nil })
	})
	return s.readers
}

// minText is the size of the shortest text that could hold anything: a
// credential, or a payload in some encoding.
const minText = 20

// text shows a text to every detector that looks at texts.
func (r *run) text(p *detector.Pass, name string, offset int64, text string) {
	if len(text) < minText {
		return
	}
	for _, d := range r.readers {
		r.show(d, p, name, offset, text)
	}
}

// name shows the name of a file found inside another, which is text of whoever
// packed it.
func (r *run) name(f *subject) {
	if name := f.WholeName(); f.Nested() && len(name) >= minText {
		r.text(f.pass, "the name of the file", 0, name)
	}
}

// show shows a text to one detector.
func (r *run) show(d *detector.Detector, p *detector.Pass, name string, offset int64, text string) {
	if err := hostile.Guard(func() error { d.Text(p, name, offset, text); return nil }); err != nil {
		r.failed(d, p.File, err)
	}
}

// known is a secret that was reported, and the index of its finding.
type known struct {
	rule   *rule.Rule
	secret finding.Secret
	at     int
	places int // beside the first
}

// maxPlaces is how many places of one secret are listed.
const maxPlaces = 10

// secret takes the secrets out of a finding and remembers them. It reports
// whether the finding is of a secret that was reported already: then its place
// is evidence of the first.
func (r *run) secret(f artifact.File, found *finding.Finding) (again bool) {
	secrets := found.Secrets
	found.Secrets = nil
	r.redactor.Add(secrets...)
	if len(secrets) == 0 {
		return false
	}
	i := slices.IndexFunc(r.secrets, func(k known) bool { return k.rule == found.Rule && k.secret.Same(secrets[0]) })
	if i < 0 {
		if r.listed[found.Rule.Severity] < maxFindings { // it will be in the list, at its end
			r.secrets = append(r.secrets, known{rule: found.Rule, secret: secrets[0], at: len(r.out.Findings)})
		}
		return false
	}
	k := &r.secrets[i]
	if k.places++; k.places <= maxPlaces {
		first := &r.out.Findings[k.at]
		first.Evidence = append(first.Evidence, elsewhere(first, f, found))
	}
	return true
}

// elsewhere says where a secret stands once more.
func elsewhere(first *finding.Finding, f artifact.File, found *finding.Finding) finding.Step {
	offset := found.Location.Offset
	if slices.Equal(f.Inside, first.Location.Inside) {
		return finding.Step{Offset: offset, Text: "the same once more"}
	}
	where := "the file itself"
	if f.Nested() {
		where = finding.Quote(strings.Join(f.Inside, " › "))
	}
	return finding.Step{Offset: offset, Text: fmt.Sprintf("the same once more, at byte %#x of %s", offset, where)}
}

// redact takes the secrets that the file has out of all that is said of it.
func (r *run) redact() {
	for i := range r.out.Findings {
		r.redactor.Finding(&r.out.Findings[i])
	}
	for i, s := range r.out.Licenses {
		r.out.Licenses[i] = r.redactor.Redact(s)
	}
}
