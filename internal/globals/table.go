package globals

import (
	"cmp"
	_ "embed"
	"iter"
	"sort"
	"strings"
	"sync"
)

//go:embed globals.txt
var globalsTxt table

//go:embed objects.txt
var objectsTxt table

//go:embed surveyed.txt
var surveyedTxt table

//go:embed aliases.txt
var aliasesTxt table

//go:embed reexports.txt
var reexportsTxt table

//go:embed exports.txt
var exportsTxt table

//go:embed py2.txt
var py2Txt table

// A table is a text of lines sorted by their first words.
type table string

// The tables, ready to be searched.
var (
	globals   = index(&globalsTxt)
	objects   = index(&objectsTxt)
	surveyed  = index(&surveyedTxt)
	aliases   = index(&aliasesTxt)
	reexports = index(&reexportsTxt)
	exports   = index(&exportsTxt)
	py2       = index(&py2Txt)
)

// An indexed table knows where its lines start, from its first search on: a run
// that meets no pickle does not pay for it.
type indexed struct {
	text   *table
	starts func() []uint32
}

func index(t *table) *indexed {
	return &indexed{text: t, starts: sync.OnceValue(func() []uint32 { return starts(string(*t)) })}
}

// starts returns where the lines of a text start, and where the text ends.
func starts(text string) []uint32 {
	out := make([]uint32, 0, len(text)/64)
	for at := 0; at < len(text); {
		out = append(out, uint32(at))
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return append(out, uint32(len(text)))
}

// line returns the i-th line, without its newline.
func (t *indexed) line(i int) string {
	at := t.starts()
	return strings.TrimSuffix(string((*t.text)[at[i]:at[i+1]]), "\n")
}

// search returns the first line that does not compare as less than what is
// sought, or the number of lines.
func (t *indexed) search(less func(line string) bool) (i, n int) {
	n = len(t.starts()) - 1
	return sort.Search(n, func(i int) bool { return !less(t.line(i)) }), n
}

// lookup returns what follows key and a space on the line that starts so.
func (t *indexed) lookup(key string) (rest string, ok bool) {
	i, n := t.search(func(line string) bool { return order(line, key) < 0 })
	if i == n || order(t.line(i), key) != 0 {
		return "", false
	}
	return t.line(i)[len(key)+1:], true
}

// order compares the start of a line with key and the space behind it, without
// putting them together.
func order(line, key string) int {
	if c := strings.Compare(line[:min(len(line), len(key))], key); c != 0 {
		return c
	}
	if len(line) <= len(key) {
		return -1
	}
	return cmp.Compare(line[len(key)], ' ')
}

// holds reports whether some line starts with prefix.
func (t *indexed) holds(prefix string) bool {
	i, n := t.search(func(line string) bool { return line < prefix })
	return i < n && strings.HasPrefix(t.line(i), prefix)
}

// tables are the verdicts, in the order of their weight: what was written by
// hand outranks what was vetted in bulk, which outranks what a survey suspects.
var tables = [...]*indexed{globals, objects, surveyed}

// classes are the first words of a verdict.
var classes = map[string]Class{
	"unknown": Unknown, "safe": Safe, "inert": Inert,
	"conditional": Conditional, "suspicious": Suspicious, "dangerous": Dangerous,
}

// find returns the verdict of the line of module and name.
func find(module, name string) (Verdict, bool) {
	key := module + " " + name
	for _, t := range tables {
		if rest, ok := t.lookup(key); ok {
			return verdict(rest), true
		}
	}
	return Verdict{}, false
}

// byHand is find in the lines that people wrote, where all wildcards are.
func byHand(module, name string) (Verdict, bool) {
	rest, ok := globals.lookup(module + " " + name)
	if !ok {
		return Verdict{}, false
	}
	return verdict(rest), true
}

// verdict reads "class effect why"; the effect of a harmless name is "-".
func verdict(s string) Verdict {
	class, s, _ := strings.Cut(s, " ")
	effect, why, _ := strings.Cut(s, " ")
	if effect == "-" {
		effect = ""
	}
	return Verdict{Class: classes[class], Effect: Effect(effect), Why: why}
}

// spellings yields a module's name, and the one under which the copy or older
// place of it is listed: pip._vendor.requests is requests, numpy.core is
// numpy._core.
func spellings(module string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(module) {
			return
		}
		for end := len(module); end > 0; end = strings.LastIndexByte(module[:end], '.') {
			if to, ok := aliases.lookup(module[:end]); ok && (to != "-" || end < len(module)) {
				yield(strings.TrimPrefix(to+module[end:], "-."))
				return
			}
		}
	}
}
