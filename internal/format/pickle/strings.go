package pickle

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// maxRepeat is the longest text that computing may make of shorter ones.
const maxRepeat = 16 << 20

// text makes a str, bytes or bytearray of the same kind as another.
func (m *Machine) text(kind Kind, s string) (Value, bool) {
	if len(s) > maxRepeat || m.spend(int64(len(s))) {
		return 0, false
	}
	return m.newText(kind, s), true
}

// textOf returns the content of a str, bytes or bytearray and its kind, to compute
// something of it: whoever does so goes through all of it, which is paid for.
func (m *Machine) textOf(v Value) (s string, kind Kind, ok bool) {
	s, kind, ok = m.written(v)
	return s, kind, ok && !m.spend(int64(len(s)))
}

// str is Str for whoever computes something of it.
func (m *Machine) str(v Value) (string, bool) {
	s, kind, ok := m.textOf(v)
	return s, ok && kind == Str
}

// written is textOf for whoever looks at a part of it.
func (m *Machine) written(v Value) (s string, kind Kind, ok bool) {
	v = m.force(v)
	kind = m.Kind(v)
	if kind == Str {
		s, ok = m.Str(v)
	} else {
		s, ok = m.Bytes(v)
	}
	return s, kind, ok
}

// toStr is builtins.str.
func toStr(m *Machine, c *call) (Value, bool) {
	switch {
	case len(c.args) == 0:
		return m.newStr(""), true
	case len(c.args) > 1:
		return decodings.apply(m, c, 0, 1)
	}
	v := m.force(c.args[0])
	switch m.Kind(v) {
	case Str:
		return v, true
	case Int:
		if n, ok := m.Int(v); ok {
			return m.newStr(n.String()), true
		}
	}
	return 0, false
}

// toBytes is bytes(x) and bytearray(x): of bytes, of integers, of a str with an
// encoding, or zeros.
func toBytes(kind Kind) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		if len(c.args) == 0 {
			return m.newText(kind, ""), true
		}
		v := m.force(c.args[0])
		switch m.Kind(v) {
		case Str:
			s, ok := m.encoded(c, 0, 1)
			if !ok {
				return 0, false
			}
			return m.text(kind, s)
		case Bytes, ByteArray:
			s, ok := m.Bytes(v)
			if !ok {
				return 0, false
			}
			return m.text(kind, s)
		case Int:
			n, ok := m.Int(v)
			if !ok || !n.IsInt64() || n.Int64() > maxItems || n.Sign() < 0 {
				return 0, false
			}
			return m.text(kind, strings.Repeat("\x00", int(n.Int64())))
		}
		items, ok := m.iterate(v)
		if !ok {
			return 0, false
		}
		return m.fromOctets(kind, items)
	}
}

// fromOctets makes bytes of numbers below 256.
func (m *Machine) fromOctets(kind Kind, items []Value) (Value, bool) {
	p := make([]byte, len(items))
	for i, v := range items {
		n, ok := m.Int(v)
		if !ok || !n.IsUint64() || n.Uint64() > 255 {
			return 0, false
		}
		p[i] = byte(n.Uint64())
	}
	return m.text(kind, string(p))
}

// toInt is builtins.int.
func toInt(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 0 {
		return smallInt(0), true
	}
	if n, ok := m.Int(c.args[0]); ok && len(c.args) == 1 {
		return m.newInt(n), true
	}
	s, _, ok := m.textOf(c.args[0])
	base := int64(10)
	if len(c.args) > 1 {
		b, known := m.Int(c.args[1])
		if !known || !b.IsInt64() {
			return 0, false
		}
		base = b.Int64()
	}
	if !ok || base < 0 || base > 36 || base == 1 || len(s) > small {
		return 0, false
	}
	s = strings.TrimSpace(s)
	prefix := map[int64]string{16: "0x", 8: "0o", 2: "0b"}[base]
	if prefix != "" {
		s = strings.TrimPrefix(strings.ToLower(s), prefix)
	}
	n, ok := pyInt(s, int(base))
	if !ok {
		return 0, false
	}
	return m.newInt(n), true
}

// chr is builtins.chr.
func chr(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 1 {
		return 0, false
	}
	s, ok := m.character(c.args[0])
	if !ok {
		return 0, false
	}
	return m.newStr(s), true
}

// character is the text of a code point, which may be a surrogate.
func (m *Machine) character(v Value) (string, bool) {
	n, ok := m.Int(v)
	if !ok || !n.IsInt64() || n.Int64() < 0 || n.Int64() > utf8.MaxRune {
		return "", false
	}
	var b strings.Builder
	writeRune(&b, rune(n.Int64()))
	return b.String(), true
}

// ord is builtins.ord.
func ord(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 1 {
		return 0, false
	}
	s, kind, ok := m.textOf(c.args[0])
	if !ok || s == "" {
		return 0, false
	}
	if kind != Str {
		return smallInt(int64(s[0])), len(s) == 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return smallInt(int64(r)), n == len(s)
}

// length is builtins.len.
func length(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 1 {
		return 0, false
	}
	if s, kind, ok := m.textOf(c.args[0]); ok {
		if kind == Str {
			return smallInt(int64(utf8.RuneCountInString(s))), utf8.ValidString(s)
		}
		return smallInt(int64(len(s))), true
	}
	if m.lazy(c.args[0]) {
		return 0, false
	}
	items, ok := m.iterate(c.args[0])
	return smallInt(int64(len(items))), ok
}

// digits is hex, oct and bin.
func digits(base int) func(*Machine, *call) (Value, bool) {
	prefix := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]
	return func(m *Machine, c *call) (Value, bool) {
		if len(c.args) != 1 {
			return 0, false
		}
		n, ok := m.Int(c.args[0])
		if !ok {
			return 0, false
		}
		s := prefix + new(big.Int).Abs(n).Text(base)
		if n.Sign() < 0 {
			s = "-" + s
		}
		return m.newStr(s), true
	}
}

// add is a + b of texts, sequences and integers.
func add(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 {
		return 0, false
	}
	a, b := m.force(c.args[0]), m.force(c.args[1])
	if n := m.Name(c.fn); n != nil && n.Name[0] == 'i' && (m.Kind(a) == List || m.Kind(a) == ByteArray) {
		return 0, false // it changes what it is given
	}
	if x, kind, ok := m.textOf(a); ok {
		y, other, ok := m.textOf(b)
		if !ok || (kind == Str) != (other == Str) {
			return 0, false
		}
		return m.text(kind, x+y)
	}
	if x, ok := m.Int(a); ok {
		y, ok := m.Int(b)
		if !ok {
			return 0, false
		}
		return m.newInt(x.Add(x, y)), true
	}
	kind := m.Kind(a)
	if kind != m.Kind(b) || kind != List && kind != Tuple {
		return 0, false
	}
	x, ok1 := m.iterate(a)
	y, ok2 := m.iterate(b)
	if !ok1 || !ok2 {
		return 0, false
	}
	return m.newContainer(kind, append(x[:len(x):len(x)], y...)), true
}

// multiply is operator.mul of integers, or of a text and a count.
func multiply(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 {
		return 0, false
	}
	x, ok1 := m.Int(c.args[0])
	y, ok2 := m.Int(c.args[1])
	if ok1 && ok2 && x.BitLen()+y.BitLen() < small {
		return m.newInt(x.Mul(x, y)), true
	}
	s, kind, ok := m.textOf(c.args[0])
	if !ok || !ok2 || !y.IsInt64() || y.Sign() < 0 || int64(len(s)+1)*min(y.Int64(), maxRepeat) > maxRepeat {
		return 0, false
	}
	return m.text(kind, strings.Repeat(s, int(y.Int64())))
}

// percent is "format" % values.
func percent(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 2 {
		return 0, false
	}
	s, kind, ok := m.textOf(c.args[0])
	if !ok {
		return 0, false
	}
	values := c.args[1:]
	if v := m.force(c.args[1]); m.Kind(v) == Tuple {
		values = m.elements(v)
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "%")
		b.WriteString(before)
		if !found {
			return m.text(kind, b.String())
		}
		if after == "" {
			return 0, false
		}
		verb := after[0]
		s = after[1:]
		if verb == '%' {
			b.WriteByte('%')
			continue
		}
		if len(values) == 0 || !m.formatOne(&b, kind, verb, values[0]) {
			return 0, false
		}
		values = values[1:]
	}
}

// formatOne writes one value as a verb of printf-style formatting does in a text
// of a kind, and reports whether it knows how and there is room.
func (m *Machine) formatOne(b *strings.Builder, kind Kind, verb byte, v Value) bool {
	s, ok := m.formatted(kind, verb, v)
	return ok && m.write(b, s)
}

// formatted is a value as a verb of printf-style formatting writes it.
func (m *Machine) formatted(kind Kind, verb byte, v Value) (string, bool) {
	v = m.force(v)
	of := m.Kind(v)
	switch {
	case verb == 's' && of == Str && kind == Str, (verb == 's' || verb == 'b') && of == Bytes && kind != Str:
		s, _, ok := m.textOf(v)
		return s, ok
	case verb == 'c' && kind == Str:
		return m.character(v)
	}
	n, ok := m.Int(v)
	switch {
	case !ok:
	case verb == 's' && of == Bool:
		return map[bool]string{true: "True", false: "False"}[n.Sign() != 0], true
	case verb == 's' && kind == Str || verb == 'd' || verb == 'i':
		return n.String(), true
	case verb == 'x':
		return n.Text(16), true
	case verb == 'c':
		return string([]byte{byte(n.Int64())}), n.IsInt64() && n.Int64() >= 0 && n.Int64() < 256
	}
	return "", false
}

// write adds to a text that is put together of pieces, unless it gets too long: a
// file can name one long piece any number of times.
func (m *Machine) write(b *strings.Builder, s string) bool {
	if b.Len()+len(s) > maxRepeat || m.spend(int64(len(s))) {
		return false
	}
	b.WriteString(s)
	return true
}

// joined is sep.join(items), where sep is of a kind.
func (m *Machine) joined(kind Kind, sep string, items []Value) (Value, bool) {
	total := 0
	parts := make([]string, len(items))
	for i, v := range items {
		s, k, ok := m.textOf(v)
		if !ok || (k == Str) != (kind == Str) {
			return 0, false
		}
		parts[i] = s
		if total += len(s) + len(sep); total > maxRepeat {
			return 0, false
		}
	}
	return m.text(kind, strings.Join(parts, sep))
}
