package jinja

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// decimal is what an integer is as text.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// A scope holds what variables may be. It does not follow the order of
// statements: a variable may be anything that is ever assigned to it.
type scope struct {
	values map[string][]value // by name, or namespace.name
	macros map[string]*macro
	local  map[string]bool // names that the template assigns
	budget *hostile.Budget
}

// spend takes one step of the budget; it is false when there is none left.
func (s *scope) spend() bool { return s.budget.Step() == nil }

// keep charges the memory of a value that outlives its expression; it is false when
// there is none left, which the scan tells.
func (s *scope) keep(v value) bool {
	if !s.spend() || s.budget.Hold(uint64(valueCost+len(v.text))) != nil {
		return false
	}
	for _, e := range v.list {
		if !s.keep(e) {
			return false
		}
	}
	return true
}

// A macro is one that the template defines.
type macro struct {
	params []string
	body   []value // what it may write
}

// assign adds what a name may be.
func (s *scope) assign(name string, values []value) {
	s.local[name] = true
	for _, v := range values {
		old := s.values[name]
		// A value of which nothing is known adds nothing, unless it was put
		// together.
		if v.kind == unknown && !v.built || slices.ContainsFunc(old, func(o value) bool { return same(o, v) }) {
			continue
		}
		if !s.keep(v) {
			return
		}
		s.values[name] = more(old, v)
	}
}

// same reports whether two values are equal as far as they are known.
func same(a, b value) bool {
	return a.kind == b.kind && a.text == b.text && a.n == b.n && len(a.list) == len(b.list)
}

// nothing is the one value of an expression of which nothing is known.
var nothing = []value{{}}

// eval returns what an expression may be, which is at least one value.
func (s *scope) eval(n *node) []value {
	if n == nil || !s.spend() {
		return nothing
	}
	values := s.known(n)
	if len(values) == 0 {
		return nothing
	}
	for _, v := range values { // lists are copied
		if len(v.list) > 0 && s.budget.Steps(int64(len(v.list))) != nil {
			return nothing
		}
	}
	return values
}

// known returns what is known of an expression, or nothing.
func (s *scope) known(n *node) []value {
	switch n.op {
	case opText:
		return []value{str(n.text, n.mark)}
	case opNumber:
		return []value{{kind: vNumber, n: n.n}}
	case opName:
		return s.variable(n.text)
	case opList, opDict:
		return []value{s.items(n)}
	case opAttr:
		if n.kids[0].op == opName {
			return s.variable(n.kids[0].text + "." + n.text)
		}
	case opItem:
		return s.subscript(n)
	case opCall:
		return s.call(n)
	case opFilter:
		return s.filter(n)
	case opBinary:
		return s.binary(n)
	case opUnary:
		return s.negative(n)
	case opChoose:
		out := s.eval(n.kids[0])
		// Without an else the other value is undefined, which names nothing.
		if len(n.kids) > 2 {
			out = union(out, s.eval(n.kids[2]))
		}
		return out
	}
	return nil
}

// variable returns what a name may hold; a name that the template does not set
// is the caller's.
func (s *scope) variable(name string) []value {
	if v := s.values[name]; len(v) > 0 {
		return v
	}
	return nothing
}

// items returns a list of the elements of a list or the keys of a dict.
func (s *scope) items(n *node) value {
	v := value{kind: vList}
	step := 1
	if n.op == opDict {
		step = 2
	}
	for i := 0; i < len(n.kids) && len(v.list) < maxItems; i += step {
		v.list = append(v.list, s.eval(n.kids[i])[0])
	}
	return v
}

// negative is a sign before an expression.
func (s *scope) negative(n *node) []value {
	var out []value
	for _, v := range s.eval(n.kids[0]) {
		if n.text == "-" {
			v.n = -v.n
		}
		out = append(out, v)
	}
	return out
}

// binary computes an operator for all that both sides may be.
func (s *scope) binary(n *node) []value {
	left, right := s.eval(n.kids[0]), s.eval(n.kids[1])
	switch n.text {
	case "~":
		return cross(left, right, concat)
	case "+":
		return cross(left, right, add)
	case "*":
		return cross(left, right, repeat)
	case "%":
		return cross(left, right, func(a, b value) value {
			if a.kind != vText {
				return value{}
			}
			if b.kind == vList {
				return percent(a.text, b.list, nil)
			}
			return percent(a.text, []value{b}, nil)
		})
	case "-":
		return cross(left, right, func(a, b value) value {
			if a.kind == vNumber && b.kind == vNumber {
				return value{kind: vNumber, n: a.n - b.n}
			}
			return value{}
		})
	// Python's operators return an operand.
	case "or", "and":
		return union(left, right)
	}
	return nothing
}

// subscript is what lies under an index or a slice.
func (s *scope) subscript(n *node) []value {
	base := s.eval(n.kids[0])
	index := n.kids[1]
	if index.op != opSlice {
		return cross(base, s.eval(index), item)
	}
	bound := func(i int) *int64 {
		if i >= len(index.kids) || index.kids[i] == nil {
			return nil
		}
		if v := s.eval(index.kids[i])[0]; v.kind == vNumber {
			return &v.n
		}
		return nil
	}
	start, stop, step := bound(0), bound(1), bound(2)
	var out []value
	for _, b := range base {
		out = append(out, slice(b, start, stop, step))
	}
	return out
}

// arguments evaluates the arguments of a call or filter.
func (s *scope) arguments(n *node) []value {
	var out []value
	for _, k := range n.kids[1:] {
		out = append(out, s.eval(k)[0])
	}
	return out
}

// call computes the calls that can make names out of texts: dict(…) and methods
// of strings and lists. Others return something unknown.
func (s *scope) call(n *node) []value {
	switch callee := n.kids[0]; {
	// dict(a=1)|join is "a": the keys are the usual way to have a name without
	// a string.
	case callee.op == opName && callee.text == "dict":
		v := value{kind: vList, built: true}
		for _, k := range n.keys {
			v.list = append(v.list, str(k, true))
		}
		return []value{v}
	case callee.op == opName && s.macros[callee.text] != nil:
		return union(s.macros[callee.text].body, nil)
	case callee.op == opAttr:
		var out []value
		args := s.arguments(n)
		for _, base := range s.eval(callee.kids[0]) {
			out = append(out, method(base, callee.text, args, n.keys))
		}
		return out
	}
	return nothing
}

// filter applies a filter to all that its operand may be.
func (s *scope) filter(n *node) []value {
	var out []value
	args := s.arguments(n)
	for _, base := range s.eval(n.kids[0]) {
		out = append(out, filtered(base, n.text, args, n.keys))
	}
	return out
}

// method is a call of a method of a known string or list.
func method(base value, called string, args []value, keys []string) value {
	switch called {
	case "format", "format_map":
		if base.kind == vText {
			return braces(base.text, args, keys)
		}
	case "join":
		if len(args) == 1 {
			return join(args[0], base.pieces())
		}
	case "strip", "lstrip", "rstrip":
		return trim(base, args)
	case "replace", "lower", "upper", "capitalize", "title", "swapcase":
		return filtered(base, called, args, keys)
	case "casefold":
		return filtered(base, "lower", args, keys)
	case "center", "ljust", "rjust", "zfill":
		return padded(base, called, args)
	case "translate":
		if base.kind == vText { // into anything of that length
			return str(strings.Repeat(string(Wild), utf8.RuneCountInString(base.text)), true)
		}
	case "pop", "__getitem__":
		if len(args) == 1 {
			return item(base, args[0])
		}
		return value{built: base.built}
	}
	return value{built: base.built}
}

// padded is a string made as long as the first argument says with the second, which
// Python wants to be one character, on the side that the method is called by.
func padded(base value, called string, args []value) value {
	if base.kind != vText || len(args) == 0 || args[0].kind != vNumber {
		return value{built: base.built || base.kind == vText}
	}
	fill := " "
	switch {
	case called == "zfill":
		fill = "0"
	case len(args) > 1:
		fill = args[1].pieces()
		_, size := utf8.DecodeRuneInString(fill)
		fill = fill[:size]
	}
	missing := int(min(args[0].n-int64(utf8.RuneCountInString(base.text)), maxText))
	if missing <= 0 {
		return str(base.text, true)
	}
	left := missing
	switch called {
	case "ljust":
		left = 0
	case "center": // of an odd number the larger part is on either side
		left = missing / 2
	}
	return str(strings.Repeat(fill, left)+base.text+strings.Repeat(fill, missing-left), true)
}

// filtered is the result of a filter of Jinja.
func filtered(base value, called string, args []value, keys []string) value {
	switch called {
	// Filters that leave names alone. Escaping changes <, >, & and quotes,
	// which are in no name.
	case "string", "safe", "e", "escape", "forceescape", "list", "default", "d":
		return base
	case "join":
		separator := ""
		if len(args) > 0 {
			separator = args[0].pieces()
		}
		return join(base, separator)
	case "format":
		if base.kind == vText {
			return percent(base.text, args, keys)
		}
	case "trim":
		return trim(base, args)
	case "first":
		return item(base, value{kind: vNumber})
	case "last":
		return item(base, value{kind: vNumber, n: -1})
	case "reverse":
		return reverse(base)
	case "replace":
		if base.kind == vText && len(args) >= 2 && args[0].kind == vText && args[1].kind == vText {
			most := maxText/max(1, len(args[1].text)) + 1 // what more there is would be cut
			return str(strings.Replace(base.text, args[0].text, args[1].text, most), true)
		}
	case "lower", "upper", "swapcase", "capitalize", "title":
		if base.kind == vText {
			return str(recase(base.text, called), true)
		}
	}
	// Of any other filter the result is not known, but that it was made from a
	// text is.
	return value{built: base.built || base.kind == vText}
}

// join is the filter and the method that puts the parts of a list together, the
// usual way to hide a name.
func join(list value, separator string) value {
	switch list.kind {
	case vText:
		return joined(strings.Split(list.text, ""), separator)
	case vList:
		var parts []string
		for _, v := range list.list {
			parts = append(parts, v.pieces())
		}
		return joined(parts, separator)
	}
	return value{built: list.built}
}

// joined puts parts together, as many as are followed.
func joined(parts []string, separator string) value {
	var out strings.Builder
	for i, p := range parts {
		if out.Len() > maxText {
			break
		}
		if i > 0 {
			out.WriteString(separator)
		}
		out.WriteString(p)
	}
	return str(out.String(), true)
}

// trim is the filter and the method strip.
func trim(base value, args []value) value {
	if base.kind != vText {
		return base
	}
	if len(args) > 0 && args[0].kind == vText {
		return str(strings.Trim(base.text, args[0].text), true)
	}
	return str(strings.TrimSpace(base.text), base.built)
}

// reverse turns a text or a list around, as [::-1] does.
func reverse(v value) value {
	switch v.kind {
	case vText:
		runes := []rune(v.text)
		slices.Reverse(runes)
		return str(string(runes), true)
	case vList:
		list := slices.Clone(v.list)
		slices.Reverse(list)
		return value{kind: vList, list: list, built: true}
	}
	return v
}

// recase changes the case of letters.
func recase(s, how string) string {
	switch how {
	case "lower":
		return strings.ToLower(s)
	case "upper":
		return strings.ToUpper(s)
	case "swapcase":
		return strings.Map(func(r rune) rune {
			if unicode.IsUpper(r) {
				return unicode.ToLower(r)
			}
			return unicode.ToUpper(r)
		}, s)
	case "capitalize":
		// Only ASCII matters here: the names that lead to the interpreter have
		// nothing else.
		s = strings.ToLower(s)
		return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
	}
	return s
}
