package pytorch

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// inductor is where AOTInductor puts what it compiles.
const inductor = "data/aotinductor/"

// compiled are the ends of the names of what AOTInductor's loader compiles.
var compiled = []string{".cpp", ".cu", ".cc", ".cxx"}

// sourceCode reports source that the loader compiles and loads.
func (a *archive) sourceCode(r *record) {
	if !r.root.compiled() || !strings.HasPrefix(r.name, inductor) || !slices.ContainsFunc(compiled, func(end string) bool { return strings.HasSuffix(r.name, end) }) {
		return
	}
	name := finding.Quote(r.full)
	a.Report(finding.Finding{
		Rule: nativeByDesign, Key: r.full, Location: finding.Location{Offset: r.entry.Data},
		Message:  fmt.Sprintf("Loading the model compiles the source %s, and loads the result into the process.", name),
		Evidence: []finding.Step{{Offset: r.entry.Data, Text: name}},
	})
}

// machineCode reports a record that is a program. AOTInductor's models consist
// of such, which is how they are meant; anywhere else there is none.
func (a *archive) machineCode(r *record) error {
	return a.contents(r, func(content io.ReaderAt, size int64) error {
		program, ok := executable.Decode(hostile.NewReader(content, size, a.Budget))
		if !ok {
			return nil
		}
		name, what := finding.Quote(r.full), program.Kind.String()+", "+finding.Quote(program.Detail)
		out := finding.Finding{
			Rule: nativeAstray, Key: r.full, Location: finding.Location{Offset: r.entry.Data},
			Message:  fmt.Sprintf("%s is a program (%s), where models have weights.", name, what),
			Evidence: []finding.Step{{Offset: r.entry.Data, Text: name + ": " + what}},
		}
		if r.root.compiled() && strings.HasPrefix(r.name, inductor) {
			out.Rule = nativeByDesign
			out.Message = fmt.Sprintf("Loading the model loads the library %s (%s) into the process.", name, what)
		}
		a.Report(out)
		return nil
	})
}
