package torchserve

import (
	"fmt"
	"io"
	"slices"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

// maxEvidence is how many places a finding shows.
const maxEvidence = 20

// expected are effects that handlers have to have: they load the weights that lie
// beside them, unpack what came with the model, and fetch what a request names.
// The files that they load are scanned.
var expected = map[globals.Effect]bool{globals.Deserialise: true, globals.Write: true, globals.Network: true, globals.Import: true}

// source judges one Python file of the archive. TorchServe puts the directory
// that it unpacks on the path of modules, so that any of them may be imported.
func (a *archive) source(m member) {
	a.contents(m, func(content io.ReaderAt, size int64) error {
		_, s, err := source.Read(content, size, a.Budget)
		if s == nil {
			return err
		}
		all := source.Reaches(s)
		onImport := slices.DeleteFunc(slices.Clone(all), func(x source.Reach) bool { return !x.OnImport || x.Verdict.Effect == globals.Import })
		bad := slices.DeleteFunc(slices.Clone(all), func(x source.Reach) bool { return expected[x.Verdict.Effect] })
		switch {
		case len(onImport) > 0:
			a.reach(runs, m, onImport, "Registering the model imports %s, which calls %s: it %s.")
		case len(bad) > 0:
			a.reach(reaches, m, bad, "TorchServe runs %s, which refers to %s: it %s.")
		default:
			a.sources = append(a.sources, finding.Step{Offset: m.entry.Data, Text: finding.Quote(m.name)})
		}
		return err
	})
}

// reach reports a source by the first thing that it reaches; the others are
// evidence.
func (a *archive) reach(r *rule.Rule, m member, all []source.Reach, format string) {
	out := finding.Finding{
		Rule: r, Key: m.name, Subject: finding.Within("source", a.inside(m), ""), Location: finding.Location{Offset: m.entry.Data},
		Message: fmt.Sprintf(format, finding.Quote(m.name), finding.Quote(all[0].Name()), all[0].Does()),
	}
	for _, x := range all[:min(len(all), maxEvidence)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: m.entry.Data,
			Text: fmt.Sprintf("%s, byte %#x: %s", finding.Quote(m.name), x.Offset, finding.Quote(x.Path))})
	}
	a.Report(out)
}

// reportCode reports the Python in which nothing was found, in one finding.
func (a *archive) reportCode() {
	n := len(a.sources)
	if n == 0 {
		return
	}
	message := a.sources[0].Text + " is Python that comes with the model, and TorchServe runs it."
	if n > 1 {
		message = fmt.Sprintf("%d Python files come with the model, and TorchServe runs them: %s and others.", n, a.sources[0].Text)
	}
	a.Report(finding.Finding{
		Rule: code, Key: "sources", Message: message,
		Location: finding.Location{Offset: a.sources[0].Offset}, Evidence: a.sources[:min(n, maxEvidence)],
	})
}
