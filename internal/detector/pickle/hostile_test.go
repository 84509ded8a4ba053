package pickle_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	pickleformat "github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

var all = []*detector.Detector{pickle.Detector}

// TestChangedBytes: whatever one byte of a pickle becomes, the scan ends and
// does not crash.
func TestChangedBytes(t *testing.T) {
	data := pickletest.New(4).Frame(0).Named("functools", "partial").Named("os", "system").Str("echo poc").Tuple(2).Reduce().
		EmptyDict().Mark().Str("a").Int(1).SetItems().Build().Memoize().Mark().Get(0).Appends().Tuple(0).Reduce().Stop()
	for i := range data {
		for c := range 256 {
			changed := slices.Clone(data)
			changed[i] = byte(c)
			got := detectortest.Scan(all, "model.pkl", changed)
			if slices.Contains(detectortest.RuleIDs(got), "scan-crashed") {
				t.Fatalf("byte %d as %#02x: the scanner crashed", i, c)
			}
			if got.Status == audit.NotAModel {
				t.Errorf("byte %d as %#02x: %s", i, c, got.Status)
			}
		}
	}
}

// TestBombs: what is small to write and large to follow ends in seconds.
func TestBombs(t *testing.T) {
	repeat := func(s *pickletest.Stream, n int, add func(*pickletest.Stream)) []byte {
		for range n {
			add(s)
		}
		return s.Stop()
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"doubling", repeat(pickletest.New(4).EmptyList(), 200_000, func(s *pickletest.Stream) { s.Op('2').Tuple(2) })},
		{"depth", repeat(pickletest.New(4).None(), 200_000, func(s *pickletest.Stream) { s.Tuple(1) })},
		{"marks", repeat(pickletest.New(4), 1_000_000, func(s *pickletest.Stream) { s.Mark() })},
		{"lists", repeat(pickletest.New(4), 1_000_000, func(s *pickletest.Stream) { s.EmptyList() })},
		{"calls", repeat(pickletest.New(4).Named("models", "f").Put(0), 200_000, func(s *pickletest.Stream) { s.Get(0).Tuple(0).Reduce() })},
		{"maps of maps", repeat(pickletest.New(4).Named("builtins", "len").Put(0), 60, func(s *pickletest.Stream) {
			s.Pop().Named("functools", "partial").Named("builtins", "list").Named("builtins", "map").Get(0).
				EmptyList().Int(1).Append().Int(2).Append().Tuple(2).Reduce().Tuple(2).Reduce().Put(0)
		})},
		{"source", repeat(pickletest.New(4).Str("def f(self):\n"+strings.Repeat("    torch.relu(x)\n", 50_000)).Put(0).Tuple(1).Put(1).Pop().Named("torch.fx.graph_module", "reduce_graph_module").Put(2), 20_000, func(s *pickletest.Stream) {
			s.Get(2).Get(1).Reduce().Pop()
		})},
		{"one text, formatted many times", repeat(computed(pickletest.New(4)).Str("os").Named("builtins", "str.format"), 1, func(s *pickletest.Stream) {
			s.Named("operator", "mul").Str("{0}").Int(60_000).Tuple(2).Reduce().Get(0).Tuple(2).Reduce().StackGlobal()
		})},
		{"one text in the place of many letters", repeat(pickletest.New(4).Str("os").Named("builtins", "str.translate"), 1, func(s *pickletest.Stream) {
			s.Named("operator", "mul").Str("b").Int(60_000).Tuple(2).Reduce()
			s.EmptyDict().Int('b').Str(strings.Repeat("a", 1<<20)).SetItem().Tuple(2).Reduce().StackGlobal()
		})},
		{"one long name many times", repeat(computed(pickletest.New(4)), 5_000, func(s *pickletest.Stream) { s.Get(0).Str("b").StackGlobal().Pop() })},
		{"one long text given many times", repeat(computed(pickletest.New(4)).Named("models", "f").Put(1), 20_000, func(s *pickletest.Stream) {
			s.Pop().Get(1).Get(0).Tuple(1).Reduce()
		})},
		{"name of many parts", repeat(pickletest.New(4), 1, func(s *pickletest.Stream) {
			s.Global(strings.Repeat("a.", 10_000)+"a", strings.Repeat("b.", 10_000)+"b")
		})},
		{"name in the place of what it is part of", pickletest.New(4).Global("models", "net.x").Put(0).Pop().Global("models", "net").
			EmptyDict().Str("x").Get(0).SetItem().Build().Pop().Global("models", "net.x.y").Stop()},
		{"one state many times", repeat(manyStates(pickletest.New(4)), 10, func(s *pickletest.Stream) { s.Get(1).Build() })},
		{"claimed", pickletest.New(4).None().None().Op('B', 0xff, 0xff, 0xff, 0x7f).Bytes()},
	} {
		start := time.Now()
		got := detectortest.Scan(all, "model.pkl", c.data)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %d bytes took %v (%s)", c.name, len(c.data), took, got.Status)
		}
	}
}

// computed adds a text of 8 MiB that is computed, under the key 0.
func computed(s *pickletest.Stream) *pickletest.Stream {
	return s.Named("operator", "mul").Str("a").Int(8 << 20).Tuple(2).Reduce().Put(0).Pop()
}

// manyStates adds a class, and under the key 1 a tuple of one dict many times over.
func manyStates(s *pickletest.Stream) *pickletest.Stream {
	const many = 50_000
	s.EmptyDict().Put(0).Mark()
	for i := range many {
		s.Int(int32(i)).None()
	}
	s.SetItems().Pop().Mark()
	for range many {
		s.Get(0)
	}
	return s.TupleFromMark().Put(1).Pop().Named("collections", "OrderedDict")
}

// TestTextsAreRead: what a call runs, and is too long or too much to read, is not
// passed over.
func TestTextsAreRead(t *testing.T) {
	const runs = "print('poc')"
	tired := pickletest.New(4).Str(strings.Repeat("a", 1<<20)).Put(0).Tuple(1).Put(1).Pop().Named("torch.fx.graph_module", "reduce_graph_module").Put(2)
	for range 100 {
		tired.Get(2).Get(1).Reduce().Pop()
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"long", pickletest.New(4).Named("sympy.core.add", "Add").Str(strings.Repeat("1+", 17<<20) + runs).Tuple(1).Reduce().Stop()},
		{"behind much", tired.Named("sympy.core.add", "Add").Str(runs).Tuple(1).Reduce().Stop()},
		{"names of code that are no tuple", codeOf("types", "CodeType", func(b *pickletest.Stream) { b.EmptyList().Str("eval").Append() }).Stop()},
		{"deep", inLists(pickletest.New(4).Named("sympy.core.add", "Add"), 100, runs).Tuple(1).Reduce().Stop()},
	} {
		if got := detectortest.Scan(all, "model.pkl", c.data); got.Status != audit.Incomplete {
			t.Errorf("%s: got %s %v, want incomplete", c.name, got.Status, detectortest.RuleIDs(got))
		}
	}
}

// legacyTorch is a file of PyTorch's older format with one storage of n floats.
func legacyTorch(object *pickletest.Stream, n int) []byte {
	out := pickletest.New(2).Op(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).Stop()
	out = slices.Concat(out, pickletest.New(2).Int(1001).Stop(), pickletest.New(2).EmptyDict().Stop(), object.Stop(),
		pickletest.New(2).EmptyList().Str("0").Append().Stop())
	out = binary.LittleEndian.AppendUint64(out, uint64(n))
	return append(out, make([]byte, 4*n)...)
}

func TestLegacyTorch(t *testing.T) {
	sound := legacyTorch(tensor(6, 2, 3), 6)
	for _, c := range []struct {
		name   string
		data   []byte
		rules  []string
		status audit.Status
	}{
		{"sound", sound, nil, audit.Clean},
		{"cut", sound[:len(sound)-1], nil, audit.Incomplete},
		{"object", legacyTorch(tensor(6, 2, 3).Pop().Call("os", "system", "echo poc"), 6), []string{"pickle-executes-code"}, audit.Findings},
		{"behind the storages, without a protocol", slices.Concat(sound, []byte("..X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93X\x08\x00\x00\x00echo poc\x85R.")), []string{"pickle-executes-code"}, audit.Findings},
		{"more behind the storages than is tried", slices.Concat(sound, bytes.Repeat([]byte("\x80\x04N"), 1<<16+1)), nil, audit.Incomplete},
		{"behind the storages", slices.Concat(sound, shell), []string{"pickle-executes-code"}, audit.Findings},
	} {
		got := detectortest.Scan(all, "model.pt", c.data)
		if got.Status != c.status || !slices.Equal(detectortest.RuleIDs(got), c.rules) {
			t.Errorf("%s: got %s %v (%s), want %s %v", c.name, got.Status, detectortest.RuleIDs(got), got.Reason, c.status, c.rules)
		}
	}
}

// TestLongEncoded: a tensor that is longer than texts are computed of is read in the
// text that it is encoded of.
func TestLongEncoded(t *testing.T) {
	const n = pickleformat.LongestText / 4
	of := func(object *pickletest.Stream) []byte {
		return pickletest.New(2).Named("torch.storage", "_load_from_bytes").Encoded(legacyTorch(object, n)).Tuple(1).Reduce().Stop()
	}
	for _, c := range []struct {
		name   string
		data   []byte
		rules  []string
		status audit.Status
	}{
		{"sound", of(tensor(n, 1, n)), nil, audit.Clean},
		{"object", of(tensor(n, 1, n).Pop().Call("os", "system", "echo poc")), []string{"pickle-executes-code"}, audit.Findings},
	} {
		got := detectortest.Scan(all, "model.pkl", c.data)
		if got.Status != c.status || !slices.Equal(detectortest.RuleIDs(got), c.rules) {
			t.Errorf("%s: got %s %v (%s), want %s %v", c.name, got.Status, detectortest.RuleIDs(got), got.Reason, c.status, c.rules)
		}
	}
}

// TestManyPickles: what one pickle takes is given back before the next, so that a
// file may hold any number of them.
func TestManyPickles(t *testing.T) {
	one := pickletest.New(4).EmptyList().Memoize().Get(0).Append().Stop()
	data := bytes.Repeat(one, 50_000)
	if got := detectortest.Scan(all, "log.pkl", data); got.Status != audit.Clean {
		t.Errorf("got %s (%s), want clean", got.Status, got.Reason)
	}
}
