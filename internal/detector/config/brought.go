package config

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed brought.txt
var broughtFile string

// brought are the rows of brought.txt by their keys: the name of the configuration,
// what the value is, what is done.
var brought = table.Once(broughtFile, func(text string) map[string][][]string {
	out := make(map[string][][]string)
	for row := range table.Rows(text, 4) {
		out[row[1]] = append(out[row[1]], []string{row[0], row[2], row[3]})
	}
	return out
})

// whose returns what a key of this configuration has done with its value: what the
// value is, and what is done.
func (j *judge) whose(key string) []string {
	for _, row := range brought()[key] {
		if row[0] == "*" || row[0] == j.base() {
			return row[1:]
		}
	}
	return nil
}

// brings reports whether a key names code that the model brings along.
func (j *judge) brings(key string, i config.Item) bool {
	row := j.whose(key)
	switch {
	case row == nil:
		return false
	case row[0] == "switch":
		return i.Kind == config.Bool && truth(i)
	case i.Kind != config.Text || i.Value == "":
		return false
	}
	if usual, ok := strings.CutPrefix(row[0], "besides:"); ok {
		return !strings.HasPrefix(i.Value, usual)
	}
	return row[0] == "any" || strings.HasSuffix(i.Value, ".py") || strings.Contains(i.Value, "://")
}

// brought reports code that the model brings along, and where from.
func (j *judge) brought(i config.Item) {
	j.known = true
	does := j.whose(i.Key())[1]
	if i.Kind == config.Text {
		does += " " + finding.Quote(i.Value)
	}
	j.causes.At(remote, i.Key(), fmt.Sprintf("Loading the model %s.", does)).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}
