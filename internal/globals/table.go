package globals

import (
	"cmp"
	_ "embed"
	"iter"
	"strings"
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

// A table is a text of lines sorted by their first words, searched in place.
type table string

// lookup returns what follows key and a space on the line that starts so.
func (t table) lookup(key string) (rest string, ok bool) {
	lo, hi := 0, len(t)
	for lo < hi {
		start, end := t.line(lo + (hi-lo)/2)
		switch order(string(t[start:end]), key) {
		case 0:
			return string(t[start+len(key)+1 : end]), true
		case -1:
			lo = end + 1
		default:
			hi = start
		}
	}
	return "", false
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

// line returns the bounds of the line that byte at is in, without its newline.
func (t table) line(at int) (start, end int) {
	start = strings.LastIndexByte(string(t[:at]), '\n') + 1
	if i := strings.IndexByte(string(t[at:]), '\n'); i >= 0 {
		return start, at + i
	}
	return start, len(t)
}

// holds reports whether some line starts with prefix.
func (t table) holds(prefix string) bool {
	lo, hi := 0, len(t)
	for lo < hi {
		start, end := t.line(lo + (hi-lo)/2)
		line := string(t[start:end])
		switch {
		case strings.HasPrefix(line, prefix):
			return true
		case line < prefix:
			lo = end + 1
		default:
			hi = start
		}
	}
	return false
}

// tables are the verdicts, in the order of their weight: what was written by
// hand outranks what was vetted in bulk, which outranks what a survey suspects.
var tables = [...]*table{&globalsTxt, &objectsTxt, &surveyedTxt}

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
	rest, ok := globalsTxt.lookup(module + " " + name)
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
			if to, ok := aliasesTxt.lookup(module[:end]); ok && (to != "-" || end < len(module)) {
				yield(strings.TrimPrefix(to+module[end:], "-."))
				return
			}
		}
	}
}
