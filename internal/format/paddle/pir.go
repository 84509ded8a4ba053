package paddle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Programs of Paddle 3 (.json) are JSON. Format: the keys in
// paddle/fluid/pir/serialize_deserialize/include/schema.h.
const (
	pirHead    = "base_code" // what wrote the program
	pirMagic   = "magic"
	pirProgram = "program"
	pirOps     = "ops" // of a block: its operators
	pirType    = "#"   // of an operator
	pirAttrs   = "A"   // of an operator: its attributes
	pirName    = "N"   // of an attribute
	pirValue   = "AT"  // of an attribute: its type and its data
)

// dialects are the families of operators by the numbers that programs write for
// them (DialectIdMap in schema.cc).
var dialects = map[string]string{"0": "builtin", "1": "pd_op", "2": "cf", "3": "custom_op", "4": "dist_op"}

// PIR visits the operators of a program in JSON, in every block, those inside an
// operator before it. Types come with the name of their dialect: "pd_op.matmul".
// found is false for any other document; what was visited then means nothing.
func PIR(r *hostile.Reader, visit func(Op)) (found bool, err error) {
	p := pir{d: json.NewDecoder(r), r: r, visit: visit}
	if t := p.d.Next(); t.Kind == json.Object {
		for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
			v := p.d.Next()
			if t.Text == pirHead {
				p.head(v)
				continue
			}
			p.program = p.program || t.Text == pirProgram && v.Kind == json.Object
			p.walk(v, false)
		}
	}
	if r.Err() == nil {
		p.d.Next() // the end
	}
	return p.magic && p.program, r.Err()
}

type pir struct {
	d     *json.Decoder
	r     *hostile.Reader
	visit func(Op)
	// magic and program say which of the two members that make a program were there.
	magic, program bool
}

// head reads what a program says of its form.
func (p *pir) head(v json.Token) {
	if v.Kind != json.Object {
		p.d.Skip(v)
		return
	}
	for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
		v := p.d.Next()
		p.magic = p.magic || t.Text == pirMagic && v.Text == "pir"
		p.d.Skip(v)
	}
}

// walk looks for operators in a value: the elements of arrays that are ops.
func (p *pir) walk(v json.Token, ops bool) {
	switch v.Kind {
	case json.Object:
		for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
			p.walk(p.d.Next(), t.Text == pirOps)
		}
	case json.Array:
		for t := p.d.Next(); t.Kind != json.ArrayEnd && t.Kind != 0; t = p.d.Next() {
			if ops && t.Kind == json.Object {
				p.op(t)
			} else {
				p.walk(t, false)
			}
		}
	}
}

// op reads an operator, which may hold others.
func (p *pir) op(start json.Token) {
	o := Op{Offset: start.Offset}
	held := p.r.Budget().Held()
	for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
		v := p.d.Next()
		switch {
		case t.Text == pirType && v.Kind == json.String:
			o.Type = long(v.Text)
		case t.Text == pirAttrs && v.Kind == json.Array:
			for t := p.d.Next(); t.Kind != json.ArrayEnd && t.Kind != 0; t = p.d.Next() {
				if a := p.attr(t); len(a.Values) > 0 {
					o.Attrs = append(o.Attrs, a)
				}
			}
		default:
			p.walk(v, false)
		}
	}
	p.visit(o)
	p.r.Budget().Release(p.r.Budget().Held() - held)
}

// long returns the type of an operator with its dialect's name.
func long(kind string) string {
	if kind == "p" { // the one operator that has a name of its own
		return "builtin.parameter"
	}
	dialect, name, _ := strings.Cut(kind, ".")
	if full, ok := dialects[dialect]; ok {
		return full + "." + name
	}
	return kind
}

// attr reads an attribute: an object of a name and a value. Those of parameters
// are bare values.
func (p *pir) attr(v json.Token) (a Attr) {
	if v.Kind != json.Object {
		p.texts(v, &a)
		return a
	}
	for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
		v := p.d.Next()
		switch {
		case t.Text == pirName && v.Kind == json.String:
			a.Name = v.Text[:min(len(v.Text), maxText)]
		case t.Text == pirValue:
			p.texts(v, &a)
		default:
			p.walk(v, false)
		}
	}
	return a
}

// texts collects the texts of an attribute's value but for the names of types.
func (p *pir) texts(v json.Token, a *Attr) {
	switch v.Kind {
	case json.String:
		text := v.Text[:min(len(v.Text), maxText)]
		const cost = 64 // of a text, beside its bytes
		if p.r.Hold(uint64(len(text)+cost)) == nil {
			a.Values = append(a.Values, text)
		}
	case json.Array:
		for t := p.d.Next(); t.Kind != json.ArrayEnd && t.Kind != 0; t = p.d.Next() {
			p.texts(t, a)
		}
	case json.Object:
		for t := p.d.Next(); t.Kind == json.Name; t = p.d.Next() {
			v := p.d.Next()
			if t.Text == pirType {
				p.d.Skip(v)
				continue
			}
			p.texts(v, a)
		}
	}
}
