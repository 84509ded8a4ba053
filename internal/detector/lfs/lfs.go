// Package lfs recognises Git LFS pointers, so that a model that was not fetched
// is never taken for one that was scanned.
package lfs

import (
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/lfs"
)

// Detector recognises Git LFS pointers and texts that were meant to be one. It
// has no rules: a pointer is nothing bad, but nothing was read either.
var Detector = &detector.Detector{
	Name:  "lfs",
	Match: func(h artifact.Head) bool { return lfs.Looks(h.First) },
	Run:   run,
}

// run refuses a pointer: nothing is known of the object.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("git-lfs-pointer")
	pointer, err := lfs.Decode(p.Reader())
	if err != nil {
		return err
	}
	p.Refused(fmt.Sprintf("a Git LFS pointer to %d bytes: the object is not in this checkout", pointer.Size))
	return nil
}
