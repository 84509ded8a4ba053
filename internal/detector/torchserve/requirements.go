package torchserve

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/requirements"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// packagesFile lists well-known packages that models need, one a line, with
// names behind each that are so near to it that they would be taken for a near
// miss, and are no such thing.
//
//go:embed packages.txt
var packagesFile string

var packages = sync.OnceValues(func() ([]string, map[string]bool) { return parsePackages(packagesFile) })

func parsePackages(text string) (known []string, all map[string]bool) {
	all = make(map[string]bool)
	for line := range table.Lines(text) {
		fields := strings.Fields(line)
		known = append(known, fields[0])
		for _, f := range fields {
			all[f] = true
		}
	}
	return known, all
}

// lists judges the lists of requirements among the members.
func (a *archive) lists() error {
	for _, m := range a.members {
		if requirements.Named(path.Base(m.name)) || a.requirements[m.name] {
			a.requirementsIn(m)
		}
		if spent := a.Budget.Spent(); spent != nil {
			return spent
		}
	}
	return nil
}

// requirementsIn judges a list of requirements.
func (a *archive) requirementsIn(m member) {
	a.read(m, func(r *hostile.Reader) error {
		return requirements.Read(r, func(l requirements.Line) { a.requirement(m, l) })
	})
}

// requirement judges one line.
func (a *archive) requirement(m member, l requirements.Line) {
	switch l.What {
	case requirements.Index:
		a.reportRequirement(foreignIndex, m, l, "Installing what the model requires looks for packages elsewhere than in the index of the installation")
	case requirements.Direct:
		a.reportRequirement(directInstall, m, l, "Installing what the model requires runs the build of a package that no index has")
	case requirements.Include:
		a.unread(m, l, "reads another file")
	case requirements.Unknown:
		a.unread(m, l, "is an option that is not known")
	case requirements.Install:
		if near := nearTo(l.Name()); near != "" {
			a.reportRequirement(nearMiss, m, l, "The model requires "+finding.Quote(l.Name())+", whose name is one slip away from "+near)
		}
	}
}

// unread tells of a line that is not judged.
func (a *archive) unread(m member, l requirements.Line, why string) {
	a.Incomplete(fmt.Errorf("%s, byte %#x: %s %s", finding.Quote(m.name), l.Offset, finding.Quote(l.Text), why))
}

// reportRequirement makes a finding about a line of a list of packages.
func (a *archive) reportRequirement(r *rule.Rule, m member, l requirements.Line, what string) {
	a.Report(finding.Finding{
		Rule: r, Key: m.name + " " + l.Text, Location: finding.Location{Offset: m.entry.Data},
		Subject:  finding.Within("requirement", a.inside(m), l.Text),
		Message:  what + ": " + finding.Quote(l.Text) + ".",
		Evidence: []finding.Step{{Offset: m.entry.Data, Text: fmt.Sprintf("%s, byte %#x: %s", finding.Quote(m.name), l.Offset, finding.Quote(l.Text))}},
	})
}

// shortestNear is the length from which on one slip in a name is telling.
const shortestNear = 5

// nearTo returns the well-known package whose name is one slip away: a character
// too many, too few, another, or two exchanged; a separator left out or put in; or
// characters that look alike.
func nearTo(name string) string {
	known, honest := packages()
	if honest[name] || len(name) < shortestNear {
		return ""
	}
	for _, k := range known {
		if len(k) >= shortestNear && (oneSlip(name, k) || requirements.Shape(name) == requirements.Shape(k)) {
			return k
		}
	}
	return ""
}

// oneSlip reports whether two different words differ in one insertion, deletion,
// substitution or exchange of neighbours.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case 1:
		return a[i:] == b[i+1:]
	default:
		return false
	}
}
