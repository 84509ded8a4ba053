package config

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed pairs.txt
var pairsFile string

// pairs are the rows of pairs.txt, by each of their members.
var pairs = table.Once(pairsFile, func(text string) map[string][][]string {
	out := make(map[string][][]string)
	for row := range table.Rows(text, 3) {
		for _, key := range []string{row[0], row[1], kindKey} {
			if key != kindKey || row[2] != "" {
				out[key] = append(out[key], row)
			}
		}
	}
	return out
})

// kindKey is the member that says what a group is, where that matters.
const kindKey = "type"

// pair judges a module and a name that stand in two members of a group, in any order.
func (j *judge) pair(i config.Item) {
	last := len(i.Path) - 1
	if i.Kind != config.Text || last < 0 {
		return
	}
	key := i.Path[last]
	if strings.HasPrefix(key, "[") && (last != 1 || !strings.HasSuffix(j.base(), "model_index.json")) {
		return // of a list: pairs are those of a pipeline alone
	}
	for _, p := range pairs()[key] {
		if key != kindKey || i.Value == p[2] {
			j.paired(i, p)
		}
	}
}

// paired keeps one value of a pair, and judges what they name together.
func (j *judge) paired(i config.Item, p []string) {
	last := len(i.Path) - 1
	group := strings.Join(append(i.Path[:last:last], p[2]), "\x00") + "\x00"
	if !j.hold(i.Path) || !j.hold([]string{i.Value}) {
		return
	}
	if j.pairs == nil {
		j.pairs = make(map[string]string)
	}
	j.pairs[group+i.Path[last]] = i.Value
	module, name := j.pairs[group+p[0]], j.pairs[group+p[1]]
	if module == "" || name == "" || p[2] != "" && j.pairs[group+kindKey] != p[2] {
		return
	}
	i.Value = module + "." + name
	j.target(i, "class_path")
}
