// Package secret finds credentials in the texts that models carry in the open:
// metadata, and configurations in archives. No output shows them.
package secret

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed documents.txt
var documentsFile string

var (
	certain = &rule.Rule{
		ID: "secret-in-model", Title: "A model contains a credential",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{312, 798}, Since: "0.1.0",
	}
	likely = &rule.Rule{
		ID: "secret-likely-in-model", Title: "A model contains what looks like a credential",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{312, 798}, Since: "0.1.0",
	}
)

// Detector reads texts: those inside of files, those that other detectors find
// in the files that they decode, and on disk those that come with models. Of
// source code on disk there are better readers.
var Detector = &detector.Detector{
	Name:  "secret",
	Rules: rule.Explain(help, certain, likely),
	Match: func(h *artifact.Head) bool {
		return (h.Depth > 0 || documents()[h.Extension()]) && h.IsText()
	},
	Run:  run,
	Text: inText,
}

// documents are the extensions of texts that lie beside models.
var documents = table.Once(documentsFile, table.Set)

const (
	// piece is how much of a file is looked at together.
	piece = 1 << 20
	// longest is the size of the longest secret, a private key.
	longest = 10 << 10
	// before is how much is looked at in front of a keyword.
	before = near + 128
)

// run looks through a file piece by piece. Pieces overlap by what a secret may
// take, so that none is cut.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	s := search{p: p, unit: 1}
	order := artifact.UTF16(r.Peek(artifact.FirstSize))
	if order != nil {
		s.unit = 2
	}
	mark := p.Budget.Held()
	kept := ""
	for first := true; r.Left() > 0; first = false {
		p.Budget.Release(mark)
		got := r.Bytes(uint64(min(piece, r.Left())))
		if r.Err() != nil {
			return r.Err()
		}
		if order != nil {
			got = artifact.Narrow(got, order)
		}
		window := kept + string(got)
		from, to := before, len(window)
		if first {
			from = 0
		}
		if r.Left() > 0 {
			to = max(from, to-longest)
		}
		s.look(window, min(from, len(window)), to)
		if first && r.Left() == 0 {
			s.named(p.File.Name(), window)
		}
		keep := max(0, to-before)
		s.at += int64(keep) * s.unit
		kept = window[keep:]
	}
	return nil
}

// inText looks through a text that a detector read in p.File. A name that tells
// what the text is, as that of a variable, is looked at together with it.
func inText(p *detector.Pass, name string, offset int64, text string) {
	s := search{p: p, at: offset, name: name}
	s.look(text, 0, len(text))
	s.named(name, text)
}

// named looks at a short text together with its name, if that is one of a
// variable which holds a secret.
func (s *search) named(name, text string) {
	if name = name[max(strings.LastIndexByte(name, '@'), strings.LastIndexByte(name, '/'))+1:]; len(text) > maxNamed || name == "" {
		return
	}
	telling := false
	keywords().All(name, func(int, int) { telling = true })
	if telling {
		s.look(name+"="+text, 0, len(name))
	}
}

// maxNamed is the longest text that is a secret by its name.
const maxNamed = 200

// A search reports each secret of one text once.
type search struct {
	p    *detector.Pass
	at   int64  // offset of the window
	unit int64  // bytes of a character; 0: the text is decoded, places in it are not places in the file
	name string // of the text, if it has one
	seen map[string]bool
}

// look reports the secrets whose keywords stand in window[from:to].
func (s *search) look(window string, from, to int) {
	keywords().All(window, func(at, i int) {
		if at >= from && at < to {
			s.keyword(&kinds()[i], window, at)
		}
	})
}

// keyword reports what stands around a keyword, if it is a secret.
func (s *search) keyword(k *kind, window string, at int) {
	start, ok := k.start(window, at)
	if !ok {
		return
	}
	if secrets, size := k.match(window, start); len(secrets) > 0 && s.fresh(secrets[0]) {
		s.report(k, s.at+int64(start)*s.unit, size, secrets)
	}
}

// fresh reports whether a secret is met for the first time.
func (s *search) fresh(secret string) bool {
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	old := s.seen[secret]
	s.seen[secret] = true
	return !old
}

// report makes the finding of a secret, which is hidden in it.
func (s *search) report(k *kind, offset int64, size int, secrets []string) {
	name := finding.Quote(s.name)
	out := finding.Finding{
		Rule: likely, Key: k.name + "/" + name, Message: k.message(name),
		Location: finding.Location{Offset: offset},
		Evidence: []finding.Step{{Offset: offset, Text: k.preview(size)}},
	}
	for _, text := range secrets {
		out.Secrets = append(out.Secrets, finding.NewSecret(text))
	}
	if k.certain {
		out.Rule = certain
	}
	s.p.Report(out)
}

// message says what the text of a name holds; the name is quoted.
func (k *kind) message(name string) string {
	where, holds := "The text", "has the form of"
	if name != "" {
		where = "The text of " + name
	}
	if k.certain {
		holds = "contains"
	}
	return fmt.Sprintf("%s %s a credential (%s).", where, holds, k.name)
}

// preview says what a secret looks like, without showing it.
func (k *kind) preview(size int) string {
	how := "start with"
	if k.within {
		how = "hold"
	}
	return fmt.Sprintf("%s, %d characters that %s %s", k.name, size, how, k.keyword)
}
