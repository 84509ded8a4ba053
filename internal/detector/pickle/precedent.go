package pickle

import (
	"bytes"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/memo"
)

// Models of one kind differ in their numbers: a thousand regressions of the same
// columns, or the checkpoints of one training. What is found harmless is remembered
// with the bytes that this rests on, and holds for any file that has the same ones: to
// follow it would ask the same of it, and be answered the same.

const (
	// maxPrecedents is how many are remembered. Then all are forgotten.
	maxPrecedents = 64
	// longestPrecedent is the size of the longest file that is one, in bytes. Of all that
	// it holds Look is shown the whole.
	longestPrecedent = pickle.LookBytes
)

// A precedent is a file with one pickle, in which nothing was found.
type precedent struct {
	content []byte
	gaps    []pickle.Gap // on whose content nothing rests, but what follows from shown
	shown   []shown
	named   bool // the name of the file was one that pickles have
}

// A shown is a constant that was looked at, in the order of the file: a text of which
// the detectors of texts had something to say, or bytes that did not look like anything.
type shown struct {
	bytes      bool
	name, text string
	at, size   int64
}

// precedents are those of all files, by size.
var precedents = memo.NewShelf[*precedent](maxPrecedents)

// covers reports whether a file has all the bytes that a precedent rests on. They are of
// one size.
func (p *precedent) covers(content []byte) bool {
	at := int64(0)
	for _, g := range p.gaps {
		if !bytes.Equal(p.content[at:g.At], content[at:g.At]) {
			return false
		}
		at = g.At + g.Size
	}
	return bytes.Equal(p.content[at:], content[at:])
}

// precedented returns the whole file, if it may be settled by a precedent or be one
// itself, else nil.
func (s *session) precedented(at int64) []byte {
	name := s.p.File.Name()
	// What is loaded by customPickled is judged by the name that it has as a part.
	if at != 0 || s.depth > 0 || s.p.Text == nil || s.p.File.Size > longestPrecedent || strings.HasPrefix(name, customPickled) {
		return nil
	}
	if content, ok := s.p.File.Content.(hostile.Bytes); ok && int64(len(content)) >= s.p.File.Size {
		return content[:s.p.File.Size]
	}
	return nil
}

// settled reports whether a precedent settles what the file is, and shows what is shown
// of it.
func (s *session) settled(content []byte) bool {
	p, ok := precedents.Find(int64(len(content)), func(p *precedent) bool { return p.named == s.named && p.covers(content) })
	if !ok {
		return false
	}
	for _, c := range p.shown {
		if c.bytes && (isText(content[c.at:c.at+c.size]) || mayHold(content[c.at:c.at+c.size], s.p.Budget)) {
			return false
		}
	}
	for _, c := range p.shown {
		if c.bytes {
			s.strings(content[c.at:c.at+c.size], c.at)
		} else {
			s.p.Text(c.name, c.at, c.text)
		}
	}
	return true
}

// note keeps what is shown of a file that may be a precedent.
func (s *session) note(c shown) {
	if s.alone && !s.again {
		s.shown = append(s.shown, c)
	}
}

// precedes remembers a file as a precedent, if nothing was found in it.
func (s *session) precedes(content []byte, o *outcome) {
	m := o.machine
	if refused, _ := s.p.Budget.Refused(); refused > 0 || s.p.Budget.Spent() != nil {
		return // something may have been left out
	}
	if o.end != s.p.File.Size || m.Cut() || o.arrays || o.result.magic || len(o.numbers)+len(s.report.findings)+len(s.report.nested) > 0 {
		return
	}
	precedents.Put(o.end, &precedent{content: bytes.Clone(content), gaps: m.Gaps(), shown: slices.Clone(s.shown), named: s.named})
}
