package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// method is a call of a method of a known string or list.
func method(base value, called string, args []value, named []string) value {
	switch called {
	case "format", "format_map":
		if base.kind == vText {
			return braces(base.text, args, named)
		}
	case "join":
		if len(args) == 1 {
			return join(args[0], base.pieces())
		}
	case "strip", "lstrip", "rstrip":
		return trim(base, args)
	case "replace", "lower", "upper", "capitalize", "title", "swapcase":
		return filtered(base, called, args, named)
	case "casefold":
		return filtered(base, "lower", args, named)
	case "center", "ljust", "rjust", "zfill":
		return padded(base, called, args)
	case "translate":
		if base.kind == vText { // into anything of that length
			return str(strings.Repeat(string(Wild), utf8.RuneCountInString(base.text)), true)
		}
	case "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition", "expandtabs", "encode", "decode":
		if base.kind == vText {
			return divided(base.text, called, args)
		}
	case "pop", "get", "__getitem__":
		if len(args) > 0 {
			return item(base, args[0])
		}
	case "next": // of a cycler
		return item(base, value{kind: vNumber})
	case "keys":
		return keys(base)
	case "values":
		return value{kind: vList, list: base.under, built: base.built}
	case "items":
		return pairs(base)
	}
	return value{built: base.built}
}

// keys is a dict as the list of its keys, and any other value as it is.
func keys(v value) value {
	v.under = nil
	return v
}

// pairs is a list of the keys of a dict, each with what is under it.
func pairs(dict value) value {
	out := value{kind: vList, built: dict.built}
	for i, v := range dict.under {
		out.list = append(out.list, value{kind: vList, list: []value{dict.list[i], v}, built: dict.built})
	}
	return out
}

// divided is what methods return that leave parts of a string as they are.
func divided(s, called string, args []value) value {
	var by string
	if len(args) > 0 && args[0].kind == vText {
		by = args[0].text
	}
	var parts []string
	switch i := strings.Index(s, by); {
	case called == "removeprefix":
		return str(strings.TrimPrefix(s, by), true)
	case called == "removesuffix":
		return str(strings.TrimSuffix(s, by), true)
	case called == "expandtabs", called == "encode", called == "decode":
		return str(s, true)
	case by == "":
		parts = strings.Fields(s)
	case called == "split", called == "rsplit":
		parts = strings.SplitN(s, by, maxItems)
	case i < 0 && called == "rpartition":
		parts = []string{"", "", s}
	case i < 0:
		parts = []string{s, "", ""}
	default:
		if called == "rpartition" {
			i = strings.LastIndex(s, by)
		}
		parts = []string{s[:i], by, s[i+len(by):]}
	}
	out := value{kind: vList, built: true}
	for _, p := range parts[:min(len(parts), maxItems)] {
		out.list = append(out.list, str(p, true))
	}
	return out
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
func filtered(base value, called string, args []value, named []string) value {
	switch called {
	// Filters that leave names alone. Escaping changes <, >, & and quotes,
	// which are in no name.
	case "string":
		return shown(base, "'")
	case "safe", "e", "escape", "forceescape", "list", "sort", "unique", "select", "reject", "selectattr", "rejectattr":
		return base
	case "default", "d":
		if base.kind == unknown && len(args) > 0 {
			return args[0]
		}
		return base
	// Filters for prose, which leave one word as it is.
	case "indent", "wordwrap", "truncate", "urlize", "striptags", "center":
		base.built = base.built || base.kind == vText
		return base
	case "tojson":
		if base.kind == vText {
			return str(`"`+base.text+`"`, true)
		}
		return shown(base, `"`)
	case "map":
		return mapped(base, args, named)
	case "items", "dictsort":
		return pairs(base)
	case "min", "max":
		if base.kind == vList && len(base.list) == 1 {
			return base.list[0]
		}
	case "batch", "slice":
		return value{kind: vList, list: []value{base}, built: true}
	case "join":
		separator := ""
		if len(args) > len(named) {
			separator = args[0].pieces()
		}
		return join(picked(base, args, named), separator)
	case "format":
		if base.kind == vText {
			return percent(base.text, args, named)
		}
	case "trim":
		return trim(base, args)
	case "first":
		return item(keys(base), value{kind: vNumber})
	case "last":
		return item(keys(base), value{kind: vNumber, n: -1})
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

// shown is a list as text, with a quotation mark around each element, and any other value
// as it is.
func shown(v value, quote string) value {
	if v.kind != vList || v.under != nil {
		return v
	}
	return str("["+quote+joined(texts(v.list), quote+", "+quote).text+quote+"]", true)
}

// texts are values as pieces of longer texts.
func texts(values []value) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.pieces())
	}
	return out
}

// picked is a list of what elements have under the name of the argument "attribute", and
// any other value, or without the argument, as it is.
func picked(list value, args []value, named []string) value {
	i := keyed("attribute", args, named)
	if i < 0 || list.kind != vList {
		return list
	}
	out := value{kind: vList, built: true}
	for _, v := range list.list {
		out.list = append(out.list, item(v, args[i]))
	}
	return out
}

// mapped is a list with a filter applied to each element, as far as the texts come to no
// more than is followed.
func mapped(base value, args []value, named []string) value {
	positional := len(args) - len(named)
	if keyed("attribute", args, named) >= 0 {
		return picked(base, args, named)
	}
	if base.kind != vList || positional < 1 || args[0].kind != vText || args[0].text == "map" {
		return value{built: base.built || base.kind != unknown}
	}
	out, size := value{kind: vList, built: true}, 0
	for _, v := range base.list {
		if size > maxText {
			v = value{built: true}
		} else {
			v = filtered(v, args[0].text, args[1:], named)
		}
		size += len(v.text)
		out.list = append(out.list, v)
	}
	return out
}

// join is the filter and the method that puts the parts of a list together, the
// usual way to hide a name.
func join(list value, separator string) value {
	switch list.kind {
	case vText:
		return joined(strings.Split(list.text, ""), separator)
	case vList:
		return joined(texts(list.list), separator)
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
