package coreml

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Text judges the programs of compiled models, which are text: model.mil in a
// directory of Core ML's compiler.
var Text = &detector.Detector{
	Name:  "coreml-program",
	Rules: rule.Explain(help, escape),
	Match: func(h *artifact.Head) bool { return h.HasPrefix("program(1") },
	Run:   runText,
}

// blobs match where a program says that a constant's value lies in a file.
var blobs = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`BLOBFILE\s*\(\s*path\s*=\s*(?:tensor\s*<\s*string\s*,\s*\[\s*\]\s*>|string)\s*\(\s*"((?:[^"\\]|\\.)*)"`)
})

// runText looks at every file that the program reads.
func runText(_ context.Context, p *detector.Pass) error {
	if err := p.Budget.Steps(p.File.Size); err != nil {
		return err
	}
	r := p.Reader()
	text := r.Bytes(uint64(p.File.Size))
	if r.Err() != nil {
		return r.Err()
	}
	p.Recognised("coreml-program")
	var causes finding.Causes
	for _, m := range blobs().FindAllSubmatchIndex(text, -1) {
		if path := string(text[m[2]:m[3]]); escapes(path) {
			name := finding.Quote(path)
			causes.At(escape, name, fmt.Sprintf("The model reads weights from %s.", name)).Add(int64(m[0]), "path: %s", name)
		}
	}
	causes.Report(p.Report)
	return nil
}
