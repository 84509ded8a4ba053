package marshal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// A sample is a function of testdata/code_objects.py as one Python compiled it.
type sample struct {
	version, name string
	code          []byte
}

func parseSamples(t testing.TB, text string) []sample {
	t.Helper()
	var out []sample
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		code, err := base64.StdEncoding.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sample{f[0], f[1], code})
	}
	return out
}

func samples(t testing.TB) []sample {
	t.Helper()
	text, err := os.ReadFile("testdata/code_objects.txt")
	if err != nil {
		t.Fatal(err)
	}
	return parseSamples(t, string(text))
}

// wanted are paths that the functions must be seen to load; for a name with a
// leading "not " it is one that must not be seen, or not as of an import.
var wanted = map[string][]string{
	"global_attribute":   {"os.system"},
	"builtin":            {"eval"},
	"method_of_argument": {"not eval", "not os.system"},
	"import_inside":      {"os.system"},
	"import_from":        {"os.system", "os.path"},
	"import_dotted":      {"os.system"},
	"import_as":          {"subprocess.Popen"},
	"import_dotted_as":   {"os.path.join", "xml.etree.ElementTree.Element", "not os.path.path.join", "not imported os.path.path"},
	"attributes":         {"os.path.join", "not imported os.join", "not imported os.os", "not imported os.data"},
	"import_called":      {"xml.parse", "os.system", "subprocess.run", "not os.spawn", "not xml.spawn"},
	"nested":             {"os.popen"},
	"closure":            {"os.getcwd"},
	"far_names":          {"n0", "n299", "os.system"},
	"harmless":           {"tf.image.resize"},
	"constants":          {"not os"},
}

func check(t *testing.T, s sample) {
	t.Helper()
	r := hostiletest.Reader(s.code)
	v, err := Decode(r)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	if r.Offset() != int64(len(s.code)) {
		t.Errorf("read %d of %d bytes", r.Offset(), len(s.code))
	}
	var paths []string
	for _, c := range v.Codes() {
		references, _ := c.References(hostiletest.Budget(0))
		for _, ref := range references {
			paths = append(paths, ref.Path)
			if ref.Imported {
				paths = append(paths, "imported "+ref.Path)
			}
		}
	}
	for _, w := range wanted[s.name] {
		path, not := strings.CutPrefix(w, "not ")
		if slices.Contains(paths, path) == not {
			t.Errorf("got %v, want %s", paths, w)
		}
	}
}

func TestReferences(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.version+" "+s.name, func(t *testing.T) { check(t, s) })
	}
}

// pythons are those that may be at hand.
var pythons = []string{"python3", "/usr/bin/python3", "python3.9", "python3.12", "python3.13", "python3.14", os.Getenv("MODELAUDIT_PYTHON")}

// TestAgainstPython compiles the functions with every Python at hand.
func TestAgainstPython(t *testing.T) {
	found := false
	for _, python := range pythons {
		out, err := exec.Command(python, "testdata/code_objects.py").Output()
		if python == "" || err != nil {
			continue
		}
		found = true
		for _, s := range parseSamples(t, string(out)) {
			t.Run(python+" "+s.name, func(t *testing.T) { check(t, s) })
		}
	}
	if !found {
		t.Skip("no python3")
	}
}

func TestPrefixes(t *testing.T) {
	for _, s := range samples(t) {
		for n := 0; n < len(s.code); n += 1 + len(s.code)/60 {
			if _, err := Decode(hostiletest.Reader(s.code[:n])); err == nil {
				t.Fatalf("%s %s: the first %d of %d bytes decode", s.version, s.name, n, len(s.code))
			}
		}
	}
}

func TestHostile(t *testing.T) {
	cases := []struct {
		name string
		data []byte
	}{
		{"deep tuples", bytes.Repeat([]byte{')', 1}, 1<<20)},
		{"long claim", []byte{'(', 0xff, 0xff, 0xff, 0x7f}},
		{"text claim", []byte{'u', 0xff, 0xff, 0xff, 0xff}},
		{"reference to nothing", []byte{'r', 9, 0, 0, 0}},
		{"no type", []byte{'!'}},
		{"empty", nil},
	}
	for _, c := range cases {
		if _, err := Decode(hostiletest.Reader(c.data)); err == nil {
			t.Errorf("%s: decoded", c.name)
		}
	}
	self := []byte{'[' | flagRef, 1, 0, 0, 0, 'r', 0, 0, 0, 0}
	v, err := Decode(hostiletest.Reader(self))
	if err != nil {
		t.Fatalf("list in itself: %v", err)
	}
	if all := v.Codes(); len(all) > 0 {
		t.Errorf("%d code objects in a list of itself", len(all))
	}
}

func TestPyc(t *testing.T) {
	cases := []struct {
		name string
		head []byte
		size int64
		ok   bool
	}{
		{"3.12", []byte{0xcb, 0x0d, '\r', '\n', 0, 0, 0, 0}, 16, true},
		{"3.6", []byte{0x33, 0x0d, '\r', '\n', 0, 0, 0, 0}, 12, true},
		{"2.7", []byte{0x03, 0xf3, '\r', '\n', 0, 0, 0, 0}, 8, true},
		{"text", []byte("ab\r\ncdef"), 0, false},
		{"short", []byte{0xcb, 0x0d, '\r'}, 0, false},
	}
	for _, c := range cases {
		if size, ok := Pyc(c.head); size != c.size || ok != c.ok {
			t.Errorf("%s: got %d %v, want %d %v", c.name, size, ok, c.size, c.ok)
		}
	}
}

// FuzzDecode: whatever the bytes, decoding ends inside them, and walking what
// came out ends too.
func FuzzDecode(f *testing.F) {
	for _, s := range samples(f)[:40] {
		f.Add(s.code)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		r := hostiletest.Reader(p)
		v, err := Decode(r)
		if err != nil {
			return
		}
		if r.Offset() > int64(len(p)) {
			t.Errorf("read to %d of %d bytes", r.Offset(), len(p))
		}
		inline, called := v.OnImport(hostiletest.Budget(0))
		if all := len(v.Codes()); len(inline)+len(called) > all {
			t.Errorf("%d and %d of %d code objects run on import", len(inline), len(called), all)
		}
	})
}

// TestManyReferences: what code refers to costs no more than the code is long.
func TestManyReferences(t *testing.T) {
	const extended, loadAttr, loadGlobal, many = 144, 106, 116, 1 << 16
	c := Code{Layout: Python38}
	var global, attribute []byte
	for i := range many {
		c.Names = append(c.Names, fmt.Sprintf("n%d", i))
		global = append(global, extended, byte(i>>8), loadGlobal, byte(i))
		attribute = append(attribute, extended, byte(i>>8), loadAttr, byte(i))
	}
	c.Bytecode = string(global) + string(attribute) + string(global)
	got, _ := c.References(hostiletest.Budget(0))
	length := 0
	for _, r := range got {
		length = max(length, len(r.Path))
	}
	if len(got) < many || len(got) > many+many/64 || length > maxPath {
		t.Errorf("got %d references of up to %d bytes", len(got), length)
	}
}

// TestMentions: a reader is told what the code refers to, and nothing that only a
// wrong reading of it has.
func TestMentions(t *testing.T) {
	for _, s := range samples(t) {
		if s.name != "attributes" {
			continue
		}
		v, err := Decode(hostiletest.Reader(s.code))
		if err != nil {
			t.Fatalf("%s: %v", s.version, err)
		}
		if got, want := Mentions(hostiletest.Budget(0), v.Codes()...), []string{"os.path.join"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", s.version, got, want)
		}
	}
}

// TestHidden: code that names no function outright.
func TestHidden(t *testing.T) {
	const loadConst, loadGlobal, importName, storeFast, loadFast, storeDeref, loadDeref, loadAttr, call, subscript = 100, 116, 108, 125, 124, 137, 136, 106, 131, 25
	text := func(s string) *Value { return &Value{Kind: Text, Text: s} }
	cases := []struct {
		name string
		code Code
		want string
	}{
		{"getattr of a module", Code{Names: []string{"os", "getattr"}, Variables: []string{"os"}, Constants: []*Value{text("system")}, Cells: 1,
			Bytecode: string([]byte{importName, 0, storeFast, 0, loadGlobal, 1, loadFast, 0, loadConst, 0, call, 2})}, "os.system"},
		{"shared variable", Code{Names: []string{"os", "unlink"}, Variables: []string{"x", "os"}, Cells: 1,
			Bytecode: string([]byte{importName, 0, storeDeref, 0, loadDeref, 0, loadAttr, 1})}, "os.unlink"},
		{"variable of the function around", Code{Names: []string{"unlink"}, Variables: []string{"x", "os"}, Cells: 1,
			Bytecode: string([]byte{loadDeref, 0, loadAttr, 0})}, "os.unlink"},
		{"builtins by name", Code{Names: []string{"__builtins__"}, Constants: []*Value{text("eval")},
			Bytecode: string([]byte{loadGlobal, 0, loadConst, 0, subscript, 0})}, ".__builtins__"},
		{"builtins in globals", Code{Names: []string{"globals"}, Constants: []*Value{text("__builtins__")},
			Bytecode: string([]byte{loadGlobal, 0, call, 0, loadConst, 0, subscript, 0})}, ".__builtins__"},
	}
	for _, c := range cases {
		c.code.Layout = Python38
		got, _ := c.code.References(hostiletest.Budget(0))
		if !slices.ContainsFunc(got, func(r Reference) bool { return r.Path == c.want }) {
			t.Errorf("%s: got %v, want %s among them", c.name, got, c.want)
		}
	}
}

// TestManyMethods: it is told when the methods that values may have are not all.
func TestManyMethods(t *testing.T) {
	for _, c := range []struct {
		classes, attributes, want int
		all                       bool
	}{
		{classes: 100, attributes: 100, want: 10_000, all: true},
		{classes: 1000, attributes: 1000, want: 1 << 15},
	} {
		var found []Reference
		for i := range c.classes {
			found = append(found, Reference{Path: fmt.Sprintf("m.C%d", i), Imported: true})
		}
		for i := range c.attributes {
			found = append(found, Reference{Path: fmt.Sprintf(".a%d", i)})
		}
		if got, all := methods(found, hostiletest.Budget(0)); len(got) != c.want || all != c.all {
			t.Errorf("%d classes and %d attributes: got %d methods, all: %v", c.classes, c.attributes, len(got), all)
		}
	}
}

// TestCutInstruction: bytecode may end inside its last instruction.
func TestCutInstruction(t *testing.T) {
	for _, layout := range []Layout{Python2, Python38, Python311} {
		c := Code{Layout: layout, Bytecode: "t\x00\x00t", Names: []string{"open"}}
		if _, all := c.References(hostiletest.Budget(0)); !all {
			t.Errorf("layout %d: not all references", layout)
		}
	}
}

// TestSharedFields: any number of code objects can refer to one tuple of names and
// to one bytecode, which costs each of them.
func TestSharedFields(t *testing.T) {
	const names, codes = 10_000, 2_000
	size := func(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	ref := func(n int) string { return "r" + size(n) }
	empty, text := ")\x00", "z\x01f"
	// Flagged: the bytecode (0), and the names (1).
	data := "(" + size(codes+2) + "\xf3" + size(2) + "S\x00" + "\xa8" + size(names) + strings.Repeat(text, names)
	data += strings.Repeat("c"+strings.Repeat(size(0), 6)+ref(0)+empty+ref(1)+empty+empty+empty+text+text+size(1)+"s"+size(0), codes)
	if v, err := Decode(hostiletest.Reader(data)); err == nil {
		t.Errorf("names: %d code objects were read, want the memory spent", len(v.Codes()))
	}

	c := Code{Layout: Python38, Bytecode: strings.Repeat("S\x00", 1<<19)}
	budget := hostiletest.Budget(0)
	for range 100 {
		c.References(budget)
	}
	if _, all := c.References(budget); all {
		t.Error("bytecode: it was followed 100 times, want the steps spent")
	}
}

// TestForwards compiles a function that forwards its arguments, and some that do
// nearly that, with every Python at hand.
func TestForwards(t *testing.T) {
	const program = `
import sys
for body in sys.argv[1:]:
    names = {}
    exec("def f(cls, ctor, states):\n    " + body, names)
    print(names["f"].__code__.co_code.hex())`
	bodies := []string{"return cls(ctor, states)", "return cls(states, ctor)", "return ctor(cls, states)", "cls(ctor, states)", "return cls(ctor)", "return cls(*ctor)"}
	found := false
	for _, python := range pythons {
		out, err := exec.Command(python, append([]string{"-c", program}, bodies...)...).Output()
		if python == "" || err != nil {
			continue
		}
		found = true
		for i, line := range strings.Fields(string(out)) {
			bytecode, err := hex.DecodeString(line)
			if err != nil {
				t.Fatal(err)
			}
			if got := Forwards(string(bytecode), Python38) || Forwards(string(bytecode), Python311); got != (i == 0) {
				t.Errorf("%s: %s: got %v, want %v", python, bodies[i], got, i == 0)
			}
		}
	}
	if !found {
		t.Skip("no python3")
	}
}
