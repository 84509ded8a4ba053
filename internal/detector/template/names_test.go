package template

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/jinja"
)

// TestClassify: what a name leads to depends on how it is reached, and on what is
// known of it.
func TestClassify(t *testing.T) {
	const w = string(jinja.Wild)
	inner, hidden, plain := class{internal: true}, class{hidden: true}, class{}
	for _, c := range []struct {
		name   string
		access jinja.Access
		want   class
	}{
		{name: "attribute", access: jinja.Access{How: jinja.Attribute, Name: "__globals__"}, want: inner},
		{name: "variable", access: jinja.Access{How: jinja.Variable, Name: "__globals__"}, want: plain},
		{name: "argument", access: jinja.Access{How: jinja.Argument, Name: "__globals__"}, want: inner},
		{name: "path of an argument", access: jinja.Access{How: jinja.Argument, Name: "a.__globals__.b"}, want: inner},
		{name: "path of a filter", access: jinja.Access{How: jinja.Filter, Name: "a.__globals__"}, want: inner},
		{name: "key with full stops", access: jinja.Access{How: jinja.Subscript, Name: "a.__globals__"}, want: plain},
		{name: "mro of an object", access: jinja.Access{How: jinja.Attribute, Name: "mro"}, want: inner},
		{name: "mro by a filter", access: jinja.Access{How: jinja.Filter, Name: "mro"}, want: inner},
		{name: "mro as a key", access: jinja.Access{How: jinja.Subscript, Name: "mro"}, want: plain},
		{name: "reserved attribute", access: jinja.Access{How: jinja.Attribute, Name: "__new_one__"}, want: inner},
		{name: "reserved name of a filter", access: jinja.Access{How: jinja.Filter, Name: "__new_one__"}, want: inner},
		{name: "reserved name in a format", access: jinja.Access{How: jinja.Format, Name: "__new_one__"}, want: inner},
		{name: "reserved key", access: jinja.Access{How: jinja.Subscript, Name: "__new_one__"}, want: plain},
		{name: "reserved key that is put together", access: jinja.Access{How: jinja.Subscript, Name: "__new_one__", Built: true}, want: inner},
		{name: "reserved argument", access: jinja.Access{How: jinja.Argument, Name: "__new_one__"}, want: plain},
		{name: "half reserved", access: jinja.Access{How: jinja.Attribute, Name: "new_one__"}, want: plain},
		{name: "the other half", access: jinja.Access{How: jinja.Attribute, Name: "__new_one"}, want: plain},
		{name: "lines alone", access: jinja.Access{How: jinja.Attribute, Name: "____"}, want: plain},
		{name: "a letter between lines", access: jinja.Access{How: jinja.Attribute, Name: "__a__"}, want: inner},

		{name: "part of a name", access: jinja.Access{How: jinja.Subscript, Name: "__glob" + w}, want: inner},
		{name: "both ends", access: jinja.Access{How: jinja.Attribute, Name: "__g" + w + "s__"}, want: inner},
		{name: "the middle", access: jinja.Access{How: jinja.Attribute, Name: w + "lobal" + w}, want: inner},
		{name: "two middles", access: jinja.Access{How: jinja.Attribute, Name: w + "glo" + w + "als" + w}, want: inner},
		{name: "middles in another order", access: jinja.Access{How: jinja.Attribute, Name: w + "als" + w + "glo" + w}, want: plain},
		{name: "a middle twice", access: jinja.Access{How: jinja.Attribute, Name: w + "globals" + w + "globals" + w}, want: plain},
		{name: "ends that overlap", access: jinja.Access{How: jinja.Attribute, Name: "__globals" + w + "globals__"}, want: plain},
		{name: "another end", access: jinja.Access{How: jinja.Attribute, Name: "__glob" + w + "x"}, want: plain},
		{name: "another start", access: jinja.Access{How: jinja.Attribute, Name: "x" + w + "globals__"}, want: plain},
		{name: "few letters", access: jinja.Access{How: jinja.Attribute, Name: "g" + w + "s"}, want: plain},
		{name: "no letters", access: jinja.Access{How: jinja.Attribute, Name: "__" + w}, want: plain},
		{name: "nothing known in many pieces", access: jinja.Access{How: jinja.Attribute, Name: w + "_" + w + w + w}, want: hidden},
		{name: "nothing known in few", access: jinja.Access{How: jinja.Attribute, Name: w + w + w}, want: plain},
		{name: "letters in many pieces", access: jinja.Access{How: jinja.Attribute, Name: w + "x" + w + w + w}, want: plain},
		{name: "attribute that a filter computes", access: jinja.Access{How: jinja.Filter, Name: w}, want: hidden},
		{name: "argument that is computed", access: jinja.Access{How: jinja.Argument, Name: "__glob" + w}, want: plain},
		{name: "variable that is computed", access: jinja.Access{How: jinja.Variable, Name: "__glob" + w}, want: plain},
	} {
		if _, got := classify(c.access); got != c.want {
			t.Errorf("%s: %q: got %+v, want %+v", c.name, c.access.Name, got, c.want)
		}
	}
}
