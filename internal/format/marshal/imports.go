package marshal

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A unit is a code object and what holds it.
type unit struct {
	code   *Code
	parent int  // number of the unit around it, or -1
	inline bool // it is a comprehension or the body of a class, which run where they stand
	runs   bool
	called bool // by its name
}

// maxRounds is how often the units are looked through for such as the ones found
// last make run; if that is not the end, all of them are taken to run.
const maxRounds = 64

// OnImport returns the code objects that run when v is imported as a module: those
// that stand in it, such as the module's own and the bodies of classes, and
// functions that may be called, by whose name something is loaded in code that
// runs. Which function a name means is not followed: any of that name will do.
// It spends steps of the budget for the code that runs.
func (v *Value) OnImport(budget *hostile.Budget) (inline, called []*Code) {
	units := collect(v, -1, nil, make(map[*Value]bool))
	names := make(map[string]bool)
	for round := 0; start(units, names, round == maxRounds, budget); round++ {
	}
	for _, u := range units {
		switch {
		case u.called:
			called = append(called, u.code)
		case u.runs:
			inline = append(inline, u.code)
		}
	}
	return inline, called
}

// start marks what runs beside what was marked before, and adds the names that it
// loads; at last it is all that is left. It reports whether there was any.
func start(units []unit, names map[string]bool, last bool, budget *hostile.Budget) (more bool) {
	for i := range units {
		u := &units[i]
		if u.runs || !last && !u.starts(units, names) {
			continue
		}
		u.runs, more = true, true
		u.called = u.called || last
		u.load(names, budget)
	}
	return more
}

// load adds the names that the code loads.
func (u *unit) load(names map[string]bool, budget *hostile.Budget) {
	references, _ := u.code.References(budget)
	for _, r := range references {
		if !r.Used {
			continue
		}
		for name := range strings.SplitSeq(r.Path, ".") {
			names[name] = true
		}
	}
}

// starts reports whether code runs, given the names that running code loads.
func (u *unit) starts(units []unit, names map[string]bool) bool {
	name := u.code.Name
	switch {
	case u.parent < 0:
		return true
	case !units[u.parent].runs:
		return false
	case name == "<lambda>":
		u.called = true // by whom, no name says
		return true
	case u.inline:
		u.called = units[u.parent].called
		return true
	}
	u.called = names[name] || strings.HasPrefix(name, "__") && names[units[u.parent].code.Name]
	return u.called
}

// collect lists the code objects in a value, outer ones first.
func collect(v *Value, parent int, units []unit, seen map[*Value]bool) []unit {
	if v == nil || seen[v] || v.Kind != Container && v.Kind != CodeKind {
		return units
	}
	seen[v] = true
	if v.Kind == CodeKind {
		inline := strings.HasPrefix(v.Code.Name, "<") || slices.Contains(v.Code.Names, "__module__")
		units = append(units, unit{code: v.Code, parent: parent, inline: inline})
		parent = len(units) - 1
		for _, c := range v.Code.Constants {
			units = collect(c, parent, units, seen)
		}
	}
	for _, item := range v.Items {
		units = collect(item, parent, units, seen)
	}
	return units
}
