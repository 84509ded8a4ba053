package pickle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A judge says which of a pickle's effects are dangerous.
type judge struct {
	m         *pickle.Machine
	s         *session
	report    *report
	byID      []*use          // by the machine's number of the name
	names     map[string]*use // by where the object lives
	order     []*use
	inert     []payload         // constants that hold dangerous pickles
	loaded    map[uint64]bool   // hashes of what loaders are given
	arrays    []detector.Region // where numbers lie
	sources   map[string]string // what source refers to that is dangerous, by its text
	missed    bool              // a text by which a call is judged was not read
	payloads  map[uint64]string // what harmful thing a text is, by its hash
	madeCode  bool              // it was reported that the file makes functions
	detours   []detour
	asked     float64      // what calls asked for, in values or bytes
	exhausted bool         // it was told that this is too much
	led       map[key]bool // detours that are known
	callers   []caller     // methods that objects would call
	importers bool         // a name is that of a function that imports
	getters   bool         // a name is that of an attrgetter or a methodcaller
}

// A use is what the pickle does with one name.
type use struct {
	*lore
	at     *pickle.Name
	ways   [globals.SetItem + 1]*globals.Verdict // of those to use it that were asked about
	op     pickle.Code                           // of its first import
	offset int64                                 // of its first import
	called bool
}

// on returns the verdict on a way to use the name.
func (u *use) on(way globals.Use) globals.Verdict {
	if u.ways[way] == nil {
		v := globals.On(way, u.at.Module, u.at.Name)
		u.ways[way] = &v
	}
	return *u.ways[way]
}

// effect judges one effect.
func (j *judge) effect(e pickle.Effect) {
	switch e.Kind {
	case pickle.Imports:
		j.imports(e)
	case pickle.Calls, pickle.Makes:
		j.calls(e)
	case pickle.Builds:
		j.changes(e, globals.Build)
	case pickle.Appends:
		j.changes(e, globals.Append)
	case pickle.SetsItem:
		j.changes(e, globals.SetItem)
	case pickle.Persists:
		j.s.legacy.storage(j.m, e.Fn)
	case pickle.Takes:
		j.takes(e)
	case pickle.Holds:
		j.holds(e)
	case pickle.Extends:
		j.add(extension, e, "code", func() string {
			return "Loading this file asks the extension registry for a code that it does not register itself: what that is depends on the process that loads it."
		})
	}
}

// imports notes a name, and judges what its import alone does.
func (j *judge) imports(e pickle.Effect) {
	n := j.m.Name(e.Value)
	if n == nil {
		if j.m.Kind(e.Value) == pickle.Attr {
			j.add(unresolved, e, "import", func() string {
				return "Loading this file imports " + j.python(e.Value) + ", a name that is computed in a way that only running it would tell."
			})
		}
		return
	}
	u := j.use(n, e)
	if e.Computed && u.verdict.Class != globals.Dangerous {
		j.add(unresolved, e, "import "+u.name, func() string {
			return "Loading this file imports " + finding.Quote(u.name) + " by a name that it puts together first, as no program that writes pickles does."
		})
	}
	if u.verdict.Class == globals.Dangerous && u.verdict.Effect == globals.Import && !u.called {
		u.called = true
		j.add(executes, e, u.name, func() string {
			return "Loading this file imports " + finding.Quote(u.name) + does(u.verdict) + "."
		})
	}
}

// use returns what is known of a name, noting the name.
func (j *judge) use(n *pickle.Name, e pickle.Effect) *use {
	if n.ID >= 0 && n.ID < len(j.byID) && j.byID[n.ID] != nil {
		return j.byID[n.ID]
	}
	l := lores.Ask(n.Module, n.Name)
	u := j.names[l.name]
	if u == nil {
		if j.names == nil {
			const usual = 16 // names of a pickle
			j.names, j.order, j.byID = make(map[string]*use), make([]*use, 0, usual), make([]*use, 0, usual)
		}
		u = &use{lore: l, at: n, op: e.Op, offset: e.Offset}
		j.names[l.name] = u
		j.order = append(j.order, u)
		j.importers, j.getters = j.importers || l.imports, j.getters || l.args == "method"
	}
	for len(j.byID) <= n.ID {
		j.byID = append(j.byID, nil)
	}
	if n.ID >= 0 {
		j.byID[n.ID] = u
	}
	return u
}

// items are those of a value, for a search that goes into what they hold: looking
// is charged to the budget, and where that is spent there are none. A value may
// stand in itself, and in others any number of times.
func (j *judge) items(v pickle.Value) (items []pickle.Value, all bool) {
	items, all = j.m.Items(v)
	if j.s.p.Budget.Steps(int64(len(items))) != nil {
		return nil, false
	}
	return items, all
}

// imported is the first import as evidence: as the file spells it, and what that
// is.
func (u *use) imported() finding.Step {
	n := u.at
	text := u.op.String() + " " + strings.TrimSuffix(n.AsModule+" "+n.AsName, " ")
	if strings.TrimSuffix(n.AsModule+"."+n.AsName, ".") != n.String() {
		text += ", which is " + n.String()
	}
	return finding.Step{Offset: u.offset, Text: finding.Quote(text)}
}

// finish judges what was imported and never called.
func (j *judge) finish() {
	j.reportInert()
	j.expands()
	j.reportCallers()
	j.settings()
	j.rebuildsFrom()
	for _, u := range j.order {
		if u.called {
			continue
		}
		if r, before, after := j.uncalled(u); r != nil {
			j.report.add(finding.Finding{
				Rule: r, Key: u.name, Message: before + finding.Quote(u.name) + after + ".",
				Location: finding.Location{Offset: u.offset}, Evidence: []finding.Step{u.imported()},
			})
		}
	}
	j.fold()
}

// takesModule reports whether a module itself is taken, which picklers of Python
// refuse. Those of functions import modules of libraries by a call.
func (u *use) takesModule() bool {
	return u.at.Name == "" && u.at.AsName != "" && (u.python || u.op.Imports()) && !hasRole("module", u.at.Module)
}

// uncalled returns the rule on a name that is imported and never called, and what
// is said of it, before and after the name; r is nil if that is harmless.
func (j *judge) uncalled(u *use) (r *rule.Rule, before, after string) {
	switch {
	case u.verdict.Class == globals.Dangerous && u.at.Name != "" && u.verdict.Effect != globals.Indirect:
		return refers, "This file carries ", " without calling it: whoever uses the loaded object may call it" + does(u.verdict)
	// A function that the file makes has all builtins in any case.
	case leadsOut(u.at.Name) && !j.madeCode && !j.report.dangerous():
		return unresolved, "Loading this file takes ", ", by which it comes to whatever the process has loaded"
	case u.takesModule() && !j.report.dangerous():
		return unresolved, "Loading this file takes the module ", " itself, of which a pickle needs no more than names"
	case u.verdict.Class == globals.Unknown && u.at.Module == "__main__":
		return mainName, "This file needs ", " from the script that loads it: what that does cannot be seen here"
	case u.verdict.Class == globals.Unknown:
		return unknownImport, "Loading this file imports ", ", which is not known"
	}
	return nil, "", ""
}
