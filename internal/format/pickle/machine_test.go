package pickle_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// calls returns the calls that a machine yields which it does not compute, as
// Python would write them.
func calls(data []byte, reading pickle.Reading) ([]string, error) {
	var out []string
	m := pickle.New(reader(data), names, reading)
	for e := range m.Run() {
		if e.Kind == pickle.Calls && !e.Computed {
			out = append(out, m.PythonCall(e.Fn, e.Args, e.Kw))
		}
	}
	return out, m.Err()
}

// TestComputed: what names, functions and arguments are put together from is
// computed, and what they come to is called.
func TestComputed(t *testing.T) {
	p := func() *pickletest.Stream { return pickletest.New(4) }
	system := "posix.system('echo poc')"
	poc := func(s *pickletest.Stream) []byte { return s.Str("echo poc").Tuple(1).Reduce().Stop() }
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"join", poc(p().Named("builtins", "str.join").Str("").EmptyList().Str("o").Append().Str("s").Append().Tuple(2).Reduce().Str("system").StackGlobal()), system},
		{"rot13", poc(p().Str("os").Named("_codecs", "decode").Str("flfgrz").Str("rot13").Tuple(2).Reduce().StackGlobal()), system},
		{"base64", poc(p().Str("os").Named("codecs", "decode").Named("base64", "b64decode").Str("c3lzdGVt").Tuple(1).Reduce().Str("ascii").Tuple(2).Reduce().StackGlobal()), system},
		{"characters", poc(p().Str("os").Named("builtins", "bytes.decode").Named("builtins", "bytes").EmptyList().Mark().
			Int('s').Int('y').Int('s').Int('t').Int('e').Int('m').Appends().Tuple(1).Reduce().Tuple(1).Reduce().StackGlobal()), system},
		{"slice", poc(p().Str("os").Named("operator", "getitem").Str("metsys").Named("builtins", "slice").None().None().Int(-1).Tuple(3).Reduce().Tuple(2).Reduce().StackGlobal()), system},
		{"name of a module", poc(p().Named("os", "__name__").Str("system").StackGlobal()), system},
		{"getattr", poc(p().Named("builtins", "getattr").Call("importlib", "import_module", "os").Str("system").Tuple(2).Reduce()), system},
		{"partial", p().Named("functools", "partial").Named("os", "system").Str("echo poc").Tuple(2).Reduce().Tuple(0).Reduce().Stop(), system},
		{"partial filled", p().Named("functools", "partial").Named("builtins", "len").Tuple(1).NewObj().Mark().
			Named("os", "system").Str("echo poc").Tuple(1).EmptyDict().None().TupleFromMark().Build().Tuple(0).Reduce().Stop(), system},
		{"map", p().Named("builtins", "tuple").Named("builtins", "map").Named("os", "system").Str("echo poc").Tuple(1).Tuple(2).NewObj().Tuple(1).NewObj().Stop(), system},
		{"modules", poc(p().Named("operator", "getitem").Named("sys", "modules").Str("os").Tuple(2).Reduce().Pop().
			Named("operator", "attrgetter").Str("system").Tuple(1).Reduce().Call("collections", "_sys.modules.get", "os").Tuple(1).Reduce()), system},
		{"planted", p().Named("types", "SimpleNamespace").Tuple(0).Reduce().EmptyDict().Str("append").Named("os", "system").SetItem().Build().Str("echo poc").Append().Stop(), system},
		{"extension", poc(p().Named("copyreg", "add_extension").Str("os").Str("system").Int(7).Tuple(3).Reduce().Pop().Op(0x82, 7)), system},
		{"memo after a gap", poc(p().Str("x").Put(9).Pop().Str("system").Memoize().Pop().Str("os").Get(1).StackGlobal()), system},
	} {
		got, err := calls(c.data, pickle.Reading{})
		if err != nil || !slices.Contains(got, c.want) {
			t.Errorf("%s: got %q (%v), want %s among them", c.name, got, err, c.want)
		}
	}
}

// wrapper is joblib's description of an array of four elements.
func wrapper(s *pickletest.Stream, dtype string) *pickletest.Stream {
	s.Named("joblib.numpy_pickle", "NumpyArrayWrapper").Tuple(0).NewObj().EmptyDict().Mark().Str("shape").Int(4).Tuple(1)
	s.Str("dtype").Named("numpy", "dtype").Str(dtype).Op(0x89).Op(0x88).Tuple(3).Reduce()
	return s.Str("numpy_array_alignment_bytes").Int(16).SetItems().Build()
}

// TestArrays: joblib reads an array behind its wrapper, from the file, whatever
// its bytes spell.
func TestArrays(t *testing.T) {
	const system = "posix.system('echo poc')"
	array := []byte{3, 0xff, 0xff, 0xff, 'B', 0xff, 0xff, 0} // padding, then what spells a long BINBYTES
	behind := append(append([]byte(nil), wrapper(pickletest.New(4), "u1").Bytes()...), array...)
	behind = append(behind, pickletest.Raw().Pop().Call("os", "system", "echo poc").Stop()...)

	inner := wrapper(pickletest.Raw(), "u1").Pop().Call("os", "system", "echo poc").Bytes()
	framed := append(pickletest.New(4).Frame(len(inner)).Bytes(), inner...)
	framed = append(append(framed, array...), '.')

	objects := append(wrapper(pickletest.New(4), "O8").Bytes(), pickletest.New(4).Call("os", "system", "echo poc").Stop()...)
	objects = append(objects, '.')

	for _, c := range []struct {
		name string
		data []byte
	}{{"behind the array", behind}, {"in the frame", framed}, {"in an array of objects", objects}} {
		got, err := calls(c.data, pickle.Reading{Arrays: true})
		if err != nil || !slices.Contains(got, system) {
			t.Errorf("%s: got %q (%v), want %s among them", c.name, got, err, system)
		}
	}
	// Read without regard to the array, the array's own pickle takes from the memo
	// of the one around it: an instance is no name, and loading stops there.
	mixed := append(wrapper(pickletest.New(4).Tuple(0).Memoize().Pop(), "O8").Bytes(), pickletest.New(5).Get(0).Str("dtype").StackGlobal().Stop()...)
	instance := pickletest.New(4).Named("models", "Net").Tuple(0).NewObj().Str("dtype").StackGlobal().Str("x").Tuple(1).Reduce().Stop()
	for _, data := range [][]byte{mixed, instance} {
		if got, err := calls(data, pickle.Reading{}); err == nil {
			t.Errorf("a name that is an instance: got %q, want an error", got)
		}
	}
	var fault *hostile.Fault
	_, err := calls(wrapper(pickletest.New(4), "?what").Stop(), pickle.Reading{Arrays: true})
	if !errors.As(err, &fault) || fault.Kind != hostile.Unsupported {
		t.Errorf("an unknown dtype: got %v, want an unsupported one", err)
	}
}

// TestWrongTypes: no unpickler comes past a name that is no string, nor a call of
// what cannot be called. A global that nothing has called may be a string.
func TestWrongTypes(t *testing.T) {
	p := func() *pickletest.Stream { return pickletest.New(4) }
	behind := func(s *pickletest.Stream) []byte { return s.Pop().Call("os", "system", "echo poc").Stop() }
	named := func(s *pickletest.Stream) []byte {
		return behind(s.Get(0).Str("dtype").StackGlobal().Str("O8").Tuple(1).Reduce())
	}
	for _, c := range []struct {
		name string
		data []byte
		ends bool
	}{
		{"name: class that was instantiated", named(p().Named("models", "Net").Put(0).Tuple(0).NewObj().Pop()), true},
		{"name: function that was called", named(p().Named("models", "make").Put(0).Tuple(0).Reduce().Pop()), true},
		{"name: dict", named(p().Named("collections", "defaultdict").Named("builtins", "list").Tuple(1).Reduce().Put(0).Pop()), true},
		{"name: array", named(p().Named("numpy._core.multiarray", "_reconstruct").Named("numpy", "ndarray").Tuple(1).Reduce().Put(0).Pop()), true},
		{"call: text", behind(p().Str("x").Tuple(0).Reduce()), true},
		{"call: dtype", behind(p().Call("numpy", "dtype", "O8").Tuple(0).Reduce()), true},
		{"name: a global that may be text", named(p().Named("os", "name").Put(0).Pop()), false},
		{"name: what an unknown function returns", named(p().Call("models", "name_of", "x").Put(0).Pop()), false},
		{"name: what an unknown class of arrays returns", named(p().Named("numpy._core.multiarray", "_reconstruct").Named("models", "Array").Tuple(1).Reduce().Put(0).Pop()), false},
		{"call: what an unknown function returns", behind(p().Call("models", "make", "x").Tuple(0).Reduce()), false},
		{"call: a class that was given another value", behind(p().Global("numpy", "random").EmptyDict().Str("x").None().SetItem().Build().Pop().
			Call("numpy", "dtype", "O8").Tuple(0).Reduce()), false},
	} {
		got, err := calls(c.data, pickle.Reading{})
		if ran := slices.Contains(got, "posix.system('echo poc')"); ran == c.ends || (err != nil) != c.ends {
			t.Errorf("%s: got %q (%v), want an end: %v", c.name, got, err, c.ends)
		}
	}
}

// TestForgets: old objects are forgotten, and their types are not.
func TestForgets(t *testing.T) {
	s := pickletest.New(4).Named("os", "system").Put(0).Pop().Named("models", "Net").Tuple(0).NewObj().Put(1).Pop().EmptyList()
	for range 300_000 {
		s.EmptyDict().Append()
	}
	s.Get(1).EmptyDict().Build().Pop().Get(0).Str("echo poc").Tuple(1).Reduce()
	m := pickle.New(reader(s.Stop()), names, pickle.Reading{})
	built, called := "", ""
	for e := range m.Run() {
		switch e.Kind {
		case pickle.Builds:
			built = m.Python(m.Class(e.Fn))
		case pickle.Calls:
			called = m.PythonCall(e.Fn, e.Args, e.Kw)
		}
	}
	if built != "models.Net" || called != "posix.system('echo poc')" || !m.Stopped() {
		t.Errorf("built %q, called %q, stopped %v (%v)", built, called, m.Stopped(), m.Err())
	}
}

// TestMethodsOfMethods: what is set on an attribute of an attribute of ... may change
// all that they are of, and following that ends.
func TestMethodsOfMethods(t *testing.T) {
	s := pickletest.New(4).Str("make").Put(0).Pop().Named("models", "make")
	for range 20_000 {
		s.Get(0).StackGlobal().None().None().SetItem()
	}
	m := pickle.New(reader(s.Stop()), names, pickle.Reading{})
	for range m.Run() {
	}
	if !m.Stopped() || !m.Cut() {
		t.Errorf("stopped %v, cut %v (%v), want both", m.Stopped(), m.Cut(), m.Err())
	}
}

// TestSpells: a text is known of however it comes about, and others mostly not.
func TestSpells(t *testing.T) {
	const word = "_target_"
	p := func() *pickletest.Stream { return pickletest.New(4) }
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"SHORT_BINUNICODE", p().Str(word).Stop(), true},
		{"BINUNICODE", p().Op('X', 8, 0, 0, 0).Raw(word).Stop(), true},
		{"BINUNICODE8", p().Op(0x8d, 8, 0, 0, 0, 0, 0, 0, 0).Raw(word).Stop(), true},
		{"UNICODE", p().Text('V', `\u005ftarget_`).Stop(), true},
		{"STRING", p().Text('S', `'\x5ftarget_'`).Stop(), true},
		{"SHORT_BINSTRING", p().Op('U', 8).Raw(word).Stop(), true},
		{"across frames", p().Frame(4).Str(word).Stop(), true},
		{"joined", p().Named("builtins", "str.join").Str("t").EmptyList().Str("_").Append().Str("arge").Append().Str("_").Append().Tuple(2).Reduce().Stop(), true},
		{"a persistent id", p().Text('P', word).Stop(), true},
		{"nothing", p().None().Stop(), false},
		{"other texts", p().EmptyDict().Str("target").Str("_targets_").SetItem().Stop(), false},
		{"bytes", p().Data([]byte(word)).Stop(), false},
	} {
		m := pickle.New(reader(c.data), names, pickle.Reading{})
		for range m.Run() {
		}
		if got := m.Spells(word); got != c.want {
			t.Errorf("%s: Spells(%q) = %v, want %v", c.name, word, got, c.want)
		}
	}
}

// TestLongInteger: digits are read, which takes time by the square of their number, no
// further than they may matter.
func TestLongInteger(t *testing.T) {
	data := []byte("I" + strings.Repeat("1", 1<<20) + "\n.")
	m := pickle.New(reader(data), names, pickle.Reading{})
	for range m.Run() {
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, ok := m.Int(m.Result())
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; ok || took > uint64(len(data))/2 {
		t.Errorf("a million digits: known %v, %d bytes allocated", ok, took)
	}
}

// TestManyTexts: what texts are taken apart into takes no more memory than is held for
// it, however few bytes ask for it.
func TestManyTexts(t *testing.T) {
	p := pickletest.New(4).Str(strings.Repeat("a", 50_000)).Memoize()
	for range 2000 {
		p.Named("builtins", "list").Get(0).Tuple(1).Reduce().Pop()
	}
	data := p.None().Stop()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m := pickle.New(reader(data), names, pickle.Reading{})
	for range m.Run() {
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; !m.Cut() || took > 512<<20 {
		t.Errorf("cut %v, %d MiB allocated", m.Cut(), took>>20)
	}
}
