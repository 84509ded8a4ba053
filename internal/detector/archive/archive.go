// Package archive opens archives: every member goes back to the scan, and what
// the archive itself does to hide, to escape or to exhaust is reported.
package archive

import (
	"context"
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

// Detector reads zip archives.
var Detector = &detector.Detector{
	Name: "archive",
	Rules: rule.Explain(help, pathEscapes, linkEscapes, headersDisagree, falseEncryption, hiddenMember,
		directoryLies, severalDirectories, overlap, duplicate, similarNames, ambiguousName, contentDiffers,
		bombLike, highRatio, extraBytes),
	Match: func(h artifact.Head) bool { return isZip(h) },
	Run: func(ctx context.Context, p *detector.Pass) error {
		head, err := p.File.Head()
		if err != nil {
			return err
		}
		if isZip(head) {
			return runZip(p)
		}
		return nil
	},
}
