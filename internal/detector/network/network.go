// Package network finds addresses in the code that models carry which say
// something about who is at the other end: where data is sent to, and where code
// may come from.
package network

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/address"
	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var inCode = &rule.Rule{
	ID: "network-address-in-code", Title: "Code of the model holds an address that hides who is behind it",
	Severity: rule.Low, Precision: rule.Possible, CWE: []int{829}, Since: "0.1.0",
}

// Detector looks at templates, and at code and layers inside of models. Prose,
// vocabularies and metadata are full of addresses, and nothing follows those.
var Detector = &detector.Detector{
	Name:  "network",
	Rules: rule.Explain(help, inCode),
	Match: func(h *artifact.Head) bool { return language(h) != nil },
	Run:   run,
}

// A reader returns what of a text is code, as texts with their offsets.
type reader func(text string) []piece

type piece struct {
	text   string
	offset int
}

// languages are the readers of code by the extension of its file.
var languages = map[string]reader{
	".jinja": without(`(?s)\{#.*?#\}`), ".jinja2": without(`(?s)\{#.*?#\}`), ".j2": without(`(?s)\{#.*?#\}`),
	".py": pythonStrings,
	".sh": without(`(?m)^\s*#.*$`), ".bash": without(`(?m)^\s*#.*$`), ".ps1": without(`(?m)^\s*#.*$`),
	".bat": without(`(?im)^\s*(rem|::).*$`), ".cmd": without(`(?im)^\s*(rem|::).*$`),
	".js": without(`(?s)/\*.*?\*/|(?m)^\s*//.*$`), ".lua": without(`(?m)^\s*--.*$`),
}

// templates are on disk what others are only inside of models.
var templates = map[string]bool{".jinja": true, ".jinja2": true, ".j2": true}

// language returns how a file is read, or nil if nothing runs it.
func language(h *artifact.Head) reader {
	extension := h.Extension()
	switch {
	case h.Depth == 0 && !templates[extension]:
		return nil
	case languages[extension] != nil:
		return languages[extension]
	case h.HasPrefix("#!"):
		return languages[".sh"]
	case h.Base() == "config.json" && bytes.Contains(h.First, []byte(`"class_name"`)):
		return without(`^$`) // layers of Keras
	}
	return nil
}

// without returns a reader of all of a text but what matches, which is
// overwritten, so that offsets stay.
func without(comment string) reader {
	pattern := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(comment) })
	return func(text string) []piece {
		blank := func(s string) string { return strings.Repeat(" ", len(s)) }
		return []piece{{text: pattern().ReplaceAllStringFunc(text, blank)}}
	}
}

// pythonStrings returns the strings of a program that are no documentation.
func pythonStrings(text string) []piece {
	var out []piece
	tokens, _ := python.Tokens(text)
	for i, t := range tokens {
		alone := (i == 0 || tokens[i-1].Kind >= python.Newline) && (i+1 == len(tokens) || tokens[i+1].Kind == python.Newline)
		if t.Kind == python.Text && !alone {
			out = append(out, piece{t.Text, t.Offset})
		}
	}
	return out
}

// maxCode is how much of a file is looked at: more is no code that people write.
const maxCode = 32 << 20

func run(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return err
	}
	read := language(head)
	r := p.Reader()
	if read == nil || p.Budget.Steps(r.Left()) != nil {
		return nil
	}
	mark := p.Budget.Held()
	defer p.Budget.Release(mark)
	text := r.Bytes(uint64(min(r.Left(), maxCode)))
	if r.Err() != nil {
		return r.Err()
	}
	if r.Left() > 0 && bytes.IndexByte(text, 0) < 0 {
		p.Incomplete(r.Fail(hostile.Unsupported, "code of %d bytes: no more than %d are read", r.End(), maxCode))
	}
	var causes finding.Causes
	for _, piece := range read(string(text)) {
		for _, a := range address.Find(piece.text) {
			if a.Kind == "short" && head.Extension() == ".py" {
				continue // in messages, which nothing follows
			}
			shown := finding.Quote(a.Text)
			message := fmt.Sprintf("The code of the model holds the address %s, the host of which %s.", shown, a.Why)
			causes.At(inCode, a.Kind, message).Add(int64(piece.offset+a.Offset), "%s: the host %s", shown, a.Why)
		}
	}
	causes.Report(p.Report)
	return nil
}
