// Package sqlite hands on what SQLite databases hold: Python's dbm and shelve keep
// pickles in them, one to a row, and so do trackers of experiments.
package sqlite

import (
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/sqlite"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens SQLite databases whose blobs are pickles, archives and the like, or
// whose texts encode such.
// It has no rules: what the blobs do is judged by those who know them. A database
// without such blobs is no model.
var Detector = &detector.Detector{
	Name:  "sqlite",
	Match: func(h *artifact.Head) bool { return h.HasPrefix(sqlite.Magic) },
	Run:   run,
}

// leastPickle is the size of the smallest pickle that imports anything.
const leastPickle = 8

// pickled reports whether content is one pickle and nothing else: those of
// protocols 0 and 1 have no signature to tell them by.
func pickled(content *hostile.Pieces, budget *hostile.Budget) bool {
	r := hostile.NewReader(content, content.Size, budget)
	for range pickle.Ops(r) {
	}
	return r.Err() == nil && r.Left() == 0
}

// maxText is how much of a text is looked into.
const maxText = 4 << 20

// text shows a text that encodes something: values are kept in base64 where a column
// is of text.
func text(p *detector.Pass, d *sqlite.Database, b sqlite.Blob) error {
	if !encoded.Promising(b.Head) {
		return nil
	}
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	content, err := d.Content(b)
	if err != nil {
		return p.Budget.Spent()
	}
	size := min(content.Size, maxText)
	if err := p.Budget.Hold(uint64(size)); err != nil {
		return err
	}
	value := make([]byte, size)
	n, _ := content.ReadAt(value, 0)
	p.Text("", b.Offset(), string(value[:n]))
	return p.Budget.Spent()
}

// run hands on blobs that start like something that a loader takes, and those
// that may be pickles.
func run(_ context.Context, p *detector.Pass) error {
	d, err := sqlite.Open(p.Reader())
	if err != nil {
		return nil // nothing that SQLite opens
	}
	found := 0
	err = d.Blobs(func(b sqlite.Blob) error {
		if b.Text {
			return text(p, d, b)
		}
		known := encoded.Kind(b.Head) != ""
		if !known && (len(b.Head) == 0 || b.Size < leastPickle || !pickle.Code(b.Head[0]).Known()) {
			return nil
		}
		held := p.Budget.Held()
		defer p.Budget.Release(held)
		content, err := d.Content(b)
		name := "blob"
		if known || err == nil && pickled(content, p.Budget) {
			if found++; found == 1 {
				p.Recognised("sqlite")
			}
			name = fmt.Sprintf("blob %d", found)
		}
		switch {
		case err != nil && !known:
			return p.Budget.Spent()
		case err != nil:
			p.Incomplete(err)
			return p.Budget.Spent()
		}
		return p.Nested(p.File.Member(name, content, content.Size))
	})
	if found == 0 && p.Budget.Spent() == nil {
		return nil // damaged or not, there is nothing that a model loader takes
	}
	return err
}
