package pickle

import (
	"math"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
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
	all     bool // keys are all
}

// legacyResult is what a pickle of that format says about the storages.
type legacyResult struct {
	magic bool
	keys  []string
	all   bool
}

// conclude reads what the loaded object of a pickle means for the format.
func (o *outcome) conclude() legacyResult {
	var res legacyResult
	m := o.machine
	if n, ok := m.Int(m.Result()); ok {
		res.magic = n.String() == magic
	}
	if m.Kind(m.Result()) != pickle.List {
		return res
	}
	items, all := m.Items(m.Result())
	res.all = all
	for _, v := range items {
		s, ok := m.Str(v)
		res.keys, res.all = append(res.keys, s), res.all && ok
	}
	return res
}

// add takes the next pickle of the file. The last one of the five holds the
// keys.
func (l *legacy) add(o *outcome) {
	if l.streams == 0 {
		l.is = o.result.magic
	}
	l.streams++
	l.keys, l.all = o.result.keys, o.result.all
}

// complete reports whether the storages come next.
func (l *legacy) complete() bool { return l.is && l.streams == legacyStreams }

// elementSizes are the bytes of an element by the name of the storage's class,
// without "Storage" (torch/storage.py).
var elementSizes = map[string]int64{
	"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
	"Bool": 1, "ComplexDouble": 16, "ComplexFloat": 8, "QUInt8": 1, "QInt8": 1, "QInt32": 4, "QUInt4x2": 1,
	"QUInt2x4": 1, "Untyped": 1,
}

// maxStorages bounds how many storages' sizes are remembered.
const maxStorages = 1 << 20

// storage notes a persistent id ("storage", class, key, location, count, …).
func (l *legacy) storage(m *pickle.Machine, id pickle.Value) {
	items, _ := m.Items(id)
	if !l.is || len(items) < 5 || len(l.sizes) >= maxStorages {
		return
	}
	class := m.Name(items[1])
	key, ok := m.Str(items[2])
	if class == nil || !ok {
		return
	}
	if l.sizes == nil {
		l.sizes = make(map[string]int64)
	}
	name := class.Name[strings.LastIndexByte(class.Name, '.')+1:]
	if size, ok := elementSizes[strings.TrimSuffix(name, "Storage")]; ok {
		l.sizes[key] = size
	}
}

// storages accounts for the storages behind the pickles: for each key, a count
// of eight bytes and as many elements. What lies behind them is searched.
func (s *session) storages(at int64) {
	s.p.Recognised("pytorch-legacy")
	r := s.r
	r.MoveTo(at)
	for _, key := range s.legacy.keys {
		size, ok := s.legacy.sizes[key]
		if !ok {
			r.Fail(hostile.Unsupported, "the storage %q is of no known type", key)
		}
		count := r.UintLE(8)
		if r.Err() == nil && count > math.MaxInt64/16 {
			r.Fail(hostile.Malformed, "a storage of %d elements is claimed", count)
		}
		if r.Skip(count * uint64(size)); r.Err() != nil || !r.Step() {
			s.faults = append(s.faults, r.Err())
			return
		}
	}
	if !s.legacy.all {
		r.Fail(hostile.Unsupported, "not all keys of storages are known")
		s.faults = append(s.faults, r.Err())
		return
	}
	s.p.Weights(at, r.Offset()-at)
	if r.Offset() < s.p.File.Size {
		s.carve(r.Offset())
	}
}
