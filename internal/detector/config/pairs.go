package config

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed pairs.txt
var pairsFile string

// pairs are the rows of pairs.txt.
var pairs = table.Once(pairsFile, func(text string) (out [][]string) {
	for row := range table.Rows(text, 2) {
		out = append(out, row)
	}
	return out
})

// pair judges a module and a name that stand in two members of a group, in any order.
func (j *judge) pair(i config.Item) {
	last := len(i.Path) - 1
	if i.Kind != config.Text || last < 0 {
		return
	}
	for _, p := range pairs() {
		key := i.Path[last]
		if key != p[0] && key != p[1] || key[0] == '[' && (last != 1 || !strings.HasSuffix(j.base(), "model_index.json")) {
			continue
		}
		group := strings.Join(i.Path[:last], "\x00") + "\x00"
		if !j.hold(i.Path) || !j.hold([]string{i.Value}) {
			return
		}
		if j.pairs == nil {
			j.pairs = make(map[string]string)
		}
		j.pairs[group+key] = i.Value
		module, name := j.pairs[group+p[0]], j.pairs[group+p[1]]
		if module != "" && name != "" {
			i.Value = module + "." + name
			j.target(i, "class_path")
		}
	}
}
