// Package source judges the Python source that comes with a model by the
// functions that it refers to. Nothing is run.
package source

import (
	_ "embed"
	"errors"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

// A Reach is a function that does harm, where source first refers to it.
type Reach struct {
	python.Reference
	Verdict globals.Verdict
	// OnImport: some reference to it is a call that runs when the source is
	// imported.
	OnImport bool
}

// Name returns the dotted path without the mark of an unknown start.
func (r Reach) Name() string { return strings.TrimPrefix(r.Path, ".") }

// Does returns a predicate that completes "the function …".
func (r Reach) Does() string {
	if s := r.Verdict.Effect.Does(); s != "" {
		return s
	}
	return "does harm"
}

// Harmless reports whether code that comes with a model may have an effect
// without a word: it reads its own files, and looks names up.
func Harmless(e globals.Effect) bool {
	return e == globals.Read || e == globals.State || e == globals.Exit || e == globals.Indirect
}

// Reaches lists what source refers to that does harm, each path once, in the
// order of the text.
func Reaches(s *python.Source) []Reach {
	var all []Reach
	seen := make(map[string]int)
	for _, r := range s.References {
		if r.Local {
			continue
		}
		v, bad := globals.Path(r.Path, r.Imported)
		if !bad && strings.HasPrefix(r.Path, ".") {
			v, bad = method(s, r.Path[1:])
		}
		if !bad || Harmless(v.Effect) {
			continue
		}
		i, known := seen[r.Path]
		if !known {
			i = len(all)
			seen[r.Path] = i
			all = append(all, Reach{Reference: r, Verdict: v})
		}
		all[i].OnImport = all[i].OnImport || r.Called && !r.Deferred
	}
	return all
}

//go:embed methods.txt
var methodsFile string

// common are methods of the builtin types that say nothing about a module.
var common = table.Once(methodsFile, table.Set)

// method judges an attribute of something unknown as one of the modules that the
// source imports: it may be one of them by a detour.
func method(s *python.Source, name string) (globals.Verdict, bool) {
	if common()[name] {
		return globals.Verdict{}, false
	}
	for _, i := range s.Imports {
		module, _ := globals.Resolve(i.Path, "")
		if v, ok := globals.Listed(module, name); ok && v.Class == globals.Dangerous {
			return v, true
		}
	}
	return globals.Verdict{}, false
}

// cost is the memory that analysing one byte of source may take.
const cost = 32

// Read analyses content as Python. What was found up to an error is returned
// with it: a fault of the budget, or one that says why it is no Python. s is nil if
// nothing could be read at all.
func Read(content io.ReaderAt, size int64, budget *hostile.Budget) (text string, s *python.Source, err error) {
	in := hostile.NewReader(content, size, budget)
	raw := in.Bytes(uint64(size))
	if in.Err() != nil {
		return "", nil, in.Err()
	}
	if err := budget.Hold(uint64(size) * cost); err != nil {
		return "", nil, err
	}
	if err := budget.Steps(size); err != nil {
		return "", nil, err
	}
	if text, err = python.Decode(raw); err != nil {
		return "", nil, broken(err)
	}
	if s, err = python.Analyse(text); err != nil {
		err = broken(err)
	}
	return text, s, err
}

// broken is the fault of a text that is no Python, or was not followed.
func broken(err error) error {
	if errors.Is(err, python.ErrComputes) {
		return hostile.Faultf(hostile.Unsupported, 0, "%v", err)
	}
	return hostile.Faultf(hostile.Malformed, 0, "it is not Python: %v", err)
}
