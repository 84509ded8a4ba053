package pickle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

const much = 2_000_000_000

// called is a call with arguments that build pushes, one value each.
func called(s *pickletest.Stream, module, name string, build func(*pickletest.Stream)) *pickletest.Stream {
	s.Named(module, name).Mark()
	build(s)
	return s.TupleFromMark().Reduce()
}

// doubled is what an opcode makes of its operand, taken twice, n times.
func doubled(s *pickletest.Stream, n int, pair func(*pickletest.Stream, byte)) []byte {
	for i := range n {
		s.Put(byte(i)).Pop()
		pair(s, byte(i))
	}
	return s.Stop()
}

func TestExhausting(t *testing.T) {
	p := func() *pickletest.Stream { return pickletest.New(4) }
	ints := func(ns ...int32) func(*pickletest.Stream) {
		return func(s *pickletest.Stream) {
			for _, n := range ns {
				s.Int(n)
			}
		}
	}
	of := func(module, name string, build func(*pickletest.Stream)) func(*pickletest.Stream) {
		return func(s *pickletest.Stream) { called(s, module, name, build) }
	}
	nothing := ints()
	cases := []struct {
		name string
		data []byte
		want bool
	}{
		{name: "room for bytes", data: called(p(), "builtins", "bytearray", ints(much)).Stop(), want: true},
		{name: "room for a few bytes", data: called(p(), "builtins", "bytearray", ints(4096)).Stop()},
		{name: "a text, many times", data: called(p(), "operator", "mul", func(s *pickletest.Stream) { s.Str("a").Int(much) }).Stop(), want: true},
		{name: "a text, as often as a product says", want: true,
			data: called(p(), "operator", "mul", func(s *pickletest.Stream) { s.Str("a"); called(s, "operator", "mul", ints(1<<16, 1<<16)) }).Stop()},
		{name: "a list, many times", data: called(p(), "operator", "mul", func(s *pickletest.Stream) { s.EmptyList().None().Append().Int(much) }).Stop(), want: true},
		{name: "a range", data: called(p(), "builtins", "range", ints(much)).Stop()},
		{name: "a range, walked", data: called(p(), "builtins", "list", of("builtins", "range", ints(0, much, 2))).Stop(), want: true},
		{name: "a range of few steps, walked", data: called(p(), "builtins", "list", of("builtins", "range", ints(0, much, much/4))).Stop()},
		{name: "a range, counted", data: called(p(), "builtins", "sum", of("builtins", "reversed", of("builtins", "range", ints(much)))).Stop(), want: true},
		{name: "an iterator without end", data: called(p(), "itertools", "count", nothing).Stop()},
		{name: "an iterator without end, walked", data: called(p(), "collections", "deque", of("itertools", "count", nothing)).Stop(), want: true},
		{name: "the head of an iterator without end", data: called(p(), "builtins", "list", of("itertools", "islice", func(s *pickletest.Stream) {
			called(s, "itertools", "count", nothing).Int(3)
		})).Stop()},
		{name: "an item for ever", data: called(p(), "builtins", "tuple", of("itertools", "repeat", ints(1))).Stop(), want: true},
		{name: "an item a few times", data: called(p(), "builtins", "tuple", of("itertools", "repeat", ints(1, 3))).Stop()},
		{name: "pairs as long as the shorter", data: called(p(), "builtins", "dict", of("builtins", "zip", func(s *pickletest.Stream) {
			s.Str("abc")
			called(s, "itertools", "count", nothing)
		})).Stop()},
		{name: "combinations", data: called(p(), "builtins", "list", of("itertools", "product", func(s *pickletest.Stream) {
			for range 3 {
				called(s, "builtins", "range", ints(5000))
			}
		})).Stop(), want: true},
		{name: "permutations", data: called(p(), "builtins", "list", of("itertools", "permutations", func(s *pickletest.Stream) {
			called(s, "builtins", "range", ints(1000)).Int(4)
		})).Stop(), want: true},
		{name: "a power", data: called(p(), "builtins", "pow", ints(10, much)).Stop(), want: true},
		{name: "a power of a modulus", data: called(p(), "builtins", "pow", ints(10, much, 97)).Stop()},
		{name: "a shift", data: called(p(), "operator", "lshift", ints(1, much)).Stop(), want: true},
		{name: "bytes of a number", data: called(p(), "builtins", "int.to_bytes", func(s *pickletest.Stream) { s.Int(much).Int(8).Str("big") }).Stop()},
		{name: "a factorial", data: called(p(), "math", "factorial", ints(100_000_000)).Stop(), want: true},
		{name: "a factorial of ten million", data: called(p(), "math", "factorial", ints(10_000_000)).Stop(), want: true},
		{name: "a small factorial", data: called(p(), "math", "factorial", ints(1000)).Stop()},
		{name: "a power that takes minutes", data: called(p(), "builtins", "pow", ints(3, 100_000_000)).Stop(), want: true},
		{name: "a binomial coefficient", data: called(p(), "math", "comb", ints(10_000_000, 5_000_000)).Stop(), want: true},
		{name: "a small binomial coefficient", data: called(p(), "math", "comb", ints(10_000_000, 2)).Stop()},
		{name: "a fraction of many digits", data: called(p(), "fractions", "Fraction", func(s *pickletest.Stream) { s.Str("1e100000000") }).Stop(), want: true},
		{name: "a decimal of many digits", data: called(p(), "decimal", "Decimal", func(s *pickletest.Stream) { s.Str("1e100000000") }).Stop()},
		{name: "a number of many digits", want: true,
			data: called(p(), "builtins", "int", of("decimal", "Decimal", func(s *pickletest.Stream) { s.Str("1E+100_000_000") })).Stop()},
		{name: "a number of few digits", data: called(p(), "builtins", "int", of("decimal", "Decimal", func(s *pickletest.Stream) { s.Str("1e30") })).Stop()},
		{name: "random bytes", data: called(p(), "random", "randbytes", ints(much)).Stop(), want: true},
		{name: "a wide structure", data: called(p(), "struct", "pack", func(s *pickletest.Stream) { s.Str("2000000000s").Data([]byte("a")) }).Stop(), want: true},
		{name: "a network", data: called(p(), "ipaddress", "ip_network", func(s *pickletest.Stream) { s.Str("0.0.0.0/0") }).Stop()},
		{name: "all addresses of a network", want: true,
			data: called(p(), "builtins", "max", of("ipaddress", "ip_network", func(s *pickletest.Stream) { s.Str("::/64") })).Stop()},
		{name: "all addresses of a small network",
			data: called(p(), "builtins", "list", of("ipaddress", "ip_network", func(s *pickletest.Stream) { s.Str("10.0.0.0/24") })).Stop()},
		{name: "a wide field", data: called(p(), "operator", "mod", func(s *pickletest.Stream) { s.Str("%2000000000d").Int(1) }).Stop(), want: true},
		{name: "an array", data: called(p(), "numpy", "ones", func(s *pickletest.Stream) { s.Int(1 << 16).Int(1 << 16).Tuple(2) }).Stop(), want: true},
		{name: "an array of nothing", data: called(p(), "numpy._core.multiarray", "_reconstruct", func(s *pickletest.Stream) {
			s.Named("numpy", "ndarray").Int(0).Tuple(1).Data([]byte("b"))
		}).Stop()},
		{name: "a text that is doubled", want: true, data: doubled(p().Str("abcdefgh"), 40, func(s *pickletest.Stream, key byte) {
			s.Global("operator", "concat").Get(key).Get(key).Tuple(2).Reduce()
		})},
		{name: "a little from each of many calls", want: true, data: func() []byte {
			s := p().EmptyList().Mark()
			for range 20 {
				called(s, "builtins", "bytes", ints(20_000_000))
			}
			return s.Appends().Stop()
		}()},
		{name: "tuples in tuples", want: true, data: doubled(p().Tuple(0), 60, func(s *pickletest.Stream, key byte) { s.Get(key).Get(key).Tuple(2) })},
		{name: "lists in lists", want: true, data: doubled(p().EmptyList(), 60, func(s *pickletest.Stream, key byte) {
			s.EmptyList().Mark().Get(key).Get(key).Appends()
		})},
		{name: "a few tuples in tuples", data: doubled(p().Tuple(0), 10, func(s *pickletest.Stream, key byte) { s.Get(key).Get(key).Tuple(2) })},
		{name: "a key of the memo", data: p().None().Op('r', 0, 0, 0, 0x7f).Stop(), want: true},
		{name: "a low key of the memo", data: p().None().Op('r', 0, 0, 1, 0).Stop()},
	}
	for _, c := range cases {
		f := detectortest.Scan([]*detector.Detector{pickle.Detector}, "model.pkl", c.data)
		if got := slices.Contains(detectortest.RuleIDs(f), "pickle-exhausts"); got != c.want {
			t.Errorf("%s: got %q, want pickle-exhausts: %v", c.name, detectortest.RuleIDs(f), c.want)
		}
	}
}

func TestExhaustingIsTold(t *testing.T) {
	data := called(pickletest.New(4), "builtins", "bytes", func(s *pickletest.Stream) { s.Int(much) }).Stop()
	want := "calls builtins.bytes(2000000000). That takes more than 10^9 steps or bytes, in a file of "
	for _, f := range detectortest.Scan([]*detector.Detector{pickle.Detector}, "model.pkl", data).Findings {
		if !strings.Contains(f.Message, want) {
			t.Errorf("got %q, want %q in it", f.Message, want)
		}
	}
}
