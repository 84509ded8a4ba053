package pytorch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

// module judges one source file of torch.package, which runs as soon as an
// object is loaded whose class it defines.
func (a *archive) module(r *record) error {
	return a.analyse(r, func(_ string, s *python.Source) {
		all := source.Reaches(s)
		switch name := finding.Quote(r.full); {
		case slices.ContainsFunc(all, func(x source.Reach) bool { return x.OnImport }):
			a.reach(packageRuns, r, all, name+" is imported when the package's object is loaded, and")
		case len(all) > 0:
			a.reach(packageReaches, r, all, name+" is Python that comes with the model, and")
		default:
			a.modules = append(a.modules, finding.Step{Offset: r.entry.Data, Text: name})
		}
	})
}

// sources reports the sources of a package in which nothing was found.
func (a *archive) sources() {
	n := len(a.modules)
	if n == 0 {
		return
	}
	message := a.modules[0].Text + " is Python that comes with the model and is imported when its object is loaded."
	if n > 1 {
		message = fmt.Sprintf("%d Python modules come with the model and are imported when its object is loaded: %s and others.", n, a.modules[0].Text)
	}
	a.Report(finding.Finding{
		Rule: packageCode, Key: "sources", Message: message,
		Location: finding.Location{Offset: a.modules[0].Offset}, Evidence: a.modules[:min(n, maxEvidence)],
	})
}

// stray judges Python in an archive that has no place for it.
func (a *archive) stray(r *record) error {
	return a.analyse(r, func(_ string, s *python.Source) {
		a.reach(strayCode, r, source.Reaches(s), finding.Quote(r.full)+" is Python that PyTorch does not read")
	})
}

// reach reports what a source refers to, if anything, in one sentence.
func (a *archive) reach(ru *rule.Rule, r *record, all []source.Reach, start string) {
	out := finding.Finding{Rule: ru, Key: r.full, Message: start + ".", Location: finding.Location{Offset: r.entry.Data}}
	if len(all) > 0 {
		first := all[0]
		if !strings.HasSuffix(start, " and") {
			start += " and"
		}
		out.Message = fmt.Sprintf("%s refers to %s, which %s.", start, finding.Quote(first.Name()), first.Does())
	}
	for _, x := range all[:min(len(all), maxEvidence)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: r.entry.Data,
			Text: fmt.Sprintf("%s, byte %#x: %s", finding.Quote(r.full), x.Offset, finding.Quote(x.Path))})
	}
	a.Report(out)
}
