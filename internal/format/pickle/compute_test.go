package pickle_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

const (
	computations    = 15_000
	computationSeed = 20_261_123
)

// TestComputesAsPython computes thousands of texts and numbers, of constants and of
// containers that change in between, with the machine and with CPython. What the
// machine says that it knows is what CPython comes to.
func TestComputesAsPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: nothing to compare with")
	}
	if testing.Short() {
		t.Skip("-short: takes some seconds")
	}
	g := computation{Rand: rand.New(rand.NewPCG(computationSeed, 0))}
	pickles := make([][]byte, computations)
	var in bytes.Buffer
	for i := range pickles {
		pickles[i] = g.pickle()
		binary.Write(&in, binary.LittleEndian, uint32(len(pickles[i])))
		in.Write(pickles[i])
	}
	cmd := exec.Command(python, "testdata/compute.py")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	loaded, known := 0, 0
	for _, data := range pickles {
		if !lines.Scan() {
			t.Fatalf("python3 ended at %q", data)
		}
		var want [][2]string // of each result that is a text or a number, its type and content
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatalf("%q: %v", lines.Bytes(), err)
		}
		if want == nil {
			continue
		}
		loaded++
		known += compareComputed(t, data, want)
	}
	t.Logf("%d of %d pickles loaded, %d results were known", loaded, computations, known)
	if loaded < computations/4 || known < computations/4 {
		t.Errorf("%d of %d pickles loaded, and %d results were known: too few to tell", loaded, computations, known)
	}
}

// compareComputed returns how many of the results the machine knows.
func compareComputed(t *testing.T, data []byte, want [][2]string) (known int) {
	t.Helper()
	m := pickle.New(reader(data), names, pickle.Reading{})
	for range m.Run() {
	}
	results, _ := m.Items(m.Result())
	if len(results) != len(want) {
		t.Errorf("%q: got %d results (%v), want %d", data, len(results), m.Err(), len(want))
		return 0
	}
	for i, v := range results {
		got := computedValue(m, v)
		if got[0] == "" || want[i][0] == "" {
			continue
		}
		known++
		if got != want[i] {
			t.Errorf("%q: result %d: got %q, want %q", data, i, got, want[i])
		}
	}
	return known
}

// computedValue returns the type and the content of what the machine computes.
func computedValue(m *pickle.Machine, v pickle.Value) [2]string {
	v = m.Computed(v)
	kind := m.Kind(v)
	if s, ok := m.Str(v); ok {
		return [2]string{kind.String(), hex.EncodeToString([]byte(s))}
	}
	if s, ok := m.Bytes(v); ok {
		return [2]string{kind.String(), hex.EncodeToString([]byte(s))}
	}
	if n, ok := m.Int(v); ok {
		return [2]string{kind.String(), n.String()}
	}
	return [2]string{}
}

// A computation writes pickles that fill variables, change them, and return what is
// computed of them.
type computation struct {
	*rand.Rand
	s *pickletest.Stream
}

// The variables are memo keys: two of each type.
const (
	listVar = 2 * iota
	dictVar
	byteArrayVar
	setVar
	iterVar
	variables
)

var (
	words  = []string{"", "os", "A-b", "system", "eval", "x.y", "{}", "%s", "a\x1cb", "stra\u00dfe", "\ufeffos", "\u00a0os ", "they're", "1", "0x1f", "_z"}
	octets = []string{"", "os", "b3M=", "b=3M=", "b3M", "\xef\xbb\xbfos", "6f73", "6F 73", "%s", "\x85a ", "a b", "\xff", "YQ==Yg==", "a\\x41\\u0042", "2:0", "MFRA===="}
)

func (g *computation) pickle() []byte {
	g.s = pickletest.New(4)
	for v := byte(0); v < variables; v++ {
		g.fresh(v)
		g.s.Put(v).Pop()
	}
	for range g.IntN(6) {
		g.change()
		g.s.Pop()
	}
	g.s.Mark()
	for range 3 {
		g.text(2)
	}
	return g.s.TupleFromMark().Stop()
}

func (g *computation) one(choices ...func()) { choices[g.IntN(len(choices))]() }

func (g *computation) word() { g.s.Str(words[g.IntN(len(words))]) }

func (g *computation) data() { g.s.Data([]byte(octets[g.IntN(len(octets))])) }

func (g *computation) number() { g.s.Int(int32(g.IntN(6) - 2)) }

func (g *computation) bool() { g.s.Op(byte(0x88 + g.IntN(2))) }

// of pushes the variable of a type.
func (g *computation) of(v int) { g.s.Get(byte(v + g.IntN(2))) }

// call pushes the call of a function with what args push.
func (g *computation) call(module, name string, args ...func()) {
	g.s.Named(module, name).Mark()
	for _, arg := range args {
		arg()
	}
	g.s.TupleFromMark().Reduce()
}

// fresh pushes the first value of a variable.
func (g *computation) fresh(v byte) {
	switch int(v) &^ 1 {
	case listVar:
		g.s.EmptyList().Mark()
		g.word()
		g.word()
		g.number()
		g.s.Appends()
	case dictVar:
		g.s.EmptyDict().Mark()
		for range 3 {
			g.one(g.word, g.number, g.bool, g.word)
			g.word()
		}
		g.s.SetItems()
	case byteArrayVar:
		g.call("builtins", "bytearray", g.data)
	case setVar:
		g.call("builtins", "set", func() { g.of(listVar) })
	case iterVar:
		list := func() { g.of(listVar) }
		g.one(
			func() { g.call("builtins", "iter", list) },
			func() { g.call("builtins", "map", func() { g.s.Named("builtins", "str") }, list) },
			func() { g.call("builtins", "reversed", list) },
			func() { g.call("itertools", "chain", list, list) },
		)
	}
}

// change calls something that changes a variable, or may.
func (g *computation) change() {
	list, dict, array, lazy := func() { g.of(listVar) }, func() { g.of(dictVar) }, func() { g.of(byteArrayVar) }, func() { g.of(iterVar) }
	method := func(module, of, name string, args ...func()) func() {
		return func() { g.call(module, of+name, args...) }
	}
	bound := func(of func(), name string, args ...func()) func() {
		return func() {
			g.call("builtins", "getattr", of, func() { g.s.Str(name) })
			g.s.Mark()
			for _, arg := range args {
				arg()
			}
			g.s.TupleFromMark().Reduce()
		}
	}
	g.one(
		method("builtins", "list.", "append", list, g.word), method("builtins", "list.", "extend", list, list),
		method("builtins", "list.", "reverse", list), method("builtins", "list.", "pop", list), method("builtins", "list.", "pop", list, g.number),
		method("builtins", "list.", "insert", list, g.number, g.word), method("builtins", "list.", "clear", list),
		bound(list, "append", g.word), bound(list, "reverse"), bound(list, "pop"), bound(dict, "clear"), bound(dict, "update", dict), bound(dict, "setdefault", g.word, g.word),
		method("builtins", "dict.", "update", dict, dict), method("builtins", "dict.", "pop", dict, g.word, g.word), method("builtins", "dict.", "setdefault", dict, g.word, g.word),
		method("operator", "", "setitem", dict, g.word, g.word), method("operator", "", "setitem", list, g.number, g.word), method("operator", "", "delitem", list, g.number),
		method("operator", "", "iadd", list, list), method("operator", "", "iconcat", list, list), method("operator", "", "iadd", array, g.data), method("operator", "", "ior", dict, dict),
		method("builtins", "bytearray.", "extend", array, g.data), method("builtins", "bytearray.", "clear", array), bound(array, "append", func() { g.s.Int(65) }),
		method("builtins", "", "next", lazy, g.word), method("builtins", "", "list", lazy), bound(lazy, "__next__"), method("random", "", "shuffle", list),
		method("heapq", "", "heappush", list, g.word), method("builtins", "", "len", list), method("copy", "", "copy", list),
		func() { list(); g.word(); g.s.Append() }, func() { list(); g.s.Int(0); g.word(); g.s.SetItem() }, func() { dict(); g.word(); g.word(); g.s.SetItem() },
		func() { array(); g.s.Int(66).Append() }, func() { array(); g.s.Int(0).Int(67).SetItem() },
	)
}

// text pushes a computation of a text or a number, of others as deep as depth.
func (g *computation) text(depth int) {
	if depth == 0 {
		g.one(g.word, g.data, g.number, g.bool)
		return
	}
	deeper := func() { g.text(depth - 1) }
	list, dict, array, lazy := func() { g.of(listVar) }, func() { g.of(dictVar) }, func() { g.of(byteArrayVar) }, func() { g.of(iterVar) }
	f := func(module, name string, args ...func()) func() { return func() { g.call(module, name, args...) } }
	codec := func() {
		g.s.Str([]string{"utf-8", "latin1", "ascii", "utf-16", "utf_8_sig", "hex", "base64", "rot13", "unicode_escape", "raw_unicode_escape", "utf-16-le", "U8"}[g.IntN(12)])
	}
	key := func() { g.one(g.word, g.number, g.bool) }
	slice := f("builtins", "slice", g.number, g.number, g.number)
	values := func() { g.s.Mark(); g.one(g.word, g.number, g.bool, g.data); g.s.TupleFromMark() }
	g.one(
		f("operator", "getitem", list, g.number), f("operator", "getitem", dict, key), f("builtins", "dict.get", dict, key, g.word), f("builtins", "next", lazy), f("builtins", "next", lazy, g.word),
		f("builtins", "len", list), f("builtins", "len", dict), f("builtins", "len", array), f("builtins", "len", deeper), f("builtins", "bytes", array),
		f("builtins", "bytearray.decode", array), f("builtins", "str.join", g.word, list), f("builtins", "str.join", g.word, lazy), f("builtins", "str.join", g.word, dict),
		f("builtins", "str.join", g.word, func() { g.of(setVar) }), f("builtins", "bytes.join", g.data, func() { g.s.Mark(); g.data(); array(); g.s.TupleFromMark() }),
		f("operator", "add", deeper, deeper), f("operator", "concat", deeper, deeper), f("operator", "mul", deeper, g.number), f("operator", "iadd", deeper, deeper),
		f("operator", "mod", g.word, values), f("operator", "mod", g.data, values), f("builtins", "str.format", g.word, deeper), f("operator", "mod", deeper, deeper),
		f("builtins", "str", deeper), f("builtins", "int", deeper), f("builtins", "int", g.word, func() { g.s.Int(16) }), f("builtins", "hex", deeper), f("builtins", "chr", deeper), f("builtins", "ord", deeper),
		f("builtins", "bytes.decode", deeper, codec), f("builtins", "str.encode", deeper, codec), f("codecs", "decode", deeper, codec), f("codecs", "encode", deeper, codec), f("builtins", "bytes", deeper, codec),
		f("builtins", "str", deeper, codec), f("base64", "b64decode", deeper), f("base64", "b32decode", deeper), f("base64", "b85decode", deeper), f("base64", "a85decode", deeper), f("binascii", "unhexlify", deeper), f("builtins", "bytes.fromhex", deeper),
		f("builtins", "str.lower", deeper), f("builtins", "str.upper", deeper), f("builtins", "str.casefold", deeper), f("builtins", "str.title", deeper), f("builtins", "str.swapcase", deeper), f("builtins", "str.capitalize", deeper),
		f("builtins", "bytes.upper", deeper), f("builtins", "bytes.title", deeper), f("builtins", "str.strip", deeper), f("builtins", "bytes.strip", deeper), f("builtins", "str.lstrip", deeper, g.word), f("builtins", "str.rstrip", deeper, deeper),
		f("builtins", "str.replace", deeper, g.word, g.word), f("builtins", "str.replace", deeper, g.word, g.word, g.number), f("builtins", "bytes.replace", deeper, g.data, g.data), f("builtins", "str.removeprefix", deeper, g.word),
		f("operator", "getitem", f("builtins", "str.split", deeper), g.number), f("operator", "getitem", f("builtins", "str.split", deeper, g.word), g.number), f("operator", "getitem", deeper, slice), f("operator", "getitem", deeper, g.number),
		f("operator", "getitem", list, slice), f("builtins", "str.translate", deeper, dict), f("builtins", "bytes.hex", deeper), f("builtins", "bytes.hex", deeper, func() { g.s.Str(":") }), f("operator", "getitem", array, g.number),
		f("operator", "getitem", f("builtins", "list", dict), g.number), f("operator", "getitem", f("builtins", "tuple", lazy), g.number), f("operator", "getitem", f("builtins", "list", f("builtins", "enumerate", list)), g.number),
		f("operator", "getitem", f("builtins", "list", func() { g.of(setVar) }), g.number), f("builtins", "str.__mod__", g.word, values), f("functools", "reduce", func() { g.s.Named("operator", "add") }, list),
	)
}

// TestChanged: what a container held when it was filled is not what it holds after a
// function or a method was given it.
func TestChanged(t *testing.T) {
	list := func() *pickletest.Stream {
		return pickletest.New(4).EmptyList().Str("path").Append().Str("system").Append().Put(0).Pop()
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"function", item(list().Named("builtins", "list.reverse").Get(0).Tuple(1).Reduce())},
		{"method", item(list().Named("builtins", "getattr").Get(0).Str("reverse").Tuple(2).Reduce().Tuple(0).Reduce())},
		{"in place", item(list().Named("operator", "iadd").Get(0).Get(0).Tuple(2).Reduce())},
		{"opcode", item(list().Get(0).Int(0).Str("system").SetItem())},
		{"in a tuple", item(list().Named("unknown", "f").Get(0).Tuple(1).Tuple(1).Reduce())},
		{"in a list", item(list().Named("unknown", "f").EmptyList().Get(0).Append().Tuple(1).Reduce())},
	} {
		m := pickle.New(reader(c.data), names, pickle.Reading{})
		for range m.Run() {
		}
		if got, known := m.Str(m.Result()); known || m.Err() != nil {
			t.Errorf("%s: got %q (%v), want what is not known", c.name, got, m.Err())
		}
	}
}

// item ends a pickle that returns the first item of the list under key 0.
func item(s *pickletest.Stream) []byte {
	return s.Pop().Named("operator", "getitem").Get(0).Int(0).Tuple(2).Reduce().Stop()
}

// TestStates: what fills an object is seen, be it a dict of another class, given in
// two parts or at two times; and what is not seen may be anything.
func TestStates(t *testing.T) {
	object := func() *pickletest.Stream {
		return pickletest.New(4).Named("types", "SimpleNamespace").Tuple(0).NewObj()
	}
	ordered := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("collections", "OrderedDict").Tuple(0).Reduce().Str("append").Named("os", "system").SetItem()
	}
	attributes := func(s *pickletest.Stream, name string) *pickletest.Stream {
		return s.EmptyDict().Str(name).Named("os", "system").SetItem()
	}
	const known, anything = "posix.system('echo poc')", "<unknown>(['echo poc'])"
	for _, c := range []struct {
		name string
		s    *pickletest.Stream
		want string
	}{
		{"another class", ordered(object()).Build(), known},
		{"another class for slots", ordered(object().None()).Tuple(2).Build(), known},
		{"two times", attributes(attributes(object(), "append").Build(), "x").Build(), known},
		{"what a function returns", object().Named("unknown", "f").Tuple(0).Reduce().Build(), anything},
		{"keys of another class", object().EmptyDict().Named("numpy", "str_").Str("append").Tuple(1).Reduce().Named("os", "system").SetItem().Build(), anything},
		{"changed behind", attributes(object().Put(0).Pop(), "append").Put(1).Pop().Get(0).Get(1).Build().Get(1).Str("append").Named("builtins", "len").SetItem().Pop(), anything},
	} {
		got, err := calls(c.s.Str("echo poc").Append().Stop(), pickle.Reading{})
		if err != nil || !slices.Contains(got, c.want) {
			t.Errorf("%s: got %q (%v), want %s among them", c.name, got, err, c.want)
		}
	}
}
