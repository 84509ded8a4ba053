package tensorflow

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// all says that an operation takes all the inputs of its node.
const all = -1

// An operation makes texts of texts and numbers.
type operation struct {
	inputs int // how many of the node's are taken; the rest only shape the result
	make   func(e *evaluation, n *traced, in []value) (value, bool)
}

// operations are those that are evaluated, by their names in TensorFlow.
var operations = map[string]operation{
	"Identity": passed, "EnsureShape": passed, "ExpandDims": passed, "Reshape": passed, "Squeeze": passed, "StopGradient": passed,
	"Snapshot": passed, "UnicodeTranscode": passed,

	// Datasets of single elements, and those that pass them on.
	"TensorDataset": alone, "TensorSliceDataset": alone, "ConcatenateDataset": {2, concat},
	"BatchDataset": passed, "BatchDatasetV2": passed, "CacheDataset": passed, "CacheDatasetV2": passed, "OptionsDataset": passed,
	"PrefetchDataset": passed, "RepeatDataset": passed, "ShuffleDataset": passed, "ShuffleDatasetV2": passed,
	"ShuffleDatasetV3": passed, "SkipDataset": passed, "TakeDataset": passed, "UnbatchDataset": passed,

	"StringLower": each(strings.ToLower), "StringUpper": each(strings.ToUpper), "StringStrip": each(strings.TrimSpace),
	"DecodeBase64": each(func(s string) string {
		p, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		return string(p)
	}),
	"EncodeBase64": each(func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }),

	"StringJoin":         {all, join},
	"ReduceJoin":         {1, reduceJoin},
	"Substr":             {3, substring},
	"StaticRegexReplace": {1, staticReplace},
	"RegexReplace":       {3, replace},
	"StringFormat":       {all, format},
	"StringSplit":        {2, split},
	"StringSplitV2":      {2, split},
	"AsString":           {1, asString},
	"UnicodeEncode":      {2, encode},

	"Pack": {all, concat}, "ConcatV2": {all, concat},
	"Gather": {2, pick}, "GatherV2": {2, pick}, "StridedSlice": {2, pick},
	"ReverseV2": {1, reverse},
}

// passed is an operation that passes its first input on.
var passed = operation{1, func(_ *evaluation, _ *traced, in []value) (value, bool) { return in[0], true }}

// alone passes the one input on of a node that has no other.
var alone = operation{all, func(_ *evaluation, _ *traced, in []value) (value, bool) {
	if len(in) != 1 {
		return value{}, false
	}
	return in[0], true
}}

// each is an operation that changes each text.
func each(change func(string) string) operation {
	return operation{1, func(e *evaluation, _ *traced, in []value) (value, bool) {
		var out value
		for _, s := range in[0].texts {
			if !e.spend(len(s)) {
				return value{}, false
			}
			out.texts = append(out.texts, change(s))
		}
		return out, len(out.texts) > 0
	}}
}

// text is the value of one text.
func text(s string) (value, bool) { return value{texts: []string{s}}, true }

// join puts inputs one behind the other, a text of each: one that is a single text
// goes with every text of the others.
func join(e *evaluation, n *traced, in []value) (value, bool) {
	rows := 1
	for _, v := range in {
		rows = max(rows, len(v.texts))
	}
	var out value
	for row := range rows {
		parts, size := make([]string, 0, len(in)), 0
		for _, v := range in {
			if len(v.texts) == 0 || len(v.texts) > 1 && row >= len(v.texts) {
				return value{}, false
			}
			parts = append(parts, v.texts[min(row, len(v.texts)-1)])
			size += len(parts[len(parts)-1]) + len(n.attrs["separator"])
		}
		if size > maxPath+len(n.attrs["separator"]) || !e.spend(size) {
			return value{}, false
		}
		out.texts = append(out.texts, strings.Join(parts, n.attrs["separator"]))
	}
	return out, true
}

// reduceJoin puts the texts of one input one behind the other: all of them, and the
// rows and columns of each table that they may be, since the shape is not known here.
func reduceJoin(e *evaluation, n *traced, in []value) (value, bool) {
	texts, separator := in[0].texts, n.attrs["separator"]
	var out value
	for columns := len(texts); columns > 0 && len(texts) < maxValues; columns-- {
		if len(texts)%columns != 0 {
			continue
		}
		for _, line := range lines(texts, columns) {
			s := strings.Join(line, separator)
			if !e.spend(len(s)) {
				return value{}, false
			}
			if len(out.texts) < maxValues && len(s) <= maxPath {
				out.texts = append(out.texts, s)
			}
		}
	}
	return out, len(out.texts) > 0
}

// lines returns the rows of a table, and its columns if it has more than one row.
func lines(texts []string, columns int) [][]string {
	out := slices.Collect(slices.Chunk(texts, columns))
	rows := len(out)
	for c := 0; rows > 1 && c < columns; c++ {
		var column []string
		for r := range rows {
			column = append(column, out[r][c])
		}
		out = append(out, column)
	}
	return out
}

// substring takes a part of each text.
func substring(_ *evaluation, n *traced, in []value) (value, bool) {
	var out value
	for i, s := range in[0].texts {
		at, ok1 := in[1].at(i)
		size, ok2 := in[2].at(i)
		units, chars := len(s), []rune(nil)
		if n.attrs["unit"] == "UTF8_CHAR" && utf8.ValidString(s) {
			chars = []rune(s)
			units = len(chars)
		}
		from, to, ok3 := bounds(int64(units), at, size)
		switch {
		case !ok1 || !ok2 || !ok3:
			return value{}, false // an error at run time
		case chars != nil:
			out.texts = append(out.texts, string(chars[from:to]))
		default:
			out.texts = append(out.texts, s[from:to])
		}
	}
	return out, len(out.texts) > 0
}

// at returns the number that goes with the i-th text: the only one, or its own.
func (v value) at(i int) (int64, bool) {
	switch {
	case len(v.numbers) == 1:
		return v.numbers[0], true
	case i < len(v.numbers):
		return v.numbers[i], true
	}
	return 0, false
}

// bounds are those of a part of n units, from a position that counts from the end if
// it is negative.
func bounds(n, at, size int64) (from, to int64, ok bool) {
	if at < 0 {
		at += n
	}
	if at < 0 || at > n || size < 0 {
		return 0, 0, false
	}
	return at, at + min(size, n-at), true
}

// staticReplace replaces by a pattern that is an attribute.
func staticReplace(e *evaluation, n *traced, in []value) (value, bool) {
	return substitute(e, n, in[0].texts, n.attrs["pattern"], n.attrs["rewrite"])
}

// replace replaces by a pattern that is an input.
func replace(e *evaluation, n *traced, in []value) (value, bool) {
	if len(in[1].texts) != 1 || len(in[2].texts) != 1 {
		return value{}, false
	}
	return substitute(e, n, in[0].texts, in[1].texts[0], in[2].texts[0])
}

// maxPattern is the longest pattern that is followed: the time that one takes is
// its length times that of the text.
const maxPattern = 256

// substitute replaces what a pattern of RE2, which Go's are, finds in texts: the first
// place or all of them. Repetitions that are counted multiply the pattern and are not
// followed.
func substitute(e *evaluation, n *traced, texts []string, pattern, rewrite string) (value, bool) {
	if len(pattern) > maxPattern || strings.Contains(pattern, "{") || len(texts) == 0 {
		return value{}, false
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return value{}, false
	}
	template := template(rewrite)
	var out value
	for _, s := range texts {
		if !e.spend((1+len(pattern))*(1+len(s))) || len(s)*(1+len(rewrite)) > maxPath*maxPattern {
			return value{}, false
		}
		if n.first {
			if at := re.FindStringSubmatchIndex(s); at != nil {
				s = s[:at[0]] + string(re.ExpandString(nil, template, s, at)) + s[at[1]:]
			}
		} else {
			s = re.ReplaceAllString(s, template)
		}
		if !e.spend(len(s)) || len(s) > maxPath {
			return value{}, false
		}
		out.texts = append(out.texts, s)
	}
	return out, true
}

// template is a rewrite of RE2 as Go writes it: \1 is a group, \\ a backslash.
func template(rewrite string) string {
	var b strings.Builder
	for i := 0; i < len(rewrite); i++ {
		switch c := rewrite[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '\\' && i+1 < len(rewrite):
			i++
			if d := rewrite[i]; d >= '0' && d <= '9' {
				b.WriteString("${" + string(d) + "}")
			} else {
				b.WriteByte(d)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// format puts inputs into the places of a template. TensorFlow writes texts in
// quotation marks.
func format(e *evaluation, n *traced, in []value) (value, bool) {
	place := n.attrs["placeholder"]
	if place == "" {
		place = "%s"
	}
	out := n.attrs["template"]
	for _, v := range in {
		var words []string
		for _, s := range v.texts {
			words = append(words, `"`+s+`"`)
		}
		for _, i := range v.numbers {
			words = append(words, strconv.FormatInt(i, 10))
		}
		word := strings.Join(words, " ")
		if len(words) > 1 {
			word = "[" + word + "]"
		}
		if len(out)+len(word) > maxPath || !e.spend(len(out)) {
			return value{}, false
		}
		out = strings.Replace(out, place, word, 1)
	}
	return text(out)
}

// split takes texts apart at a separator, or at blanks.
func split(e *evaluation, _ *traced, in []value) (value, bool) {
	var out value
	for _, s := range in[0].texts {
		if len(in[1].texts) != 1 || !e.spend(len(s)) {
			return value{}, false
		}
		if in[1].texts[0] == "" {
			out.texts = append(out.texts, strings.Fields(s)...)
		} else {
			out.texts = append(out.texts, strings.SplitN(s, in[1].texts[0], maxValues+1)...)
		}
	}
	return out, len(out.texts) > 0
}

// asString writes numbers.
func asString(_ *evaluation, _ *traced, in []value) (value, bool) {
	out := value{texts: in[0].texts}
	for _, i := range in[0].numbers {
		out.texts = append(out.texts, strconv.FormatInt(i, 10))
	}
	return out, len(out.texts) > 0
}

// encode makes texts of characters that are given as numbers, with where each text
// begins and ends.
func encode(_ *evaluation, _ *traced, in []value) (value, bool) {
	chars, splits := in[0].numbers, in[1].numbers
	var out value
	for i := 1; i < len(splits) && i <= maxValues; i++ {
		from, to := splits[i-1], splits[i]
		if from < 0 || to < from || to > int64(len(chars)) {
			return value{}, false
		}
		var b strings.Builder
		for _, c := range chars[from:to] {
			b.WriteRune(rune(c))
		}
		out.texts = append(out.texts, b.String())
	}
	return out, len(out.texts) > 0
}

// concat puts values into one tensor, one behind the other: an axis, which comes
// last, is a number.
func concat(_ *evaluation, n *traced, in []value) (value, bool) {
	var out value
	for _, v := range in {
		out.texts = append(out.texts, v.texts...)
		out.numbers = append(out.numbers, v.numbers...)
	}
	if len(out.texts) > 0 {
		out.numbers = nil
	} else if n.op == "ConcatV2" && len(out.numbers) > 0 {
		out.numbers = out.numbers[:len(out.numbers)-1]
	}
	return out, len(out.texts)+len(out.numbers) > 0 && len(out.numbers) <= maxPath
}

// pick takes an element or a part. The shape of what it is taken of is not known here,
// so that the element that it is of a vector comes first, and the others stay.
func pick(_ *evaluation, _ *traced, in []value) (value, bool) {
	texts := in[0].texts
	if len(texts) == 0 {
		return value{}, false
	}
	at := 0
	if len(in[1].numbers) == 1 {
		at = int(in[1].numbers[0] % int64(len(texts)))
	}
	if at < 0 {
		at += len(texts)
	}
	return value{texts: slices.Concat(texts[at:], texts[:at])}, true
}

// reverse turns the order of the elements.
func reverse(_ *evaluation, _ *traced, in []value) (value, bool) {
	var out value
	for i := len(in[0].texts) - 1; i >= 0; i-- {
		out.texts = append(out.texts, in[0].texts[i])
	}
	return out, len(out.texts) > 0
}
