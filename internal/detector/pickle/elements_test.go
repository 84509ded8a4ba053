package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// elements makes a type of array elements.
func elements(s *pickletest.Stream, letters string) *pickletest.Stream {
	s.Named("numpy", "dtype").Mark().Str(letters).Op(0x89).Op(0x88)
	return s.TupleFromMark().Reduce()
}

// typeState is the state of a type with one field, which field pushes with its offset.
func typeState(s *pickletest.Stream, field func(*pickletest.Stream), size, flags int32) *pickletest.Stream {
	s.Mark().Int(3).Str("|").None()
	if field == nil {
		s.None().None()
	} else {
		s.Str("a").Tuple(1).EmptyDict().Str("a")
		field(s)
		s.Tuple(2).SetItem()
	}
	return s.Int(size).Int(1).Int(flags).TupleFromMark()
}

// TestFalseElementTypes: numpy believes what the state of a type says of its fields and
// of objects in it.
func TestFalseElementTypes(t *testing.T) {
	const objects, none = 27, 0
	p := func() *pickletest.Stream { return pickletest.New(4) }
	at := func(letters string, offset int32) func(*pickletest.Stream) {
		return func(s *pickletest.Stream) { elements(s, letters).Int(offset) }
	}
	structured := func(letters string, offset, size, flags int32) []byte {
		return typeState(elements(p(), "V8"), at(letters, offset), size, flags).Build().Stop()
	}
	array := func(s *pickletest.Stream, key byte) []byte {
		s.Named("numpy._core.multiarray", "_reconstruct").Mark().Named("numpy", "ndarray").Int(0).Tuple(1).Data([]byte("b")).TupleFromMark().Reduce()
		return s.Mark().Int(1).Int(1).Tuple(1).Get(key).Op(0x89).Data(make([]byte, 8)).TupleFromMark().Build().Stop()
	}
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{name: "numbers", data: typeState(elements(p(), "f8"), nil, -1, none).Build().Stop()},
		{name: "objects", data: typeState(elements(p(), "O8"), nil, -1, 63).Build().Stop()},
		{name: "objects that are denied", data: typeState(elements(p(), "O8"), nil, -1, none).Build().Stop(), want: true},
		{name: "objects that are not in a list", data: typeState(elements(p(), "O8"), nil, -1, 1).Build().Stop(), want: true},
		{name: "a field of numbers", data: structured("f8", 0, 8, none)},
		{name: "a field of objects", data: structured("O8", 0, 8, objects)},
		{name: "a field of objects that are denied", data: structured("O8", 0, 8, none), want: true},
		{name: "a field that begins behind the elements", data: structured("f8", 8, 8, none), want: true},
		{name: "a field that begins in front of the elements", data: structured("f8", -8, 8, none), want: true},
		{name: "a field that ends behind the elements", data: structured("U3", 0, 8, none), want: true},
		{name: "a field behind another", data: structured("f8", 8, 16, none)},
		{name: "a field of an unknown type", data: typeState(elements(p(), "V8"), func(s *pickletest.Stream) { s.Named("copy", "copy").Int(0).Tuple(1).Reduce().Int(0) }, 8, none).Build().Stop(), want: true},
		{name: "a subarray", data: elements(elements(p(), "V24").Mark().Int(3).Str("|"), "f8").Int(3).Tuple(1).Tuple(2).None().None().Int(24).Int(8).Int(0).TupleFromMark().Build().Stop()},
		{name: "a subarray that is longer than its element", want: true,
			data: elements(elements(p(), "V8").Mark().Int(3).Str("|"), "f8").Int(3).Tuple(1).Tuple(2).None().None().Int(8).Int(8).Int(0).TupleFromMark().Build().Stop()},
		{name: "a state that a function returns", data: elements(p(), "V8").Named("models", "f").Tuple(0).Reduce().Build().Stop(), want: true},
		{name: "a state given to the method", want: true,
			data: typeState(elements(p().Named("numpy", "dtype.__setstate__"), "V8"), at("O8", 0), 8, none).Tuple(2).Reduce().Stop()},
		{name: "a field of objects that comes later", want: true,
			data: array(elements(elements(p().EmptyDict().Put(0).Str("a"), "f8").Int(0).Tuple(2).SetItem().Pop(), "V8").
				Mark().Int(3).Str("|").None().Str("a").Tuple(1).Get(0).Int(8).Int(1).Int(0).TupleFromMark().Build().Put(1).Pop().
				Get(0).Str("a").Named("numpy", "dtype").Str("O8").Tuple(1).Reduce().Int(0).Tuple(2).SetItem().Pop(), 1)},
		{name: "a field of which the type gets objects later", want: true, data: array(func() *pickletest.Stream {
			s := elements(elements(p(), "V8").Put(0).Pop(), "V8").Mark().Int(3).Str("|").None().Str("a").Tuple(1).EmptyDict().Str("a").Get(0).Int(0).Tuple(2).SetItem()
			s = s.Int(8).Int(1).Int(0).TupleFromMark().Build().Put(1).Pop().Get(0)
			return typeState(s, at("O8", 0), 8, objects).Build().Pop()
		}(), 1)},
	} {
		got := detectortest.RuleIDs(detectortest.Scan(all, "model.pkl", c.data))
		if slices.Contains(got, "pickle-false-element-type") != c.want {
			t.Errorf("%s: got %q, want pickle-false-element-type: %v", c.name, got, c.want)
		}
	}
}
