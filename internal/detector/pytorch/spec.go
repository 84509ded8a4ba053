package pytorch

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	// The loader imports what the context of a container names, and takes an element
	// of it: ctypes.cdll loads a library for that (torch/utils/_pytree.py,
	// enum_object_hook and _defaultdict_deserialize; torch/export/custom_ops.py).
	importsHarm = &rule.Rule{
		ID: "torch-export-reaches-out", Title: "An exported PyTorch program has Python import what does harm",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502, 470}, Since: "0.1.0",
	}
	importsModule = &rule.Rule{
		ID: "torch-export-imports-module", Title: "An exported PyTorch program needs a module that is not PyTorch's",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// layouts are the members of a program that say how its inputs or outputs are laid
// out: JSON in a string.
var layouts = map[string]bool{"in_spec": true, "out_spec": true}

// autograd is the operator that imports the class which its first argument names.
const autograd = "_call_custom_autograd_function_in_pre_dispatch"

// layout judges what the layout of the program's inputs or outputs imports.
func (e *exported) layout(t json.Token) {
	v := e.parsed(t.Text)
	if v == nil {
		e.Incomplete(hostile.Faultf(hostile.Malformed, t.Offset, "the layout of a program's inputs is no JSON"))
		return
	}
	e.container(t, v)
}

// parsed reads JSON in a string. What is none is nil.
func (e *exported) parsed(text string) *json.Value {
	v, err := json.Parse(hostile.NewReader(hostile.Bytes(text), int64(len(text)), e.Budget))
	if over := e.Budget.Spent(); over != nil {
		e.err = over
	}
	if err != nil {
		return nil
	}
	return v
}

// container judges a part of a layout, and those in it. The context of a dictionary
// is JSON once more.
func (e *exported) container(t json.Token, v *json.Value) {
	if e.err = e.Budget.Step(); e.err != nil {
		return
	}
	if path := v.Get("fqn").String(); v.Get("__enum__") != nil && path != "" {
		e.imports(t, path, v.Get("name").String())
	}
	if module := v.Get("default_factory_module").String(); module != "" {
		e.imports(t, module+"."+v.Get("default_factory_name").String(), "")
	}
	for i := range v.Items {
		e.container(t, &v.Items[i])
	}
	for i := range v.Members {
		m := &v.Members[i]
		if m.Name == "context" && m.Value.Kind == json.String {
			if inner := e.parsed(m.Value.Text); inner != nil {
				e.container(t, inner)
			}
		}
		e.container(t, &m.Value)
	}
}

// imports judges what loading the program imports, and the element that is taken of
// it, if any. No enumeration has a member that is no name.
func (e *exported) imports(t json.Token, path, element string) {
	called, v, concern := globals.Target(path)
	shown := finding.Quote(called)
	switch root, _, _ := strings.Cut(strings.ReplaceAll(path, ":", "."), "."); {
	case concern == globals.Bad:
		e.note(importsHarm, t, shown, fmt.Sprintf("The program has its loader import %s, which %s.", shown, v.Does()))
	case strings.ContainsAny(element, `./\ (`):
		e.note(importsHarm, t, shown, fmt.Sprintf("The program has its loader take the element %s of %s, which is no name.", finding.Quote(element), shown))
	case root != "torch" && !globals.OfPython(root):
		e.note(importsModule, t, finding.Quote(path), fmt.Sprintf("The program has its loader import %s, which is not part of PyTorch.", finding.Quote(path)))
	}
}

// argument keeps a text that is given to an operator, if it may name a class.
func (e *exported) argument(t json.Token) {
	const cost = 64
	if !strings.Contains(t.Text, ".") || strings.ContainsAny(t.Text, " /\\") {
		return
	}
	if e.err = e.Budget.Hold(uint64(cost + len(t.Text))); e.err == nil {
		e.arguments = append(e.arguments, t)
	}
}

// functions judges the classes that the program calls by their names, once it is known
// that it does.
func (e *exported) functions() {
	for _, t := range e.arguments {
		if e.calls {
			e.imports(t, t.Text, "")
		}
	}
}
