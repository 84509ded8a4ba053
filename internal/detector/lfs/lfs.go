// Package lfs recognises the pointers of Git LFS and git-annex, so that a model that was not fetched
// is never taken for one that was scanned.
package lfs

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/lfs"
)

// Detector recognises pointers and texts that were meant to be one. It
// has no rules: a pointer is nothing bad, but nothing was read either.
var Detector = &detector.Detector{
	Name:  "lfs",
	Match: func(h *artifact.Head) bool { return lfs.Looks(h.First) || annexed(h) },
	Run:   run,
}

// run refuses a pointer: nothing is known of the object.
func run(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return err
	}
	if annexed(head) {
		p.Recognised("git-annex-pointer")
		p.Refused("a git-annex pointer: the object is not in this checkout")
		return nil
	}
	p.Recognised("git-lfs-pointer")
	pointer, err := lfs.Decode(p.Reader())
	if err != nil {
		return err
	}
	p.Refused(fmt.Sprintf("a Git LFS pointer to %d bytes: the object is not in this checkout", pointer.Size))
	return nil
}

// annexLink is how git-annex writes where an object is: in a file that stands for
// it, and as the target of a link, which is a text where there are no links
// (https://git-annex.branchable.com/internals/pointer_file/).
var annexLink = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(/annex|(\.\./)*\.git/annex)/objects/[^\n]+\n?`)
})

// annexed reports whether a file is a pointer of git-annex.
func annexed(h *artifact.Head) bool {
	const longest = 32 << 10 // of a pointer (Annex/Link.hs, maxPointerSz)
	return h.Size < longest && h.IsText() && annexLink().Match(h.First)
}
