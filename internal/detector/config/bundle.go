package config

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/source"
)

// An expression is a value that MONAI evaluates: "$" and Python, in the configuration
// of a bundle (monai/bundle/config_item.py, ConfigExpression).
type expression struct {
	item config.Item
	code string
}

// references match what stands in expressions for other values: "@network#weight".
var references = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@+[\w#:]*`) })

// expression keeps a value that is code, and its imports, which hold for the others.
func (j *judge) expression(i config.Item) {
	if i.Kind != config.Text || !strings.Contains(i.Value, "$") {
		return
	}
	code, ok := strings.CutPrefix(strings.TrimSpace(i.Value), "$")
	if !ok || code == "" || code[0] == '{' {
		return
	}
	code = references().ReplaceAllString(strings.TrimSpace(code), "_")
	imports := strings.HasPrefix(code, "import ") || strings.HasPrefix(code, "from ")
	if !imports && !strings.Contains(code, "(") || !j.hold(i.Path) || !j.hold([]string{code}) {
		return
	}
	if imports {
		j.imports += code + "\n"
		return
	}
	i.Path = append([]string(nil), i.Path...)
	j.expressions = append(j.expressions, expression{i, code})
}

// expressed judges the expressions, with all that the configuration imports.
func (j *judge) expressed() {
	for _, e := range j.expressions {
		text := j.imports + e.code
		_, s, err := source.Read(hostile.Bytes(text), int64(len(text)), j.p.Budget)
		if over := j.p.Budget.Spent(); over != nil {
			j.full = cmp.Or(j.full, err)
			return
		}
		if s != nil && err == nil {
			j.runs(e, s)
		}
	}
}

// runs reports the first thing that starts a program or runs code.
func (j *judge) runs(e expression, s *python.Source) {
	for _, r := range source.Reaches(s) {
		if f := r.Verdict.Effect; !r.Called || f != globals.Process && f != globals.Execute && f != globals.Native {
			continue
		}
		j.known = true
		name := finding.Quote(r.Name())
		j.causes.At(instantiates, "expression "+name, fmt.Sprintf("Reading the configuration evaluates Python that calls %s, which %s.", name, r.Does())).
			Add(e.item.Offset, "%s: %s", j.where(e.item), finding.QuoteUpTo(e.item.Value, maxWhere))
		return
	}
}
