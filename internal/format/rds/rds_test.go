package rds_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/rds"
	. "github.com/modelaudit/modelaudit/internal/format/rds/rdstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// walk prints the events of a stream, one word each: what, in which context.
func walk(data []byte) (string, error) {
	names := map[rds.Kind]string{
		rds.Binding: "binding", rds.Call: "call", rds.Promise: "promise", rds.Function: "function", rds.Raw: "raw", rds.Mapped: "mapped", rds.Text: "text", rds.Trailing: "trailing",
	}
	var out []string
	err := rds.Walk(hostiletest.Reader(data), func(e rds.Event) {
		s := names[e.Kind]
		if e.Package != "" {
			s += ":" + e.Package
		}
		if e.Name != "" {
			s += ":" + e.Name
		}
		if e.Argument != "" {
			s += fmt.Sprintf("(%q)", e.Argument)
		}
		for _, c := range []struct {
			set  bool
			sign string
		}{{e.Promise, "P"}, {e.Function, "F"}, {e.Environment, "E"}, {e.Bytecode, "B"}, {e.Variable != "", "@" + e.Variable}} {
			if c.set {
				s += "/" + c.sign
			}
		}
		if e.Size > 0 {
			s += fmt.Sprintf("[%d]", e.Size)
		}
		if e.Content != nil {
			s += fmt.Sprintf("%q", e.Content)
		}
		out = append(out, s)
	})
	return strings.Join(out, " "), err
}

func TestWalk(t *testing.T) {
	system := Named("system", Strings("echo poc"))
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{name: "data", data: Object(With(Vector(Reals(3), Ints(1, 2), Strings("a", "b"), Null), "names", Strings("x")))},
		{name: "call", data: Object(system), want: `call:system("echo poc")`},
		{name: "call in a package", data: Object(Call(Named("::", Symbol("base"), Symbol("system")), Strings("x"))), want: `call::: call:base:system("x")`},
		{name: "call of a call", data: Object(Call(Named("f", Reals(1)), system)), want: `call:f call:system("echo poc")`},
		{name: "formula", data: Object(WithFirst(Named("~", Symbol("y"), Named("I", system)), ".Environment", Global)), want: `call:system("echo poc") call:I call:~`},
		{name: "function", data: Object(Closure(system)), want: `function call:system("echo poc")/F`},
		{name: "promise", data: Object(Promise(Unbound, system)), want: `promise call:system("echo poc")/P`},
		{name: "promise with a value", data: Object(Environment("x", Promise(Reals(1), Named("f")))), want: `call:f/E`},
		{name: "promise in an environment", data: Object(Environment("x", Promise(Unbound, system))), want: `promise/E call:system("echo poc")/P/E`},
		{name: "function in a promise", data: Object(Promise(Unbound, Call(Closure(system)))), want: `promise function/P call:system("echo poc")/P/F`},
		{name: "workspace", data: Workspace("a", Reals(1), "f", Closure(system)), want: `binding:a binding:f function/@f call:system("echo poc")/F/@f`},
		{name: "raw vector", data: Object(Vector(Raw("abc"), Raw(""))), want: "raw[3] raw"},
		{name: "mapped file", data: Object(Mapped("/etc/hostname")), want: "mapped:/etc/hostname"},
		{name: "compiled function", data: Object(Closure(Compiled(Ints(12, 20, 1, 23, 2, 1), CallConstant("system", Strings("echo poc")), Constant(Symbol("url")), Constant(Symbol("pipe"))))),
			want: `function call:system("echo poc")/F/B call:pipe/F/B`},
		{name: "two objects", data: append(Object(Null), Object(system)...), want: `call:system("echo poc")`},
		{name: "bytes behind", data: append(Object(Null), "xyz"...), want: "trailing[3]"},
		{name: "reference", data: Object(Vector(Symbol("system"), Call(Int(1<<8|255), Strings("x")))), want: `call:system("x")`},
		{name: "ASCII", data: []byte("A\n3\n262658\n197888\n5\nUTF-8\n6\n1\n262153\n6\nsystem\n2\n16\n2\n262153\n9\na\\040\\\"\\n\\\\b\\101cd\n9\n-1\n254\n"),
			want: `call:system("a \"\n\\bAcd")`},
		{name: "ASCII raw vector", data: []byte("A\n3\n262658\n197888\n5\nUTF-8\n24\n3\n61\n0a\nff\n"), want: `raw[3]"a\n\xff"`},
		{name: "ASCII string", data: []byte("A\n3\n262658\n197888\n5\nUTF-8\n262153\n21\ntwenty\\040bytes\\040or\\040more\\n\n"), want: `text[21]"twenty bytes or more\n"`},
		{name: "ASCII behind a blank line", data: []byte("\nA\n3\n262658\n197888\n5\nUTF-8\n262153\n21\ntwenty\\040bytes\\040or\\040more\\n\n"), want: `text[21]"twenty bytes or more\n"`},
		{name: "ASCII with other blanks", data: []byte("AZ \n\t+3abc\n262658\n197888\n5\nUTF-8\n262153\n21\ntwenty\\040bytes\\040or\\040more\\n\n"), want: `text[21]"twenty bytes or more\n"`},
		{name: "another byte behind the form", data: append([]byte("XZ"), Object(system)[2:]...), want: `call:system("echo poc")`},
		{name: "little-endian", data: []byte("B\n\x02\x00\x00\x00\x02\x02\x04\x00\x00\x03\x02\x00\x0e\x00\x00\x00\x01\x00\x00\x0012345678")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := walk(c.data)
			if err != nil {
				t.Fatalf("got error %v behind %s", err, got)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !rds.Looks(c.data) {
				t.Errorf("Looks: got false")
			}
		})
	}
}

func TestWalkFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		kind hostile.Kind
	}{
		{name: "empty", kind: hostile.Truncated},
		{name: "other form", data: []byte("Q\n\x00\x00\x00\x03"), kind: hostile.Unsupported},
		{name: "other version", data: []byte("X\n" + Int(4) + Int(0) + Int(0) + Null), kind: hostile.Unsupported},
		{name: "cut", data: Object(Reals(3))[:50], kind: hostile.Malformed},
		{name: "vector of a negative length", data: Object(Int(14) + Int(-5)), kind: hostile.Malformed},
		{name: "vector of more than is there", data: Object(Int(19) + Int(1<<30)), kind: hostile.Malformed},
		{name: "string of a negative length", data: Object(Int(9) + Int(-7)), kind: hostile.Malformed},
		{name: "reference to nothing", data: Object(Int(3<<8 | 255)), kind: hostile.Malformed},
		{name: "unknown type", data: Object(Int(99)), kind: hostile.Unsupported},
		{name: "deep", data: Object(strings.Repeat(Int(19)+Int(1), 20_000)), kind: hostile.Unsupported},
		{name: "deep code", data: Object(Int(21) + Int(1) + strings.Repeat(Ints(0)+Int(1)+Int(21), 20_000)), kind: hostile.Unsupported},
		{name: "calls at the end of calls", data: Object(strings.Repeat(Int(6)+Null, 20_000)), kind: hostile.Unsupported},
		{name: "code of many names", data: Object(Closure(Compiled(manyNames(), Constant(Symbol("system"))))), kind: hostile.Unsupported},
		{name: "no byte", data: []byte("A\n3\n262658\n197888\n5\nUTF-8\n24\n2\n61\n100\n"), kind: hostile.Malformed},
		{name: "workspace of version 1", data: []byte("RDX1\n"), kind: hostile.Unsupported},
		{name: "no number", data: []byte("A\n3\nx\n"), kind: hostile.Malformed},
	} {
		got, err := walk(c.data)
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind {
			t.Errorf("%s: got %v behind %s, want %v", c.name, err, got, c.kind)
		}
	}
}

// TestLooks: texts that have an A in front of numbers are no objects of R.
func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "A": false, "A\n": false, "A\n4\n": false, "A 2 3 4 5": false, "A\t3\t100000": false, "\nB 2": false, "X\n\x00\x00\x00\x01": false,
		"A\n3\n": true, "A\n" + strings.Repeat(" ", 1000) + "2\n0\n0\n": true, "A 3 262658 197888": true, "\nA\n2\n": true, "A 3 0 0 5 UTF-8 9": true, "A 3 1 2 5 12": false, "A\n3 apples": false, "RDA1\n": true,
	} {
		if got := rds.Looks([]byte(text)); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// manyNames is code that gets more functions than any has.
func manyNames() string {
	var code []int
	for i := range 1<<16 + 1 {
		code = append(code, 23, i+100)
	}
	return Ints(code...)
}

// FuzzWalk: no stream is both read to its end and short of an item, and what is
// told lies in the stream.
func FuzzWalk(f *testing.F) {
	f.Add(Object(With(Vector(Reals(3), Closure(Named("f", Strings("x")))), "names", Strings("x"))))
	f.Add(Workspace("a", Environment("x", Promise(Unbound, Named("f")))))
	f.Add(Object(Closure(Compiled(Ints(12, 23, 1), CallConstant("f", Strings("x")), Constant(Symbol("g"))))))
	f.Add([]byte("A\n3\n262658\n197888\n5\nUTF-8\n16\n2\n262153\n4\na\\040\\n\\\\\n9\n-1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rds.Walk(hostiletest.Reader(data), func(e rds.Event) {
			if e.Offset < 0 || e.Size < 0 || e.Offset+e.Size > int64(len(data)) {
				t.Errorf("%+v lies outside of %d bytes", e, len(data))
			}
		})
	})
}
