package pickle

import (
	"strings"
	"unicode/utf8"
)

// owners are the classes whose methods are known: called through the class, the
// first argument is the object.
var owners = map[string]bool{
	"str": true, "bytes": true, "bytearray": true, "dict": true, "list": true, "tuple": true, "object": true,
}

// computeMethod is a call of a qualified name that is a method of something the
// machine knows: builtins.str.join, sys.modules.get.
func (m *Machine) computeMethod(n *Name, c *call) (Value, bool) {
	i := strings.LastIndexByte(n.Name, '.')
	if i < 0 {
		return 0, false
	}
	owner, method := n.Name[:i], n.Name[i+1:]
	if n.Module == "builtins" && owners[owner] {
		if len(c.args) == 0 {
			return 0, false
		}
		bound := *c
		bound.self, bound.args = c.args[0], c.args[1:]
		return m.method(method, &bound)
	}
	c.self = m.intern(n.Module, owner, n.Module, owner)
	return m.method(method, c)
}

// method is a call of a method of c.self.
func (m *Machine) method(name string, c *call) (Value, bool) {
	c.self = m.force(c.self)
	switch name {
	case "get", "__getitem__", "pop", "setdefault":
		return m.getMethod(name, c)
	case "__getattribute__", "__getattr__":
		if s, ok := m.strArg(c, 0); ok {
			return m.attrBy(c.self, c.args[0], s), true
		}
		return 0, false
	case "__call__":
		return m.call(call{fn: c.self, args: c.args, kw: c.kw, loose: c.loose}), true
	case "run": // contextvars.Context.run and the like call their argument
		if m.Kind(c.self) == Call && len(c.args) > 0 && m.Name(m.force(c.args[0])) != nil {
			return m.call(call{fn: c.args[0], args: c.args[1:], kw: c.kw, loose: c.loose}), true
		}
		return 0, false
	case "get_field": // string.Formatter().get_field(path, args, kwargs) walks attributes
		return m.getField(c)
	}
	s, kind, ok := m.textOf(c.self)
	if !ok || c.loose || m.hasKeywords(c) {
		return 0, false
	}
	if f := textMethods[name]; f != nil {
		return f(m, s, kind, c)
	}
	return 0, false
}

// getMethod is __getitem__ of a container, or get of a dict with its default.
func (m *Machine) getMethod(name string, c *call) (Value, bool) {
	if len(c.args) == 0 {
		return 0, false
	}
	if name == "pop" || name == "setdefault" {
		defer m.disturb(c.self, 1)
	}
	o := m.object(c.self)
	if o == nil || o.kind != Dict || name == "__getitem__" || len(c.args) < 2 {
		return m.item(c.self, c.args[0])
	}
	v, found, known := m.dictItem(o, c.args[0])
	if !found {
		v = c.args[1]
	}
	return v, known
}

// getField is string.Formatter.get_field: the first part of the path is a key
// of the arguments, the rest attributes of it.
func (m *Machine) getField(c *call) (Value, bool) {
	path, ok := m.strArg(c, 0)
	if !ok || len(c.args) < 3 {
		return 0, false
	}
	key, rest, more := strings.Cut(path, ".")
	v, ok := m.item(c.args[2], m.newStr(key))
	if n, isNumber := pyInt(key, 10); isNumber {
		v, ok = m.item(c.args[1], m.newInt(n))
	}
	if !ok {
		return 0, false
	}
	if more {
		v = m.walkBy(v, c.args[0], rest)
	}
	return m.newContainer(Tuple, []Value{v, m.newStr(key)}), true
}

type textMethod func(m *Machine, s string, kind Kind, c *call) (Value, bool)

// textMethods are the methods of str and bytes that names are put together with.
var textMethods = map[string]textMethod{
	"lower":      letters(strings.ToLower),
	"upper":      letters(strings.ToUpper),
	"casefold":   letters(strings.ToLower),
	"swapcase":   letters(swapCase),
	"title":      letters(titleCase),
	"capitalize": letters(capitalise),
	"strip":      trim(strings.Trim),
	"lstrip":     trim(strings.TrimLeft),
	"rstrip":     trim(strings.TrimRight),
	"__str__":    letters(func(s string) string { return s }),

	"removeprefix": oneText(func(s, a string) string { return strings.TrimPrefix(s, a) }),
	"removesuffix": oneText(func(s, a string) string { return strings.TrimSuffix(s, a) }),
	"__add__":      oneText(func(s, a string) string { return s + a }),
	"replace":      replace,
	"join":         join_,
	"split":        split,
	"encode":       encodeMethod,
	"decode":       decodeMethod,
	"hex":          toHex,
	"fromhex":      fromHex,
	"format":       format,
	"translate":    translate,
	"__mod__":      func(m *Machine, _ string, _ Kind, c *call) (Value, bool) { return percent(m, m.withSelf(c)) },
	"__mul__":      func(m *Machine, _ string, _ Kind, c *call) (Value, bool) { return multiply(m, m.withSelf(c)) },
}

// withSelf is a method's call as one of a function whose first argument is the
// object.
func (m *Machine) withSelf(c *call) *call {
	return &call{args: append([]Value{c.self}, c.args...)}
}

// letters makes a method without arguments of a function on ASCII: which letters
// belong together beyond it depends on the version of Unicode, and of Python.
func letters(f func(string) string) textMethod {
	return func(m *Machine, s string, kind Kind, c *call) (Value, bool) {
		if !isASCII([]byte(s)) {
			return 0, false
		}
		return m.text(kind, f(s))
	}
}

// whiteSpace is what Python takes for white space in bytes, and in a str.
var whiteSpace = map[Kind]string{
	Bytes: " \t\n\r\v\f", ByteArray: " \t\n\r\v\f",
	Str: " \t\n\r\v\f\x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
}

// toHex is bytes.hex without a separator.
func toHex(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	if len(c.args) > 0 || kind == Str {
		return 0, false
	}
	return m.text(Str, hexOf(s))
}

// trim makes a method like strip, which cuts white space or the characters it
// is given.
func trim(f func(s, cutset string) string) textMethod {
	return func(m *Machine, s string, kind Kind, c *call) (Value, bool) {
		cut := whiteSpace[kind]
		if len(c.args) > 0 && m.Kind(c.args[0]) != None {
			var ok bool
			if cut, _, ok = m.textOf(c.args[0]); !ok {
				return 0, false
			}
		}
		if kind != Str && !isASCII([]byte(s+cut)) {
			return 0, false
		}
		return m.text(kind, f(s, cut))
	}
}

// oneText makes a method of one text.
func oneText(f func(s, a string) string) textMethod {
	return func(m *Machine, s string, kind Kind, c *call) (Value, bool) {
		if len(c.args) != 1 {
			return 0, false
		}
		a, _, ok := m.textOf(c.args[0])
		if !ok || len(s)+len(a) > maxRepeat {
			return 0, false
		}
		return m.text(kind, f(s, a))
	}
}

// replace is str.replace, of results that are not too long.
func replace(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	if len(c.args) < 2 {
		return 0, false
	}
	old, _, ok1 := m.textOf(c.args[0])
	with, _, ok2 := m.textOf(c.args[1])
	n := int64(-1)
	if len(c.args) > 2 {
		v, ok := m.Int(c.args[2])
		if !ok || !v.IsInt64() {
			return 0, false
		}
		n = max(-1, min(v.Int64(), maxRepeat))
	}
	if old == "" && !isASCII([]byte(s)) {
		return 0, false
	}
	if !ok1 || !ok2 || (strings.Count(s, old)+1)*(len(with)+1) > maxRepeat {
		return 0, false
	}
	return m.text(kind, strings.Replace(s, old, with, int(n)))
}

// join_ is str.join.
func join_(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	if len(c.args) != 1 {
		return 0, false
	}
	items, ok := m.iterate(c.args[0])
	if !ok {
		return 0, false
	}
	return m.joined(kind, s, items)
}

// split is str.split without a limit on the number of parts.
func split(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	parts := strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune(whiteSpace[kind], c) })
	switch {
	case len(c.args) > 1:
		return 0, false
	case len(c.args) == 1 && m.Kind(c.args[0]) != None:
		sep, _, ok := m.textOf(c.args[0])
		if !ok || sep == "" {
			return 0, false
		}
		parts = strings.SplitSeq(s, sep)
	}
	var out []Value
	for p := range parts {
		if len(out) == maxItems {
			return 0, false
		}
		out = append(out, m.newText(kind, p))
	}
	return m.newContainer(List, out), true
}

// encodeMethod is str.encode.
func encodeMethod(m *Machine, _ string, kind Kind, c *call) (Value, bool) {
	if kind != Str {
		return 0, false
	}
	return encodings.apply(m, m.withSelf(c), 0, 1)
}

// decodeMethod is bytes.decode.
func decodeMethod(m *Machine, _ string, kind Kind, c *call) (Value, bool) {
	if kind == Str {
		return 0, false
	}
	return decodings.apply(m, m.withSelf(c), 0, 1)
}

// fromHex is bytes.fromhex.
func fromHex(m *Machine, _ string, kind Kind, c *call) (Value, bool) {
	if len(c.args) != 1 {
		return 0, false
	}
	return decoder("hex")(m, c)
}

// format is str.format with positional fields and no format specifications.
func format(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	var b strings.Builder
	next := 0
	for {
		before, after, found := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return 0, false
		}
		b.WriteString(before)
		if !found {
			break
		}
		field, rest, closed := strings.Cut(after, "}")
		if !closed {
			return 0, false
		}
		n := next
		if field != "" {
			v, ok := pyInt(field, 10)
			if !ok || !v.IsInt64() {
				return 0, false
			}
			n = int(min(v.Int64(), maxItems))
		}
		next++
		if n < 0 || n >= len(c.args) || !m.formatOne(&b, kind, 's', c.args[n]) {
			return 0, false
		}
		s = rest
	}
	return m.text(kind, b.String())
}

// translate maps characters by a dict of code points.
func translate(m *Machine, s string, kind Kind, c *call) (Value, bool) {
	if len(c.args) != 1 || kind != Str || len(s) > maxItems {
		return 0, false
	}
	table := m.object(m.force(c.args[0]))
	if table == nil || table.kind != Dict || !utf8.ValidString(s) {
		return 0, false
	}
	var b strings.Builder
	for _, r := range s {
		s := string(r)
		v, found, known := m.dictItem(table, smallInt(int64(r)))
		if !known {
			return 0, false
		}
		if found {
			if s, known = m.replacement(v); !known {
				return 0, false
			}
		}
		if !m.write(&b, s) {
			return 0, false
		}
	}
	return m.text(kind, b.String())
}

// replacement is what str.translate puts in the place of a character: nothing, a
// text, or the character of a number.
func (m *Machine) replacement(v Value) (string, bool) {
	switch m.Kind(v) {
	case None:
		return "", true
	case Str:
		return m.str(v)
	}
	return m.character(v)
}

// swapCase is str.swapcase, for letters that have one counterpart.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if up := []rune(strings.ToUpper(string(r))); len(up) == 1 && up[0] != r {
			return up[0]
		}
		if low := []rune(strings.ToLower(string(r))); len(low) == 1 {
			return low[0]
		}
		return r
	}, s)
}

// titleCase is str.title.
func titleCase(s string) string {
	letter := false
	return strings.Map(func(r rune) rune {
		lower, upper := []rune(strings.ToLower(string(r))), []rune(strings.ToUpper(string(r)))
		was := letter
		letter = len(lower) == 1 && len(upper) == 1 && lower[0] != upper[0]
		switch {
		case !letter:
			return r
		case was:
			return lower[0]
		}
		return upper[0]
	}, s)
}

// capitalise is str.capitalize.
func capitalise(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + strings.ToLower(string(r[1:]))
}
