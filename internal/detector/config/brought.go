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

// brought are the rows of brought.txt: what a key has done with its value, by the
// key, and by the name of the configuration where only that one has it.
var brought = table.Once(broughtFile, func(text string) map[string][]string {
	out := make(map[string][]string)
	for row := range table.Rows(text, 4) {
		out[strings.TrimPrefix(row[0]+" "+row[1], "* ")] = row[2:]
	}
	return out
})

// whose returns the row of a key in a configuration.
func whose(base, key string) []string {
	if row := brought()[base+" "+key]; row != nil {
		return row
	}
	return brought()[key]
}

// brings reports whether a key names code that the model brings along.
func brings(base, key string, i config.Item) bool {
	row := whose(base, key)
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
	does := whose(j.base(), i.Key())[1]
	if i.Kind == config.Text {
		does += " " + finding.Quote(i.Value)
	}
	j.causes.At(remote, i.Key(), fmt.Sprintf("Loading the model %s.", does)).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}
