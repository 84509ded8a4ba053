package pytorch

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A reach is a function that does harm, and where source refers to it.
type reach struct {
	python.Reference
	verdict globals.Verdict
}

// reaches lists what source refers to that does harm, each path once, and
// whether any of it is reached by importing alone.
func reaches(s *python.Source) (all []reach, onImport bool) {
	seen := make(map[string]bool)
	for _, r := range s.References {
		v, bad := globals.Path(r.Path, r.Imported)
		if !bad && strings.HasPrefix(r.Path, ".") {
			v, bad = method(s, r.Path[1:])
		}
		if !bad || harmless[v.Effect] {
			continue
		}
		if !r.Deferred && r.Called {
			onImport = true
		}
		if !seen[r.Path] {
			seen[r.Path] = true
			all = append(all, reach{r, v})
		}
	}
	return all, onImport
}

// harmless are effects that code which comes with a model may have without a
// word: it reads its own files, and looks names up.
var harmless = map[globals.Effect]bool{globals.Read: true, globals.State: true, globals.Exit: true, globals.Indirect: true}

// method judges an attribute of something unknown as one of the modules that the
// source imports: it may be one of them by a detour.
func method(s *python.Source, name string) (globals.Verdict, bool) {
	for _, i := range s.Imports {
		module, _ := globals.Resolve(i.Path, "")
		if v, ok := globals.Listed(module, name); ok && v.Class == globals.Dangerous {
			return v, true
		}
	}
	return globals.Verdict{}, false
}

// module judges one source file of torch.package, which runs as soon as an
// object is loaded whose class it defines.
func (a *archive) module(r *record) error {
	return a.analyse(r, func(_ string, s *python.Source) {
		all, onImport := reaches(s)
		switch name := finding.Quote(r.full); {
		case onImport:
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
		all, _ := reaches(s)
		a.reach(strayCode, r, all, finding.Quote(r.full)+" is Python that PyTorch does not read")
	})
}

// reach reports what a source refers to, if anything, in one sentence.
func (a *archive) reach(ru *rule.Rule, r *record, all []reach, start string) {
	out := finding.Finding{Rule: ru, Key: r.full, Message: start + ".", Location: finding.Location{Offset: r.entry.Data}}
	if len(all) > 0 {
		first := all[0]
		if !strings.HasSuffix(start, " and") {
			start += " and"
		}
		out.Message = fmt.Sprintf("%s refers to %s, which %s.", start, finding.Quote(strings.TrimPrefix(first.Path, ".")), does(first.verdict))
	}
	for _, x := range all[:min(len(all), maxEvidence)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: r.entry.Data,
			Text: fmt.Sprintf("%s, byte %#x: %s", finding.Quote(r.full), x.Offset, finding.Quote(x.Path))})
	}
	a.Report(out)
}

func does(v globals.Verdict) string {
	if s := v.Effect.Does(); s != "" {
		return s
	}
	return "does harm"
}
