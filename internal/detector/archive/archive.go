// Package archive opens archives: every member goes back to the scan, and what
// the archive itself does to hide, to escape or to exhaust is reported.
package archive

import (
	"context"
	_ "embed"
	"errors"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

// Detector reads archives of many files.
var Detector = &detector.Detector{
	Container: true,
	Name:      "archive",
	Rules: rule.Explain(help, pathEscapes, linkEscapes, headersDisagree, falseEncryption, hiddenMember,
		directoryLies, severalDirectories, overlap, duplicate, similarNames, ambiguousName, contentDiffers,
		bombLike, highRatio, extraBytes, specialFile, polyglot),
	Match: func(h *artifact.Head) bool { return isTar(h) || isSevenZip(h) || isZip(h) },
	Run: func(_ context.Context, p *detector.Pass) error {
		head, err := p.File.Head()
		if err != nil {
			return err
		}
		p, flush := limited(p)
		defer flush()
		if isSevenZip(head) {
			return runSevenZip(p)
		}
		if !isTar(head) {
			return runZip(p)
		}
		// A zip archive whose end record lies at the end of a tar archive may
		// be a member of it, or stand behind it.
		inside := zipExtent(p, head)
		wrapped, err := runTar(p, inside)
		if inside.End == 0 || wrapped {
			return err
		}
		return errors.Join(err, runZip(p))
	},
}
