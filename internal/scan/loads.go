package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// maxLoads is how many files are noted that one file loads. Those beyond are scanned
// like any other.
const maxLoads = 1024

// loads notes that the file on disk loads another one beside it.
func (r *run) loads(f artifact.File, name string) {
	other := path.Join(path.Dir(f.Path), strings.ReplaceAll(name, `\`, "/"))
	if !f.Nested() && len(r.out.Loads) < maxLoads && other != f.Path && !slices.Contains(r.out.Loads, other) {
		r.out.Loads = append(r.out.Loads, other)
	}
}

// inherit tells of the files that load dangerous ones, as far as those are among the
// files of the scan: what was found stays where it is, too.
func inherit(files []audit.File) {
	worst := make(map[string]*finding.Finding)
	for i := range files {
		if f := dangerous(files[i].Findings); f != nil {
			worst[files[i].Path] = f
		}
	}
	for i := range files {
		f := &files[i]
		before := len(f.Findings)
		for _, name := range f.Loads {
			if found := worst[name]; found != nil {
				f.Findings = append(f.Findings, inherited(f, name, found))
			}
		}
		if len(f.Findings) == before {
			continue
		}
		slices.SortStableFunc(f.Findings, finding.Compare)
		finding.Number(f.Findings)
		if f.Status == audit.Clean {
			f.Status = audit.Findings
		}
	}
}

// dangerous returns the worst of a file's findings, if it is as bad as loading the
// file that it is in.
func dangerous(found []finding.Finding) *finding.Finding {
	var worst *finding.Finding
	for i := range found {
		if s := found[i].Rule.Severity; s >= rule.High && (worst == nil || s > worst.Rule.Severity) {
			worst = &found[i]
		}
	}
	return worst
}

// inherited is the finding at a file that loads a dangerous one.
func inherited(f *audit.File, name string, found *finding.Finding) finding.Finding {
	quoted := finding.Quote(path.Base(name))
	return finding.Finding{
		Rule: together, Key: path.Base(name), Location: finding.Location{Path: f.Path},
		Message:  "Loading this file loads " + quoted + " beside it, which is dangerous: see " + found.Rule.ID + " there.",
		Evidence: []finding.Step{{Text: quoted + ": " + found.Message}},
	}
}
