package pickle

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A detour is a call by which a pickle comes to a name. If what it does with the
// name is reported, the call is evidence for that, and no finding of its own.
type detour struct {
	finding finding.Finding
	to      string
}

// maxDetours is how many detours are remembered; each further one is a finding.
const maxDetours = 100

// detour keeps a call back until it is known what came of it.
func (j *judge) detour(r *rule.Rule, e pickle.Effect, u *use, to, message string) {
	k := key{r, u.name + " " + to}
	if j.led[k] {
		return
	}
	f := finding.Finding{Rule: r, Key: u.name, Message: message, Location: finding.Location{Offset: e.Offset}}
	f.Evidence = []finding.Step{u.imported(), j.step(e)}
	if len(j.detours) == maxDetours {
		j.report.add(f)
		return
	}
	if j.led == nil {
		j.led = make(map[key]bool)
	}
	j.led[k] = true
	j.detours = append(j.detours, detour{f, to})
}

// fold makes one finding of what has one cause. The last detours come first: one
// may lead to another.
func (j *judge) fold() {
	ends := j.ends()
	var lost []finding.Finding
	for _, d := range slices.Backward(j.detours) {
		if end := ends[d.to]; end != nil && end.Rule.Severity >= d.finding.Rule.Severity {
			join(end, d.finding.Evidence)
			j.lead(ends, d.finding.Key, end)
		} else {
			lost = append(lost, d.finding)
		}
	}
	for _, f := range slices.Backward(lost) {
		j.report.add(f)
	}
	j.report.gather()
}

// ends returns the findings by the names that lead to them.
func (j *judge) ends() map[string]*finding.Finding {
	if len(j.detours) == 0 {
		return nil
	}
	ends := make(map[string]*finding.Finding)
	for _, f := range j.report.findings {
		j.lead(ends, f.Key, f)
	}
	return ends
}

// lead notes that a name leads to a finding, and so does what it is part of, as it
// is and as the file spells it.
func (j *judge) lead(ends map[string]*finding.Finding, name string, f *finding.Finding) {
	parts := []string{name, owner(name)}
	if u := j.names[name]; u != nil {
		parts = append(parts, u.at.Module, u.at.AsModule)
	}
	for _, part := range parts {
		if old := ends[part]; part != "" && (old == nil || old.Rule.Severity < f.Rule.Severity) {
			ends[part] = f
		}
	}
}

// owner is what a dotted name is a part of, or "".
func owner(name string) string { return name[:max(0, strings.LastIndexByte(name, '.'))] }

// gather joins the making of an object with the use of its methods, and the
// import of a computed name with the call.
func (r *report) gather() {
	for _, f := range r.findings {
		before := key{f.Rule, owner(f.Key)}
		if f.Rule == unresolved && f.Key == "call" {
			before.key = "import"
		}
		if old := r.by[before]; old != nil {
			join(f, old.Evidence)
			delete(r.by, before)
		}
	}
	r.findings = slices.DeleteFunc(r.findings, func(f *finding.Finding) bool { return r.by[key{f.Rule, f.Key}] != f })
}

// join puts evidence in front of that of a finding, as far as there is room.
func join(f *finding.Finding, before []finding.Step) {
	before = slices.DeleteFunc(slices.Clone(before), func(s finding.Step) bool { return slices.Contains(f.Evidence, s) })
	room := max(0, maxSteps-len(f.Evidence))
	f.Evidence = append(before[:min(len(before), room)], f.Evidence...)
}
