package jinja

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Wild stands for an unknown piece in a Value's text.
const Wild = '\x00'

// A value is what is known of an expression without rendering it: a string,
// perhaps with unknown pieces, a number, a list, or nothing.
type value struct {
	kind  valueKind
	text  string
	n     int64
	list  []value // of a dict its keys
	under []value // of a dict what is under each key
	built bool    // put together from pieces, or escaped without need
}

// A valueKind is what a value is known to be.
type valueKind uint8

const (
	unknown valueKind = iota
	vText
	vNumber
	vList
)

const (
	// maxText is the longest string that is followed; a longer one is cut and
	// goes on unknown.
	maxText = 4 << 10
	// maxValues is how many values of one expression are followed.
	maxValues = 16
	// maxItems is how many elements of a list are followed.
	maxItems = 256
	// valueCost is what a value that is kept is charged beside its text, in bytes.
	valueCost = 128
)

// str makes a text, cut where it is longer than any name needs.
func str(s string, built bool) value {
	if len(s) > maxText {
		s = s[:maxText] + string(Wild)
	}
	return value{kind: vText, text: s, built: built}
}

// pieces returns the value as part of a longer string.
func (v value) pieces() string {
	switch v.kind {
	case vText:
		return v.text
	case vNumber:
		return decimal(v.n)
	}
	return string(Wild)
}

// beyond stands for more values than are followed: it has as many unknown pieces as a
// name that hides.
var beyond = value{kind: vText, text: "\x00\x00\x00\x00", built: true}

// more adds a value, as long as there is room. One that was put together is not
// left out in silence: for all of those stands one of which nothing is known.
func more(values []value, v value) []value {
	switch {
	case len(values) < maxValues:
		return append(values, v)
	case v.built && len(values) == maxValues:
		return append(values, beyond)
	}
	return values
}

// cross applies f to every pair of values.
func cross(a, b []value, f func(a, b value) value) []value {
	var out []value
	for _, x := range a {
		for _, y := range b {
			if len(out) > maxValues {
				return out
			}
			out = more(out, f(x, y))
		}
	}
	return out
}

// union joins what an expression may be.
func union(lists ...[]value) []value {
	var out []value
	for _, l := range lists {
		for _, v := range l {
			out = more(out, v)
		}
	}
	return out
}

// concat puts two values together, as ~ does.
func concat(a, b value) value {
	if a.kind == vList && b.kind == vList {
		return value{kind: vList, list: append(append([]value(nil), a.list...), b.list...)[:min(maxItems, len(a.list)+len(b.list))], built: true}
	}
	return str(a.pieces()+b.pieces(), true)
}

// add is "+": of numbers their sum, with a string a concatenation; of what is
// not known it is more likely arithmetic.
func add(a, b value) value {
	switch {
	case a.kind == vNumber && b.kind == vNumber:
		return value{kind: vNumber, n: a.n + b.n}
	case a.kind == vText && b.kind != vNumber, b.kind == vText && a.kind != vNumber, a.kind == vList && b.kind == vList:
		return concat(a, b)
	}
	return value{}
}

// repeat is "*".
func repeat(a, b value) value {
	if a.kind == vNumber && b.kind == vNumber {
		return value{kind: vNumber, n: product(a.n, b.n)}
	}
	if a.kind == vNumber {
		a, b = b, a
	}
	if a.kind != vText || b.kind != vNumber {
		return value{built: a.kind == vText || a.built}
	}
	// No more than is followed: the amount itself is told of as a Repeat.
	n := min(max(0, b.n), maxText)
	if int64(len(a.text))*n > maxText {
		return str(a.text+string(Wild), true)
	}
	return str(strings.Repeat(a.text, int(n)), true)
}

// product multiplies without wrapping around.
func product(a, b int64) int64 {
	const limit = 1 << 62
	if a != 0 && b > limit/max(1, abs(a)) {
		return limit
	}
	return a * b
}

// abs is the size of a number.
func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// percent is "%" on a string: each %s takes an argument, in order or, as %(key)s,
// by its key (Python's printf-style string formatting).
func percent(format string, args []value, keys []string) value {
	var b strings.Builder
	before, rest, more := strings.Cut(format, "%")
	for next := 0; more && rest != ""; before, rest, more = strings.Cut(rest, "%") {
		b.WriteString(before)
		if rest[0] == '%' {
			b.WriteByte('%')
			rest = rest[1:]
			continue
		}
		key, behind, ok := strings.Cut(strings.TrimPrefix(rest, "("), ")")
		if ok = ok && rest[0] == '('; ok {
			rest = behind
		}
		// Flags, width, precision and the size of a number in C pad a text and do
		// not rename it. A width of * is an argument of its own.
		verb := strings.TrimLeft(rest, "0123456789.-+# *hlL")
		next += strings.Count(rest[:len(rest)-len(verb)], "*")
		style := verb[:min(1, len(verb))]
		if ok {
			b.WriteString(formatted(keyed(key, args, keys), args, style))
		} else {
			b.WriteString(formatted(next, args, style))
			next++
		}
		rest = verb[len(style):]
	}
	return str(b.String()+before, true)
}

// keyed returns the index of the argument of a name, or -1.
func keyed(name string, args []value, keys []string) int {
	if k := slices.Index(keys, name); k >= 0 {
		return len(args) - len(keys) + k
	}
	return -1
}

// formatted is argument i in a format. Of all styles "c" alone does not show it
// as it is: it makes a character of a number, so that names need no letters.
func formatted(i int, args []value, style string) string {
	switch {
	case i < 0 || i >= len(args):
		return string(Wild)
	case strings.HasSuffix(style, "c") && args[i].kind == vNumber:
		return string(rune(args[i].n & utf8.MaxRune))
	}
	return args[i].pieces()
}

// braces is str.format: each field takes an argument, in order, by number or by
// name.
func braces(format string, args []value, keys []string) value {
	var b strings.Builder
	next := 0
	for len(format) > 0 {
		i := strings.IndexAny(format, "{}")
		if i < 0 || i+1 >= len(format) {
			break
		}
		b.WriteString(format[:i])
		if format[i+1] == format[i] { // {{ or }}
			b.WriteByte(format[i])
			format = format[i+2:]
			continue
		}
		j := strings.IndexByte(format[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(field(format[i+1:i+j], args, keys, &next))
		format = format[i+j+1:]
	}
	return str(b.String()+format, true)
}

// field returns what one replacement field stands for.
func field(spec string, args []value, keys []string, next *int) string {
	// "name!conversion:format" (Python's format string syntax).
	called, style, _ := strings.Cut(spec, ":")
	called, _, _ = strings.Cut(called, "!")
	i := *next
	switch {
	case called == "":
		*next++
	case called[0] >= '0' && called[0] <= '9':
		i = int(integer(called))
	default:
		i = keyed(called, args, keys)
	}
	return formatted(i, args, style)
}

// item is a subscript of something that is known.
func item(base, index value) value {
	switch {
	case base.under != nil:
		return entry(base, index)
	case index.kind != vNumber:
		return value{}
	}
	switch base.kind {
	case vText:
		runes := []rune(base.text)
		// An unknown piece may have any length, so that no index behind it is
		// known.
		if i, ok := position(index.n, len(runes)); ok && !strings.ContainsRune(base.text, Wild) {
			return str(string(runes[i]), true)
		}
		return value{built: true}
	case vList:
		if i, ok := position(index.n, len(base.list)); ok {
			return base.list[i]
		}
	}
	return value{built: base.built}
}

// entry is what a dict has under a key, of which the last counts.
func entry(dict, key value) value {
	for i, k := range slices.Backward(dict.list[:len(dict.under)]) {
		if k.kind == key.kind && k.text == key.text && k.n == key.n && k.kind != vList {
			return dict.under[i]
		}
	}
	return value{built: dict.built}
}

// position resolves an index that may count from the end.
func position(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// slice is base[start:stop:step] where all are known or absent.
func slice(base value, start, stop, step *int64) value {
	if base.kind != vText || strings.ContainsRune(base.text, Wild) {
		return value{built: true}
	}
	runes, by := []rune(base.text), int64(1)
	if step != nil {
		by = *step
	}
	n := int64(len(runes))
	from, to := int64(0), n
	if by < 0 {
		from, to = n-1, -1
	}
	if start != nil {
		from = clamp(*start, n, by < 0)
	}
	if stop != nil {
		to = clamp(*stop, n, by < 0)
	}
	var b strings.Builder
	// A step beyond the text is as good as one past its end, and does not wrap.
	for i := from; by != 0 && (by > 0 && i < to || by < 0 && i > to); i += max(-n-1, min(by, n+1)) {
		b.WriteRune(runes[i])
	}
	return str(b.String(), true)
}

// clamp resolves a bound of a slice as Python does.
func clamp(i, n int64, backwards bool) int64 {
	if i < 0 {
		i += n
	}
	if backwards {
		return max(-1, min(i, n-1))
	}
	return max(0, min(i, n))
}
