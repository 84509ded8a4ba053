// Package secret finds credentials in the texts that models carry in the open:
// metadata, and configurations in archives. It shows none of them.
package secret

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	certain = &rule.Rule{
		ID: "secret-in-model", Title: "A model contains a credential",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{312, 798}, Since: "0.1.0",
	}
	likely = &rule.Rule{
		ID: "secret-likely-in-model", Title: "A model contains what looks like a credential",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{312, 798}, Since: "0.1.0",
	}
)

// Detector reads the texts inside of files. Texts on disk are not part of a
// model, and what looks through source code looks through them.
var Detector = &detector.Detector{
	Name:  "secret",
	Rules: rule.Explain(help, certain, likely),
	Match: func(h artifact.Head) bool { return h.Depth > 0 && text(h.First) },
	Run:   run,
	Text:  inText,
}

// text reports whether the start of a file reads as UTF-8 without control
// characters, its last character perhaps cut.
func text(p []byte) bool {
	if len(p) < shortest || bytes.IndexByte(p, 0) >= 0 {
		return false
	}
	for range utf8.UTFMax {
		if utf8.Valid(p) {
			return true
		}
		p = p[:len(p)-1]
	}
	return false
}

const (
	// piece is how much of a file is looked at together.
	piece = 1 << 20
	// longest is the size of the longest secret, a private key.
	longest = 10 << 10
	// before is how much is looked at in front of a keyword.
	before = 2
)

// run looks through a file piece by piece. Pieces overlap by what a secret may
// take, so that none is cut.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	s := search{p: p, at: r.Offset()}
	mark := p.Budget.Held()
	var kept []byte
	for from := 0; r.Left() > 0; from = before {
		p.Budget.Release(mark)
		got := r.Bytes(uint64(min(piece, r.Left())))
		if r.Err() != nil {
			return r.Err()
		}
		window := append(kept, got...)
		to := len(window)
		if r.Left() > 0 {
			to = max(from, to-longest)
		}
		if kept == nil {
			from = 0
		}
		s.look(window, from, to)
		keep := max(0, to-before)
		s.at += int64(keep)
		kept = bytes.Clone(window[keep:])
	}
	return nil
}

// inText looks through a text that a detector read in p.File.
func inText(p *detector.Pass, name string, offset int64, text string) {
	s := search{p: p, at: offset, name: name, fixed: true}
	s.look([]byte(text), 0, len(text))
}

// A search reports each secret of one text once.
type search struct {
	p     *detector.Pass
	at    int64  // offset of the window
	fixed bool   // the text is decoded: places in it are not places in the file
	name  string // of the text, if it has one
	seen  map[string]bool
}

// look reports the secrets that start in window[from:to].
func (s *search) look(window []byte, from, to int) {
	for i := range kinds {
		k := &kinds[i]
		for at := from; at < to; {
			next := bytes.Index(window[at:], k.keyword)
			if next < 0 || at+next >= to {
				break
			}
			at += next
			if !wordBefore(window, at) {
				s.candidate(k, window, at)
			}
			at += len(k.keyword)
		}
	}
}

// candidate reports what stands at a keyword, if it is a secret.
func (s *search) candidate(k *kind, window []byte, at int) {
	found, ok := k.match(window, at)
	if !ok || s.seen[found] {
		return
	}
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	s.seen[found] = true
	offset := s.at
	if !s.fixed {
		offset += int64(at)
	}
	out := finding.Finding{
		Rule: likely, Key: k.name + "/" + s.name,
		Location: finding.Location{Offset: offset},
		Evidence: []finding.Step{{Offset: offset, Text: fmt.Sprintf("%s, %d characters that start with %s", k.name, len(found), k.keyword)}},
	}
	where := "The text"
	if s.name != "" {
		where = "The text of " + finding.Quote(s.name)
	}
	out.Message = fmt.Sprintf("%s has the form of a credential (%s).", where, k.name)
	if k.certain {
		out.Rule = certain
		out.Message = fmt.Sprintf("%s contains a credential (%s).", where, k.name)
	}
	s.p.Report(out)
}
