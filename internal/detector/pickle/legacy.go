package pickle

import (
	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// magic is what the first of the five pickles of PyTorch's older format holds
// (torch/serialization.py, MAGIC_NUMBER).
const magic = "119547037146038801333356" // 0x1950a86a20f9469cfc6c

// legacyStreams is how many pickles stand before the storages: magic, protocol,
// system, object, keys.
const legacyStreams = 5

// legacy follows PyTorch's older format through its pickles.
type legacy struct {
	is      bool
	streams int
	sizes   map[string]int64 // bytes of an element, by the storage's key
	keys    []string
}

// legacyResult is what a pickle of that format says about the storages.
type legacyResult struct {
	magic bool
	keys  []string
}

// conclude reads what the loaded object of a pickle means for the format.
func (o *outcome) conclude() legacyResult {
	var res legacyResult
	m := o.machine
	if n, ok := m.Int(m.Result()); ok {
		res.magic = n.String() == magic
	}
	if m.Kind(m.Result()) == pickle.List {
		items, _ := m.Items(m.Result())
		for _, v := range items {
			if s, ok := m.Str(v); ok {
				res.keys = append(res.keys, s)
			}
		}
	}
	return res
}

func (l *legacy) add(o *outcome) {
	if l.streams == 0 {
		l.is = o.result.magic
	}
	l.streams++
	l.keys = o.result.keys
}

// complete reports whether the storages come next.
func (l *legacy) complete() bool { return l.is && l.streams == legacyStreams }

// storages accounts for the storages behind the pickles: for each key, a count
// of eight bytes and as many elements.
func (s *session) storages(at int64) {}
