// Package table reads the lists that stand as text beside the code that goes by
// them: a record a line. Empty lines and those that start with "#" say nothing.
package table

import (
	"iter"
	"strings"
)

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
