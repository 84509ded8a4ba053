// Package dbm hands on what the databases of keys and values hold that Python's
// dbm and shelve keep pickles in.
package dbm

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/dbm"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens databases of GNU dbm and Berkeley DB whose values are pickles,
// archives and the like. It has no rules: what the values do is judged by those
// who know them. A database without such values is no model.
var Detector = &detector.Detector{
	Name:  "dbm",
	Match: func(h *artifact.Head) bool { return dbm.Sniff(h.First) != "" },
	Run:   run,
}

// run looks into the values of a database. One without any that a loader takes
// is not recognised: programs of all kinds write such files.
func run(_ context.Context, p *detector.Pass) error {
	d, err := dbm.Open(p.Reader())
	if d.Kind == "" {
		return nil
	}
	s := shelf{Pass: p, database: d}
	if err == nil {
		err = d.Items(s.item)
	}
	if !s.recognised && p.Budget.Spent() == nil {
		return nil // damaged or not, there is nothing that a model loader takes
	}
	return err
}

// A shelf is a database whose values are looked at.
type shelf struct {
	*detector.Pass
	database   *dbm.Database
	recognised bool
}

// leastPickle is the size of the smallest pickle that imports anything.
const leastPickle = 8

// item hands on a value that may be a pickle, of any protocol, or a file of
// another kind.
func (s *shelf) item(it dbm.Item) error {
	known := encoded.Kind(it.Head) != ""
	if it.Size < leastPickle || !known && !pickle.Code(it.Head[0]).Known() {
		return nil
	}
	held := s.Budget.Held()
	defer s.Budget.Release(held)
	content, err := s.database.Content(it)
	if known || stops(content) {
		s.recognise()
	}
	if err != nil {
		if s.recognised {
			s.Incomplete(err)
		}
		return s.Budget.Spent()
	}
	name := "value"
	if it.Key != "" {
		name = "value of " + it.Key
	}
	return s.Nested(s.File.Member(name, content, it.Size))
}

// stops reports whether content ends as a pickle does.
func stops(content *hostile.Pieces) bool {
	var last [1]byte
	n, _ := content.ReadAt(last[:], content.Size-1)
	return n == 1 && last[0] == '.'
}

// recognise tells the scan once that the database holds something of interest.
func (s *shelf) recognise() {
	if !s.recognised {
		s.recognised = true
		s.Recognised(s.database.Kind)
	}
}
