package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// A classMethod is a class method as cloudpickle writes it by value, and a call of it.
type classMethod struct {
	bytecode     string
	flags, stack int32
	name         string                                                       // the one that the code has, if any
	old          bool                                                         // by Python 3.8 to 3.10
	class        [2]string                                                    // of which it is the method
	state        func(*pickletest.Stream) *pickletest.Stream                  // adds attributes for _function_setstate
	after        func(f *pickletest.Stream, function byte) *pickletest.Stream // comes between making and calling
	arguments    int
}

// stream is the pickle.
func (c classMethod) stream() []byte {
	const function = 1
	s := pickletest.New(4).Named("numba.cloudpickle.cloudpickle", "_make_function").Op('(')
	s = s.Named("types", "CodeType").Op('(').Int(3).Int(0).Int(0).Int(3).Int(c.stack).Int(c.flags).Data([]byte(c.bytecode)).None().Tuple(1)
	if c.name == "" {
		s = s.Op(')')
	} else {
		s = s.Str(c.name).Tuple(1)
	}
	s = s.Str("cls").Str("ctor").Str("states").Tuple(3).Str("serialize.py").Str("_rebuild")
	if !c.old {
		s = s.Str("_CustomPickled._rebuild")
	}
	if s = s.Int(1).Data(nil); !c.old {
		s = s.Data(nil) // the table of exceptions
	}
	s = s.Op(')').Op(')').Op('t').Reduce().EmptyDict().None().None().None().Op('t').Reduce().Put(function)
	if c.state != nil {
		s = s.Named("numba.cloudpickle.cloudpickle", "_function_setstate").Get(function)
		s = c.state(s.EmptyDict().EmptyDict()).Tuple(2).Tuple(2).Reduce().Pop()
	}
	if c.after != nil {
		s = c.after(s, function)
	}
	s = s.Pop().Named("types", "MethodType").Get(function).Named(c.class[0], c.class[1]).Tuple(2).Reduce().Op('(')
	for range c.arguments {
		s = s.Str("echo poc")
	}
	return s.Op('t').Reduce().Stop()
}

// TestForwards: a function that the file carries and that does nothing but to call
// its first argument is what that call is. Any other that is called runs the file's
// code, and so does this one where it was given another code.
func TestForwards(t *testing.T) {
	const (
		python311 = "\x97\x00\x02\x00|\x00|\x01|\x02\xa6\x02\x00\x00\xab\x02\x00\x00\x00\x00\x00\x00\x00\x00S\x00"
		python310 = "|\x00|\x01|\x02\x83\x02S\x00"
		swapped   = "\x97\x00\x02\x00|\x01|\x00|\x02\xa6\x02\x00\x00\xab\x02\x00\x00\x00\x00\x00\x00\x00\x00S\x00"
	)
	honest := func() classMethod {
		return classMethod{bytecode: python311, flags: 3, stack: 4, class: [2]string{"numba.core.serialize", "_CustomPickled"}, arguments: 2}
	}
	carries, runs := []string{"pickle-carries-code"}, []string{"pickle-carries-code", "pickle-executes-code"}
	for _, c := range []struct {
		name   string
		change func(*classMethod)
		want   []string
	}{
		{"as numba writes it", func(*classMethod) {}, carries},
		{"by Python 3.10", func(c *classMethod) { c.bytecode, c.flags, c.stack, c.old = python310, 67, 3, true }, carries},
		{"by Python 3.10, for a later one", func(c *classMethod) { c.bytecode = python310 }, runs},
		{"with too small a stack", func(c *classMethod) { c.stack = 3 }, runs},
		{"with attributes", func(c *classMethod) {
			c.state = func(s *pickletest.Stream) *pickletest.Stream { return s.Str("__name__").Str("_rebuild").SetItem() }
		}, carries},
		{"of another class", func(c *classMethod) { c.class = [2]string{"posix", "system"} }, runs},
		{"with another order", func(c *classMethod) { c.bytecode = swapped }, runs},
		{"that is a generator", func(c *classMethod) { c.flags = 0x23 }, runs},
		{"with a name", func(c *classMethod) { c.name = "system" }, runs},
		{"with an argument less", func(c *classMethod) { c.arguments = 1 }, runs},
		{"with another code as an attribute", func(c *classMethod) {
			c.state = func(s *pickletest.Stream) *pickletest.Stream { return s.Str("__code__").None().SetItem() }
		}, runs},
		{"with attributes that are computed", func(c *classMethod) {
			c.state = func(s *pickletest.Stream) *pickletest.Stream { return s.Named("models", "name").None().SetItem() }
		}, append(slices.Clone(runs), "pickle-unknown-import")},
		{"filled", func(c *classMethod) {
			c.after = func(s *pickletest.Stream, _ byte) *pickletest.Stream {
				return s.None().EmptyDict().Str("__code__").None().SetItem().Tuple(2).Build()
			}
		}, runs},
		{"given to another function", func(c *classMethod) {
			c.after = func(s *pickletest.Stream, f byte) *pickletest.Stream {
				return s.Named("models", "change").Get(f).Tuple(1).Reduce().Pop()
			}
		}, append(slices.Clone(runs), "pickle-unknown-call")},
		{"given to another function in a list", func(c *classMethod) {
			c.after = func(s *pickletest.Stream, f byte) *pickletest.Stream {
				return s.Named("models", "change").EmptyList().Get(f).Append().Tuple(1).Reduce().Pop()
			}
		}, append(slices.Clone(runs), "pickle-unknown-call")},
	} {
		m := honest()
		c.change(&m)
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", m.stream()))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
