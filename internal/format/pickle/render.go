package pickle

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	renderDepth = 6    // of values in values
	renderItems = 8    // of one container
	renderText  = 120  // characters of one string
	renderTotal = 1000 // bytes of one rendering, about
)

// Python returns v as Python would write it, shortened where it is long. Text
// of the file in it is in Python's own quotes and escapes, but not cleaned of
// what a terminal may act on.
func (m *Machine) Python(v Value) string {
	var b strings.Builder
	m.render(&b, v, renderDepth)
	return b.String()
}

// PythonCall returns a call as Python would write it.
func (m *Machine) PythonCall(fn Value, args []Value, kw Value) string {
	var b strings.Builder
	m.renderCall(&b, fn, args, kw, 0, renderDepth)
	return b.String()
}

// render writes a value as Python would, down to a depth and up to a length.
func (m *Machine) render(b *strings.Builder, v Value, depth int) {
	if depth == 0 || b.Len() > renderTotal {
		b.WriteString("…")
		return
	}
	switch v.tag() {
	case tagNone:
		b.WriteString("None")
	case tagBool:
		b.WriteString([...]string{"False", "True"}[v.payload()&1])
	case tagInt:
		b.WriteString(strconv.FormatInt(v.small(), 10))
	case tagFloat:
		f, _ := m.float(v)
		b.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
	case tagLong:
		m.renderBig(b, v)
	case tagStr, tagBytes, tagByteArray:
		m.renderText(b, v)
	case tagForgotten:
		m.renderForgotten(b, v)
	case tagObject:
		m.renderObject(b, m.object(v), v, depth)
	default:
		b.WriteString("<unknown>")
	}
}

// renderBig writes an integer, or only how long it is.
func (m *Machine) renderBig(b *strings.Builder, v Value) {
	n, ok := m.Int(v)
	switch {
	case !ok:
		b.WriteString("<int>")
	case n.CmpAbs(new(big.Int).Lsh(big.NewInt(1), 256)) > 0:
		b.WriteString("<int of " + strconv.Itoa(n.BitLen()) + " bits>")
	default:
		b.WriteString(n.String())
	}
}

// renderText writes a string or bytes, of long ones the start and the end.
func (m *Machine) renderText(b *strings.Builder, v Value) {
	s, kind, ok := m.written(v)
	if !ok {
		b.WriteString("<" + m.Kind(v).String() + ">")
		return
	}
	open, end := "", ""
	switch kind {
	case Bytes:
		open = "b"
	case ByteArray:
		open, end = "bytearray(b", ")"
	}
	b.WriteString(open + quote(shorten(s, kind != Str), kind != Str) + end)
}

// shorten keeps both ends of a text, since payloads stand at either.
func shorten(s string, octets bool) string {
	if octets && len(s) > renderText {
		return s[:renderText*2/3] + "…" + s[len(s)-renderText/3:]
	}
	if octets || utf8.RuneCountInString(s) <= renderText {
		return s
	}
	r := []rune(s[:min(len(s), 4*renderText)])
	tail := []rune(s[max(0, len(s)-4*renderText):])
	return string(r[:renderText*2/3]) + "…" + string(tail[len(tail)-renderText/3:])
}

// quote writes a string as Python's repr does.
func quote(s string, octets bool) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		c := s[i]
		switch {
		case r == '…' && n > 1:
			b.WriteRune(r)
		case c == q || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		case !octets && r != utf8.RuneError && strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			const digits = "0123456789abcdef"
			for _, c := range []byte(s[i : i+n]) {
				b.WriteString(`\x` + string(digits[c>>4]) + string(digits[c&15]))
			}
		}
		i += n
	}
	b.WriteByte(q)
	return b.String()
}

// renderForgotten writes what is left of an object whose parts were forgotten:
// its class.
func (m *Machine) renderForgotten(b *strings.Builder, v Value) {
	kind := m.Kind(v)
	if n := m.Name(m.Class(v)); n != nil {
		b.WriteString(n.String() + "(…)")
		return
	}
	b.WriteString("<" + kind.String() + ">")
}

// renderObject writes a value that is more than a constant of the file.
func (m *Machine) renderObject(b *strings.Builder, o *object, v Value, depth int) {
	switch o.kind {
	case Str, Bytes, ByteArray:
		m.renderText(b, v)
	case Int:
		m.renderBig(b, v)
	case Tuple, List, Set, FrozenSet, Dict:
		m.renderContainer(b, o, depth)
	case Global:
		b.WriteString(m.known[o.ref].String())
	case Call:
		if w := m.force(v); w != v {
			m.render(b, w, depth)
			return
		}
		m.renderCall(b, o.fn, o.items, o.kw, int(o.lost), depth)
	case Attr:
		m.renderAttr(b, o, depth)
	case Persistent:
		b.WriteString("persistent_load(")
		m.render(b, o.fn, depth-1)
		b.WriteString(")")
	case Extension:
		b.WriteString("<extension " + strconv.Itoa(int(o.ref)) + ">")
	default:
		b.WriteString("<" + o.kind.String() + ">")
	}
}

// renderAttr writes an attribute; one of which the name is computed is written
// as the computation.
func (m *Machine) renderAttr(b *strings.Builder, o *object, depth int) {
	name, ok := m.Str(o.kw)
	if ok && o.flags&flagForced == 0 {
		m.render(b, o.fn, depth-1)
		b.WriteString("." + strings.Trim(quote(name, false), `'"`))
		return
	}
	b.WriteString("getattr(import_module(")
	m.render(b, o.fn, depth-1)
	b.WriteString("), ")
	m.render(b, o.kw, depth-1)
	b.WriteString(")")
}

var brackets = map[Kind][2]string{
	Tuple: {"(", ")"}, List: {"[", "]"}, Set: {"{", "}"}, FrozenSet: {"frozenset({", "})"}, Dict: {"{", "}"},
}

// renderContainer writes the first items, and how many more there are.
func (m *Machine) renderContainer(b *strings.Builder, o *object, depth int) {
	pair := brackets[o.kind]
	if o.kind == Set && len(o.items) == 0 {
		pair = [2]string{"set(", ")"}
	}
	b.WriteString(pair[0])
	shown := min(len(o.items), renderItems)
	for i := range shown {
		if i > 0 {
			b.WriteString(separator(o.kind, i))
		}
		m.render(b, o.items[i], depth-1)
	}
	switch {
	case shown < len(o.items) || o.lost > 0:
		b.WriteString(", …")
	case o.kind == Tuple && shown == 1:
		b.WriteString(",")
	}
	b.WriteString(pair[1])
}

// separator stands before the i-th of the values of a container.
func separator(kind Kind, i int) string {
	if kind == Dict && i%2 == 1 {
		return ": "
	}
	return ", "
}

// renderCall writes a call with its arguments, unless it was found out what it
// returns.
func (m *Machine) renderCall(b *strings.Builder, fn Value, args []Value, kw Value, lost, depth int) {
	m.render(b, fn, depth)
	b.WriteString("(")
	for i, a := range args[:min(len(args), renderItems)] {
		if i > 0 {
			b.WriteString(", ")
		}
		m.render(b, a, depth-1)
	}
	if len(args) > renderItems || lost > 0 {
		b.WriteString(", …")
	}
	if o := m.object(kw); o != nil && o.kind == Dict {
		for i := 0; i+1 < len(o.items) && i < 2*renderItems; i += 2 {
			if i > 0 || len(args) > 0 {
				b.WriteString(", ")
			}
			name, _ := m.Str(o.items[i])
			b.WriteString(strings.Trim(quote(shorten(name, false), false), `'"`) + "=")
			m.render(b, o.items[i+1], depth-1)
		}
	}
	b.WriteString(")")
}
