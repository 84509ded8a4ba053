// Package sqlite hands on what SQLite databases hold: Python's dbm and shelve keep
// pickles in them, one to a row, and so do trackers of experiments.
package sqlite

import (
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/sqlite"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens SQLite databases whose blobs are pickles, archives and the like.
// It has no rules: what the blobs do is judged by those who know them. A database
// without such blobs is no model.
var Detector = &detector.Detector{
	Name:  "sqlite",
	Match: func(h artifact.Head) bool { return h.HasPrefix(sqlite.Magic) },
	Run:   run,
}

func run(_ context.Context, p *detector.Pass) error {
	d, err := sqlite.Open(p.Reader())
	if err != nil {
		return nil // nothing that SQLite opens
	}
	found := 0
	err = d.Blobs(func(b sqlite.Blob) error {
		if encoded.Kind(b.Head) == "" {
			return nil
		}
		if found++; found == 1 {
			p.Recognised("sqlite")
		}
		held := p.Budget.Held()
		defer p.Budget.Release(held)
		content, err := d.Content(b)
		if err != nil {
			p.Incomplete(err)
			return p.Budget.Spent()
		}
		return p.Nested(p.File.Member(fmt.Sprintf("blob %d", found), hostile.Bytes(content), b.Size))
	})
	if found == 0 && p.Budget.Spent() == nil {
		return nil // damaged or not, there is nothing that a model loader takes
	}
	return err
}
