package pytorch

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	//go:embed ops.txt
	opsFile string
	//go:embed namespaces.txt
	namespacesFile string

	operators  = table.Once(opsFile, table.Map)
	namespaces = table.Once(namespacesFile, table.Set)
)

// script judges one source file of TorchScript. It is a language of its own: it
// imports nothing, and calls operators that PyTorch registers.
func (a *archive) script(r *record) error {
	return a.analyse(r, func(_ string, s *python.Source) {
		if !a.python(r, s) {
			a.foreign(r, s)
		}
		for _, ref := range s.References {
			if name := operatorOf(ref.Path); name != "" {
				a.use(name, r.entry.Data, fmt.Sprintf("%s, byte %#x: %s", finding.Quote(r.full), ref.Offset, finding.Quote(ref.Path)))
			}
		}
	})
}

// operatorOf returns the operator that a path of TorchScript names, or "".
// Methods of values are never operators that matter here: those have no self.
func operatorOf(path string) string {
	parts := strings.Split(path, ".")
	n := len(parts)
	switch {
	case parts[0] == "torch" && n == 2:
		return "aten::" + parts[1]
	case parts[0] == "ops" && n > 2:
		return parts[1] + "::" + parts[2]
	case parts[0] == "__torch__" && n > 4 && parts[1] == "torch" && parts[2] == "classes":
		return parts[3] + "::" + parts[4]
	case n == 1 && strings.HasPrefix(path, "rpc_"):
		return "prim::" + path
	}
	return ""
}

// use remembers that the model uses an operator, if that is worth a word: one
// that reaches outside, or one of a namespace that PyTorch does not have.
func (a *archive) use(name string, offset int64, where string) {
	key := name
	namespace, _, _ := strings.Cut(name, "::")
	// An operator that is known to reach outside is told by its name, others
	// once for their namespace.
	if _, listed := operators()[name]; !listed {
		if namespaces()[namespace] {
			return
		}
		key = namespace
	}
	if a.uses[key] == nil {
		a.uses[key] = &use{operator: name}
	}
	if u := a.uses[key]; len(u.where) < maxEvidence {
		u.where = append(u.where, finding.Step{Offset: offset, Text: where})
	}
}

// A use is an operator, or the first of a namespace, and where the model uses it.
type use struct {
	operator string
	where    []finding.Step
}

// maxEvidence is how many places a finding shows.
const maxEvidence = 20

// operators reports what the model uses, each operator once.
func (a *archive) operators() {
	for _, key := range slices.Sorted(maps.Keys(a.uses)) {
		u := a.uses[key]
		out := finding.Finding{Key: key, Location: finding.Location{Offset: u.where[0].Offset}, Evidence: u.where}
		if does, listed := operators()[u.operator]; listed {
			out.Rule = outsideOp
			out.Message = fmt.Sprintf("Running the model calls %s, which %s.", u.operator, does)
		} else {
			out.Rule = customOp
			out.Message = fmt.Sprintf("The model needs %s. PyTorch does not have it: whoever loads the model loads a native library for it.",
				finding.Quote(u.operator))
		}
		a.Report(out)
	}
}

// foreign reports imports of Python's modules. Early versions of the format
// imported the archive's own, by names that start with __torch__.
func (a *archive) foreign(r *record, s *python.Source) {
	imports := slices.DeleteFunc(slices.Clone(s.Imports), func(i python.Reference) bool { return strings.HasPrefix(i.Path, "__torch__") })
	if len(imports) == 0 {
		return
	}
	out := finding.Finding{
		Rule: notScript, Key: r.full, Location: finding.Location{Offset: r.entry.Data},
		Message: fmt.Sprintf("%s imports %s. TorchScript imports nothing, and PyTorch passes over such lines; whoever takes the file for Python runs it with all that Python can do.",
			finding.Quote(r.full), finding.Quote(imports[0].Path)),
	}
	for _, i := range imports[:min(len(imports), maxEvidence)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: r.entry.Data, Text: fmt.Sprintf("byte %#x: import %s", i.Offset, finding.Quote(i.Path))})
	}
	a.Report(out)
}

// python reports functions of Python that start programs or run text, and whether
// there are any. TorchScript has none of them, so that loading such code fails;
// Python runs it.
func (a *archive) python(r *record, s *python.Source) bool {
	bad := slices.DeleteFunc(slices.Clone(s.References), func(x python.Reference) bool {
		_, v, concern := globals.Target(x.Path)
		if !strings.Contains(x.Path, ".") {
			v, _ = globals.Path(x.Path, false)
			concern = globals.Bad
		}
		return !x.Called || x.Local || concern != globals.Bad || v.Class != globals.Dangerous || !startsCode[v.Effect]
	})
	if len(bad) == 0 {
		return false
	}
	out := finding.Finding{
		Rule: pythonCode, Key: r.full + " " + bad[0].Path, Location: finding.Location{Offset: r.entry.Data},
		Message: fmt.Sprintf("%s calls %s. TorchScript has no such function; whoever takes the file for Python runs it.", finding.Quote(r.full), finding.Quote(bad[0].Path)),
	}
	for _, x := range bad[:min(len(bad), maxEvidence)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: r.entry.Data, Text: fmt.Sprintf("byte %#x: %s(%s)", x.Offset, finding.Quote(x.Path), finding.Quote(x.Argument))})
	}
	a.Report(out)
	return true
}

// startsCode are the effects that python looks for.
var startsCode = map[globals.Effect]bool{globals.Execute: true, globals.Process: true, globals.Native: true}

// mobile looks for operators in the bytecode of a model for mobile devices,
// which runs in place of the code beside it and names its operators as strings.
func (a *archive) mobile(r *record) error {
	return a.contents(r, func(content io.ReaderAt, size int64) error {
		return search(hostile.NewReader(content, size, a.Budget), func(name string, at int64) {
			a.use(name, r.entry.Data, fmt.Sprintf("%s, byte %#x: %s", finding.Quote(r.full), at, name))
		})
	})
}

// search looks for the names of operators that reach outside, and tells the
// first place of each.
func search(r *hostile.Reader, found func(name string, at int64)) error {
	// The overlap is longer than the longest name of an operator.
	const chunk, overlap = 32 << 10, 128
	seen := make(map[string]bool)
	for r.Left() > 0 && r.Step() {
		p := r.Peek(chunk)
		for _, name := range slices.Sorted(maps.Keys(operators())) {
			if i := bytes.Index(p, []byte(name)); i >= 0 && !seen[name] {
				seen[name] = true
				found(name, r.Offset()+int64(i))
			}
		}
		if r.Left() <= chunk {
			break
		}
		r.Skip(chunk - overlap)
	}
	return r.Err()
}
