package json

import (
	"strconv"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Value is a JSON value as a tree.
type Value struct {
	Kind    Kind // Object, Array, String, Number, True, False or Null
	Offset  int64
	Text    string   // of a String: its characters; of a Number: its literal
	Items   []Value  // of an Array
	Members []Member // of an Object, in the order of the text
}

// A Member is a name and a value of an object.
type Member struct {
	Name   string
	Offset int64 // of the name
	Again  bool  // the object has a member of this name before
	Value  Value
}

// valueCost is what a node of the tree takes beside its text, in bytes.
const valueCost = 160

// Parse reads a value, which must fill the window of r, as a tree. It is charged
// to the memory budget. After a fault, which is returned, the tree holds what
// came before it.
func Parse(r *hostile.Reader) (*Value, error) {
	d := NewDecoder(r)
	v := &Value{}
	d.tree(v, d.Next())
	if d.Err() == nil {
		d.Next()
	}
	return v, d.Err()
}

// tree fills v with the value whose first token is t.
func (d *Decoder) tree(v *Value, t Token) {
	v.Kind, v.Offset, v.Text = t.Kind, t.Offset, t.Text
	if err := d.r.Budget().Hold(uint64(valueCost + len(t.Text))); err != nil {
		d.r.Fail(hostile.OverBudget, "a JSON tree: %v", err)
		return
	}
	switch t.Kind {
	case Object:
		for t := d.Next(); t.Kind == Name; t = d.Next() {
			v.Members = append(v.Members, Member{Name: t.Text, Offset: t.Offset, Again: t.Again})
			d.tree(&v.Members[len(v.Members)-1].Value, d.Next())
		}
	case Array:
		for t := d.Next(); t.Kind != ArrayEnd && t.Kind != 0; t = d.Next() {
			v.Items = append(v.Items, Value{})
			d.tree(&v.Items[len(v.Items)-1], t)
		}
	}
}

// Get returns the value of the last member of the name, which is the one that
// loaders take, or nil. It is nil for a value that is no object, and for nil.
func (v *Value) Get(name string) *Value {
	if v == nil {
		return nil
	}
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return &v.Members[i].Value
		}
	}
	return nil
}

// String returns the text of a String, or "".
func (v *Value) String() string {
	if v == nil || v.Kind != String {
		return ""
	}
	return v.Text
}

// Int returns a Number that is an integer of 64 bits, and whether it is one.
func (v *Value) Int() (int64, bool) {
	if v == nil || v.Kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}
