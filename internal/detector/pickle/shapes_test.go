package pickle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// shapes are values that stand in themselves, and in others over and over: whoever
// goes through one as through a tree comes to no end. Each is under the memo key 0.
func shapes() map[string]*pickletest.Stream {
	const levels, wide = 60, 50
	p := func() *pickletest.Stream { return pickletest.New(4) }
	shared := p().Str("a").Put(0).Pop()
	for range levels {
		shared.EmptyList().Mark().Get(0).Get(0).Appends().Put(0).Pop()
	}
	pairs, broad := p().Str("a"), p().Str("a").Put(0).Pop()
	for range levels {
		pairs.Op('2').Tuple(2)
	}
	for range 3 {
		broad.Mark()
		for range wide {
			broad.Get(0)
		}
		broad.TupleFromMark().Put(0).Pop()
	}
	return map[string]*pickletest.Stream{
		"a list in itself":          p().EmptyList().Put(0).Get(0).Append().Pop(),
		"a dict in itself":          p().EmptyDict().Put(0).Str("a").Get(0).SetItem().Pop(),
		"a dict in a list in it":    p().EmptyDict().Put(0).Str("a").EmptyList().Put(1).Get(0).Append().Get(1).Append().SetItem().Pop(),
		"lists of a list twice":     shared,
		"pairs of a pair":           pairs.Put(0).Pop(),
		"tuples of a tuple, often":  broad,
		"an object that has itself": p().Named("models", "Model").Tuple(0).NewObj().Put(0).EmptyDict().Str("a").Get(0).SetItem().Build().Pop(),
	}
}

// TestShapes: whatever a callable is given of which the arguments are looked
// through, the scan ends, and soon.
func TestShapes(t *testing.T) {
	roles := map[string]func(*pickletest.Stream){
		"given": func(s *pickletest.Stream) { s.Get(0).Tuple(1).Reduce() },
		"third": func(s *pickletest.Stream) { s.Get(0).Get(0).Get(0).Tuple(3).Reduce() },
		"state": func(s *pickletest.Stream) { s.Tuple(0).NewObj().Get(0).Build() },
		"code": func(s *pickletest.Stream) {
			s.Mark().Data([]byte("abcd")).Get(0).Get(0).Get(0).Str("f").TupleFromMark().Reduce()
		},
		"appended": func(s *pickletest.Stream) { s.Tuple(0).Reduce().Get(0).Append() },
	}
	names := map[string]bool{"collections OrderedDict": true, "models f": true}
	for name := range arguments() {
		names[strings.Replace(name, " *", " Model", 1)] = true
	}
	for shape, value := range shapes() {
		for role, use := range roles {
			start := time.Now()
			for name := range names {
				module, callable, _ := strings.Cut(name, " ")
				s := pickletest.Raw().Op(value.Bytes()[0], value.Bytes()[1:]...).Named(module, callable)
				use(s)
				got := detectortest.Scan([]*detector.Detector{Detector}, "model.pkl", s.Stop())
				if slices.Contains(detectortest.RuleIDs(got), "scan-crashed") {
					t.Errorf("%s, %s to %s: the scanner crashed", shape, role, name)
				}
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s, %s: %v for %d callables", shape, role, took, len(names))
			}
		}
	}
}
