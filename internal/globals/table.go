package globals

import (
	"cmp"
	_ "embed"
	"iter"
	"strings"
)

//go:embed globals.txt
var globals index

//go:embed objects.txt
var objects index

//go:embed surveyed.txt
var surveyed index

//go:embed aliases.txt
var aliases index

//go:embed reexports.txt
var reexports index

//go:embed exports.txt
var exports index

//go:embed imported.txt
var otherNames index

//go:embed py2.txt
var py2 index

// An index is a text of lines sorted by their first words. It is searched where
// it lies: nothing is built for a run that meets no pickle, or few names.
type index string

// search returns the first line that does not compare as less than what is
// sought, without its newline; it is empty if there is none.
func (t index) search(less func(line string) bool) string {
	line, _, _ := strings.Cut(string(t[t.seek(less):]), "\n")
	return line
}

// seek returns where that line starts, or the end.
func (t index) seek(less func(line string) bool) int {
	low, high := 0, len(t)
	for low < high {
		middle := low + (high-low)/2
		start := low + strings.LastIndexByte(string(t[low:middle]), '\n') + 1
		line, _, _ := strings.Cut(string(t[start:]), "\n")
		if less(line) {
			low = min(start+len(line)+1, len(t))
		} else {
			high = start
		}
	}
	return high
}

// within yields the lines of a package and of the modules in it.
func (t index) within(top string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := t.seek(func(line string) bool { return line < top })
		for line := range strings.SplitSeq(string(t[start:]), "\n") {
			rest, ok := strings.CutPrefix(line, top)
			if !ok || len(rest) > 0 && (rest[0] == ' ' || rest[0] == '.') && !yield(line) {
				return
			}
		}
	}
}

// lookup returns what follows key and a space on the line that starts so.
func (t index) lookup(key string) (rest string, ok bool) {
	line := t.search(func(line string) bool { return order(line, key) < 0 })
	if line == "" || order(line, key) != 0 {
		return "", false
	}
	return line[len(key)+1:], true
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
func (t index) holds(prefix string) bool {
	return strings.HasPrefix(t.search(func(line string) bool { return line < prefix }), prefix)
}

// tables are the verdicts, in the order of their weight: what was written by
// hand outranks what was vetted in bulk, which outranks what a survey suspects.
var tables = [...]*index{&globals, &objects, &surveyed}

// classes are the first words of a verdict.
var classes = map[string]Class{
	"unknown": Unknown, "safe": Safe, "inert": Inert,
	"conditional": Conditional, "suspicious": Suspicious, "dangerous": Dangerous,
}

// longestKey bounds module and name together: no line has as many bytes of them. A
// file may ask for names of any length, and for each part of one.
const longestKey = 256

// key is what lines of a name of a module start with, and whether there can be one.
func key(module, name string) (string, bool) {
	if len(module)+len(name) >= longestKey {
		return "", false
	}
	return module + " " + name, true
}

// find returns the verdict of the line of module and name.
func find(module, name string) (Verdict, bool) {
	k, ok := key(module, name)
	if !ok {
		return Verdict{}, false
	}
	for _, t := range tables {
		if rest, ok := t.lookup(k); ok {
			return verdict(rest), true
		}
	}
	return Verdict{}, false
}

// byHand is find in the lines that people wrote, where all wildcards are.
func byHand(module, name string) (Verdict, bool) {
	k, ok := key(module, name)
	if !ok {
		return Verdict{}, false
	}
	rest, ok := globals.lookup(k)
	return verdict(rest), ok
}

// verdict reads "class effect why"; the effect of a harmless name is "-", and the
// reason is for whoever reads the line.
func verdict(s string) Verdict {
	class, s, _ := strings.Cut(s, " ")
	effect, _, _ := strings.Cut(s, " ")
	if effect == "-" {
		effect = ""
	}
	return Verdict{Class: classes[class], Effect: Effect(effect)}
}

// spellings yields a module's name, and the one under which the copy or older
// place of it is listed: pip._vendor.requests is requests, numpy.core is
// numpy._core.
func spellings(module string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(module) {
			return
		}
		for end := known(module); end > 0; end = strings.LastIndexByte(module[:end], '.') {
			if to, ok := aliases.lookup(module[:end]); ok && (to != "-" || end < len(module)) {
				yield(strings.TrimPrefix(to+module[end:], "-."))
				return
			}
		}
	}
}

// known returns the length of path, or of the longest part of it, up to a dot, that
// may be a line of a table: behind that there may be thousands of dots.
func known(path string) int {
	if len(path) < longestKey {
		return len(path)
	}
	return max(0, strings.LastIndexByte(path[:longestKey], '.'))
}
