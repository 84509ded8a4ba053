// Package table reads the lists that stand as text beside the code that goes by
// them: a record a line. Empty lines and those that start with "#" say nothing.
package table

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// Once returns a function that reads a text when it is first asked, and gives
// the same answer ever after: a run that has no use for a list does not read it.
func Once[T any](text string, read func(text string) T) func() T {
	return sync.OnceValue(func() T { return read(text) })
}

// Lines yields the records, without blanks around them.
func Lines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// Rows yields the records as n columns, which blanks separate: n-1 words and the
// rest of the line. Columns that a record lacks are empty.
func Rows(text string, n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range Lines(text) {
			row := make([]string, n)
			for i := range n - 1 {
				word, rest, _ := strings.Cut(line, " ")
				row[i], line = word, strings.TrimSpace(rest)
			}
			row[n-1] = line
			if !yield(row) {
				return
			}
		}
	}
}

// List returns the records in their order.
func List(text string) []string { return slices.Collect(Lines(text)) }

// Set returns the records.
func Set(text string) map[string]bool {
	out := make(map[string]bool)
	for line := range Lines(text) {
		out[line] = true
	}
	return out
}

// Map returns what stands behind the first word of each record.
func Map(text string) map[string]string {
	out := make(map[string]string)
	for row := range Rows(text, 2) {
		out[row[0]] = row[1]
	}
	return out
}

// Kinds returns the first word of each record by what stands behind it.
func Kinds(text string) map[string]string {
	out := make(map[string]string)
	for row := range Rows(text, 2) {
		out[row[1]] = row[0]
	}
	return out
}

// Lists returns what stands behind each first word, in the order of the text.
func Lists(text string) map[string][]string {
	out := make(map[string][]string)
	for row := range Rows(text, 2) {
		out[row[0]] = append(out[row[0]], row[1])
	}
	return out
}

// Sets is Lists without the order.
func Sets(text string) map[string]map[string]bool {
	out := make(map[string]map[string]bool)
	for row := range Rows(text, 2) {
		if out[row[0]] == nil {
			out[row[0]] = make(map[string]bool)
		}
		out[row[0]][row[1]] = true
	}
	return out
}
