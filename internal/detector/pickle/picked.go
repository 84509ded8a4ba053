package pickle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// picked returns what code takes by its name out of a module of Python's, which no
// honest code does with what runs code or starts programs: vars(os)["system"].
func (j *judge) picked(references []marshal.Reference, constants []*marshal.Value) ([]string, globals.Verdict) {
	seen := make(map[string]bool)
	for _, r := range references {
		module, _, _ := strings.Cut(r.Path, ".")
		if module == "" || seen[module] || !globals.OfPython(module) || j.s.p.Budget.Steps(int64(len(constants))) != nil {
			continue
		}
		seen[module] = true
		for _, c := range constants {
			if !identifier(c.Text) {
				continue
			}
			v, bad := globals.Path(module+"."+c.Text, true)
			if bad && (v.Effect == globals.Execute || v.Effect == globals.Process) {
				return []string{module + "." + c.Text}, v
			}
		}
	}
	return nil, globals.Verdict{}
}
