// Package payload finds what is hidden in the texts of models by writing it down
// in another form: a pickle in base64, a program in hexadecimal. What comes out
// is judged like a file; what is harmless is encoded for honest reasons.
package payload

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

//go:embed help.md
var help string

// hidden is CWE-506, embedded malicious code.
const hidden = 506

var (
	dangerous = &rule.Rule{
		ID: "encoded-payload", Title: "A text hides a dangerous file or program in an encoding",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{hidden}, Since: "0.1.0",
	}
	script = &rule.Rule{
		ID: "encoded-script", Title: "A text hides a script in an encoding",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{hidden}, Since: "0.1.0",
	}
	plain = &rule.Rule{
		ID: "code-in-metadata", Title: "A value of the metadata is a program that does harm",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{hidden}, Since: "0.1.0",
	}
)

// Detector looks through texts: those of metadata, which other detectors show,
// those inside of archives, and those on disk that are data.
var Detector = &detector.Detector{
	Name:  "payload",
	Rules: rule.Explain(help, dangerous, script, plain),
	Match: func(h *artifact.Head) bool {
		class := names()[h.Extension()]
		return (class == "data" || h.Extension() == "" || h.Depth > 0 && (class != "source" || h.Value)) && h.IsText()
	},
	Run:  run,
	Text: inText,
}

// shortest is the least size of a text that could encode something.
const shortest = 20

const (
	// window is how much of a file is looked at together: the longest text of a
	// payload that is followed to its end.
	window = 16 << 20
	// overlap is how much of a payload that a window cuts is seen at least.
	overlap = 1 << 20
)

// run looks through a file window by window.
func run(_ context.Context, p *detector.Pass) error {
	s := search{p: p}
	r := p.Reader()
	wide := artifact.UTF16(r.Peek(artifact.FirstSize))
	s.decoded = wide != nil
	for r.Left() > 0 {
		mark := p.Budget.Held()
		s.at = r.Offset()
		text := r.Bytes(uint64(min(window, r.Left())))
		if r.Err() != nil {
			return r.Err()
		}
		if wide != nil {
			text = artifact.Narrow(text, wide)
		}
		if err := s.look(text); err != nil {
			return err
		}
		if p.File.Value && !s.told && int64(len(text)) == p.File.Size {
			s.name = p.File.Name()
			s.program(string(text))
		}
		p.Budget.Release(mark)
		if r.Left() > 0 {
			r.MoveTo(r.Offset() - overlap)
		}
	}
	s.causes.Report(p.Report)
	return nil
}

// inText looks through a text that a detector read in p.File.
func inText(p *detector.Pass, name string, offset int64, text string) {
	if len(text) < shortest {
		return
	}
	raw := []byte(text)
	pickled := encoded.Kind(raw) == "pickle" && utf8.Valid(raw)
	promising := pickled || encoded.Promising(raw)
	if !promising && (name == "" || inPickle(p)) {
		return // as most texts are
	}
	s := search{p: p, at: offset, name: name, decoded: true, text: raw}
	if promising {
		s.encoded(pickled)
	}
	if name != "" && !s.told {
		s.program(text)
	}
	s.causes.Report(p.Report)
}

// encoded looks for what a text encodes, and whether it is a pickle itself.
func (s *search) encoded(pickled bool) {
	if pickled && !inPickle(s.p) {
		s.visit(encoded.Content{Encodings: []string{"text"}, Kind: "pickle", Data: s.text})
	}
	if err := cmp.Or(s.look(s.text), s.err); err != nil {
		s.p.Incomplete(err)
	}
}

// maxPlain is the size from which on a text is read as a program only if it is no
// JSON: vocabularies are long, and do nothing.
const maxPlain = 64 << 10

// program reports a text that is a program as it stands, all of it: prose that
// quotes one is none. Pickles are full of texts that their own code reads, and
// have no metadata.
func (s *search) program(text string) {
	if inPickle(s.p) || len(text) > maxPlain && json.Valid([]byte(text)) {
		return
	}
	found, err := source.Judge(text, s.p.Budget)
	if err != nil {
		s.p.Incomplete(err)
	}
	if found == nil {
		return
	}
	name := finding.Quote(found.Name)
	cause := s.causes.At(plain, s.name+"/"+found.Language+" "+name, fmt.Sprintf(
		"%s is %s code that uses %s, which %s. No reader of models runs it.", s.where(), found.Language, name, finding.Quote(found.Does)))
	for _, step := range found.Steps {
		cause.Add(s.at, "byte %#x of the text: %s", step.Offset, finding.QuoteUpTo(step.Text, 200))
	}
}

// inPickle reports whether the file is a pickle itself, the detector of which
// looks into its constants as they stand.
func inPickle(p *detector.Pass) bool { return encoded.Kind(p.First) == "pickle" }

// A search looks through one text and gathers what it hides.
type search struct {
	p       *detector.Pass
	name    string // of the text, if it has one
	at      int64  // offset of the text
	decoded bool   // places in the text are not places in the file
	text    []byte
	causes  finding.Causes
	told    bool // something was found that is encoded
	err     error
}

// look searches one text for what is encoded in it.
func (s *search) look(text []byte) error {
	s.text = text
	w := encoded.Walk{Budget: s.p.Budget, Visit: s.visit}
	if err := w.In(text); err != nil {
		return err
	}
	if w.Deep && s.err == nil && !s.told {
		s.p.Incomplete(hostile.Faultf(hostile.Unsupported, s.at, "a text in encodings of encodings, deeper than is looked into"))
	}
	return s.err
}

// visit judges one content. It returns whether something was found, or nothing
// more is to be looked for.
func (s *search) visit(c encoded.Content) bool {
	if s.err != nil {
		return true
	}
	o := &object{search: s, Content: c}
	var v *verdict
	if v, s.err = o.judge(); v != nil {
		s.told = true
		s.report(c, v)
	}
	return v != nil || s.err != nil
}

// report makes one cause of what is hidden in one place, however often.
func (s *search) report(c encoded.Content, v *verdict) {
	how := strings.Join(c.Encodings, " of ")
	offset, place := s.at, fmt.Sprintf("at character %d of the text", c.Offset)
	if !s.decoded {
		offset, place = s.at+int64(c.Offset), "here"
	}
	cause := s.causes.At(v.rule, s.name+"/"+v.key, fmt.Sprintf("%s hides %s, written as %s. %s", s.where(), v.what, how, v.why))
	cause.Add(offset, "%s, %d bytes written as %s %s", v.what, len(c.Data), how, place)
	for _, step := range v.steps {
		cause.Add(offset, "%s", step)
	}
}

// where names the text in a sentence.
func (s *search) where() string {
	if s.name == "" {
		return "The text"
	}
	return "The text of " + finding.Quote(s.name)
}
