package prototext

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

const (
	name = 1<<3 | protobuf.Bytes
	sub  = 2<<3 | protobuf.Bytes
	size = 3<<3 | protobuf.Varint
)

var schema = Schema{"Node": {"name": {Tag: name}, "sub": {Tag: sub, Of: "Node"}, "size": {Tag: size}}}

// print writes a message of the schema as the shortest text.
func print(b *strings.Builder, m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case name:
			b.WriteString("name:'" + f.Text() + "' ")
		case sub:
			b.WriteString("sub{")
			print(b, f.Message())
			b.WriteString("}")
		case size:
			b.WriteString("size:" + string(rune('0'+f.Uint)) + " ")
		}
	}
}

func encode(t *testing.T, text string) (string, *Binary, error) {
	t.Helper()
	b, err := Encode(hostiletest.Reader(text), schema, "Node")
	var out strings.Builder
	m := protobuf.Root(hostiletest.Reader(string(b.Data)))
	print(&out, m)
	if bad := m.Reader().Err(); bad != nil {
		t.Errorf("%q: the binary form is none: %v", text, bad)
	}
	return strings.TrimSpace(out.String()), b, err
}

func TestEncode(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "empty"},
		{name: "string", text: `name: "a"`, want: "name:'a'"},
		{name: "parts of a string", text: "name: 'a' # of two\n \"b\"", want: "name:'ab'"},
		{name: "escapes", text: `name: "\101\x42\u0043\U00000044\"\'\\"`, want: `name:'ABCD"'\'`},
		{name: "short escapes", text: `name: "\1\x2g"`, want: "name:'\x01\x02g'"},
		{name: "nested", text: `sub { name: "a" sub <> }`, want: "sub{name:'a' sub{}}"},
		{name: "a colon before a message", text: `sub: { size: 3 }`, want: "sub{size:3 }"},
		{name: "separators", text: `size: 1, sub { size: 2; }; size: 3`, want: "size:1 sub{size:2 }size:3"},
		{name: "numbers", text: `size: 0x7 size: 010`, want: "size:7 size:8"},
		{name: "names", text: `size: true size: FALSE size: DT_INT`, want: "size:1 size:0 size:0"},
		{name: "list", text: `name: ["a", 'b'] sub: [{size: 1}, <size: 2>] name: []`, want: "name:'a' name:'b' sub{size:1 }sub{size:2 }"},
		{name: "left out", text: `x: 1 y: -inf z { a: [1, 2] b < c: "}" > } [a.b/c.d]: {x: 1} [e.f] <> w: ['a' 'b', "c"] name: "a"`, want: "name:'a'"},
		{name: "left out twice", text: `type: "a" "b" name: "c"`, want: "name:'c'"},
	} {
		if got, _, err := encode(t, c.text); got != c.want || err != nil {
			t.Errorf("%s: got %q and %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestDamaged(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "no end", text: `sub { name: "a"`, want: "sub{name:'a' }"},
		{name: "another end", text: `sub { name: "a" >`, want: "sub{name:'a' }"},
		{name: "a string without end", text: `name: "a`, want: "name:'a'"},
		{name: "a line that ends", text: "name: \"a\n\"", want: "name:'a'"},
		{name: "no escape", text: `name: "\q"`, want: "name:''"},
		{name: "a message for a string", text: `name { }`, want: "name:''"},
		{name: "no value", text: `x:`},
		{name: "no name", text: `: 1`},
		{name: "deep", text: strings.Repeat("sub {", 200), want: strings.Repeat("sub{", maxDepth) + "sub{" + strings.Repeat("}", maxDepth+1)},
		{name: "deep, left out", text: strings.Repeat("x {", 20_000)},
		{name: "binary", text: "name: \"a\" \x00", want: "name:'a'"},
	} {
		if got, _, err := encode(t, c.text); err == nil || got != c.want && c.name != "deep" {
			t.Errorf("%s: got %q and %v, want %q and a fault", c.name, got, err, c.want)
		}
	}
}

func TestPlace(t *testing.T) {
	text := `size: 1 sub { name: "here" }`
	_, b, _ := encode(t, text)
	at := bytes.Index(b.Data, []byte("here"))
	if got, want := b.Place(int64(at)), int64(strings.Index(text, "name")); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

// FuzzEncode: whatever the text, the binary form is one, its places are in the
// text and grow, and every error is a Fault.
func FuzzEncode(f *testing.F) {
	f.Add(`name: "a\x41" 'b' sub { size: 3 x: [1, {y: 2}] } [a.b]: <> # end`)
	f.Add(`sub: [{name: ["a"]}, <size: -1>]`)
	f.Fuzz(func(t *testing.T, text string) {
		_, b, err := encode(t, text)
		before := int64(-1)
		for at := range b.Data {
			if place := b.Place(int64(at)); place < before || place > int64(len(text)) {
				t.Fatalf("byte %d of the binary form is at %d, the one before at %d, of %d", at, place, before, len(text))
			} else {
				before = place
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}
