package java_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/java"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// described is the description of a serializable class without fields.
func described(name string, more string) string {
	return "\x72\x00" + string(rune(len(name))) + name + "\x00\x00\x00\x00\x00\x00\x00\x01" + "\x02\x00\x00" + "\x78" + more
}

func TestDecode(t *testing.T) {
	object := "\x73" + described("a.B", described("c.D", "\x70"))
	array := "\x75" + described("[I", "\x70") + "\x00\x00\x00\x02" + "\x00\x00\x00\x01\x00\x00\x00\x02"
	for _, c := range []struct {
		name, text string
		classes    []string
		objects    int
		trailing   int // bytes
		fails      bool
	}{
		{name: "nothing", text: ""},
		{name: "an object and what it extends", text: object, classes: []string{"a.B", "c.D"}, objects: 1},
		{name: "numbers", text: array, classes: []string{"[I"}, objects: 1},
		{name: "two of a class", text: object + "\x73\x71\x00\x7e\x00\x00", classes: []string{"a.B", "c.D"}, objects: 2},
		{name: "another class than before", text: object + "\x73\x71\x00\x7e\x00\x09", classes: []string{"a.B", "c.D"}, objects: 2, fails: true},
		{name: "a class", text: "\x76" + described("a.B", "\x70"), classes: []string{"a.B"}},
		{name: "values and a text", text: "\x77\x04abcd\x74\x00\x02ab", objects: 0},
		{name: "trailing data", text: object + "\x00\x01", classes: []string{"a.B", "c.D"}, objects: 1, trailing: 2},
		{name: "a class that extends itself", text: "\x73" + described("a.B", "\x71\x00\x7e\x00\x00"), classes: []string{"a.B"}, objects: 1, fails: true},
		{name: "a class that extends one that extends it", text: "\x73" + described("a.B", described("c.D", "\x71\x00\x7e\x00\x00")), classes: []string{"a.B", "c.D"}, objects: 1, fails: true},
		{name: "cut", text: object[:20], classes: []string{"a.B"}, objects: 1, fails: true},
	} {
		s, err := java.Decode(hostiletest.Reader([]byte(java.Signature + c.text)))
		var classes []string
		for _, class := range s.Classes {
			classes = append(classes, class.Name)
		}
		if (err != nil) != c.fails || !slices.Equal(classes, c.classes) || s.Objects != c.objects || err == nil && len(java.Signature+c.text)-int(s.Trailing) != c.trailing {
			t.Errorf("%s: got %q, %d objects, trailing %d, %v", c.name, classes, s.Objects, s.Trailing, err)
		}
	}
}
