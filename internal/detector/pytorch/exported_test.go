package pytorch_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
)

// program is an exported program of one operator, with a size and guards.
func program(target, size string, guards ...string) []byte {
	type object = map[string]any
	value := object{"x": object{"sizes": []any{object{"as_expr": object{"expr_str": size, "hint": nil}}}}}
	p, err := json.Marshal(object{
		"graph_module": object{"graph": object{"nodes": []any{object{"target": target}}, "tensor_values": value}},
		"guards_code":  guards, "range_constraints": object{},
	})
	if err != nil {
		panic(err)
	}
	return p
}

func TestExported(t *testing.T) {
	const (
		add  = "torch.ops.aten.add.Tensor"
		size = "Mul(Integer(3), Symbol('s77', positive=True, integer=True))"
	)
	runs, odd, guard := []string{"torch-export-runs-code"}, []string{"torch-export-odd-expression"}, []string{"torch-export-guard-runs-code"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, target, size string
		guards             []string
		want               []string
	}{
		{name: "plain", target: add, size: size, guards: []string{"L['x'].size()[0] <= 100", "math.trunc(L['x'].size()[1] / 2) == 4"}},
		{name: "as older versions write it", target: "torch.ops.higher_order.cond", size: "Max(1, s0//2) + Mod(2*s0 + 1, 8)**2 - Float('0.5', precision=53)"},
		{name: "a comparison", target: "_operator.add", size: "Eq(s0, 4) & (u0 >= 2) | ~true"},
		{name: "an import", target: add, size: "__import__('os').system('echo poc')", want: runs},
		{name: "subclasses", target: add, size: "().__class__.__base__.__subclasses__()", want: runs},
		{name: "code", target: add, size: "exec('echo')", want: runs},
		{name: "a function of its own", target: add, size: "(lambda f: f(1))(s0)", want: runs},
		{name: "behind a symbol", target: add, size: "Symbol('s0') + 0*eval('1')", want: runs},
		{name: "text for SymPy to evaluate again", target: add, size: "sin(\"__import__('os').system('echo poc')\")", want: odd},
		{name: "an attribute", target: add, size: "s0.free_symbols", want: odd},
		{name: "what Python refuses", target: add, size: "s0 $ 1", want: odd},
		{name: "a guard", target: add, size: size, guards: []string{"L['x'] is None", "__import__('os').system('echo poc')"}, want: guard},
		{name: "a guard that ends its message", target: add, size: size, guards: []string{`'a" + str(f()) + "b'`}, want: guard},
		{name: "and with the other mark", target: add, size: size, guards: []string{`L["x"][" + str(f('a')) + "] == 1`}, want: guard},
		{name: "a guard with names", target: add, size: size, guards: []string{`L['x']['a-b'].size()[0] == 3`, `L["y"] == "z"`}},
		{name: "a file", target: "torch.ops.aten.from_file.default", size: size, want: []string{"torchscript-reaches-outside"}},
		{name: "an operator of a library", target: "torch.ops.mine.run.default", size: size, want: []string{"torchscript-custom-operator"}},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "model.json", Data: program(c.target, c.size, c.guards...), Want: c.want})
	}
	cases = append(cases,
		detectortest.Case{Name: "cut", File: "a.json", Data: program(add, size)[:60], Unread: true})
	cases = append(cases,
		detectortest.Case{Name: "a library by an enumeration", File: "a.json", Want: []string{"torch-export-reaches-out"},
			Data: layout(add, "", "builtins.dict", `[{"__enum__": true, "fqn": "ctypes:cdll", "name": "./evil.so"}]`)},
		detectortest.Case{Name: "an enumeration", File: "a.json", Want: []string{"torch-export-imports-module"},
			Data: layout(add, "", "builtins.dict", `[{"__enum__": true, "fqn": "mine:Kind", "name": "A"}]`)})
	detectortest.Run(t, pytorch.Exported, cases)
}

// layout is an exported program with the layout of its inputs, a dictionary with the
// context, and one operator with a text as its argument.
func layout(target, argument, kind string, context any) []byte {
	type object = map[string]any
	spec, err := json.Marshal([]any{1, object{"type": kind, "context": context, "children_spec": []any{}}})
	if err != nil {
		panic(err)
	}
	p, err := json.Marshal(object{"graph_module": object{
		"graph":             object{"nodes": []any{object{"inputs": []any{object{"arg": object{"as_string": argument}}}, "target": target}}},
		"module_call_graph": []any{object{"fqn": "", "signature": object{"in_spec": string(spec), "out_spec": `[1, {"type": null, "context": null, "children_spec": []}]`}}},
	}})
	if err != nil {
		panic(err)
	}
	return p
}

// TestLayout holds what loading imports. Each case was tried with torch.export.load.
func TestLayout(t *testing.T) {
	type object = map[string]any
	const (
		add  = "torch.ops.aten.add.Tensor"
		call = "torch.export.custom_ops._call_custom_autograd_function_in_pre_dispatch"
		dict = "builtins.dict"
	)
	enum := func(path, name string) string {
		return `["a", {"__enum__": true, "fqn": "` + path + `", "name": "` + name + `"}]`
	}
	standard := func(module, name string) object {
		return object{"default_factory_module": module, "default_factory_name": name, "dict_context": []string{"a"}}
	}
	harm, module := []string{"torch-export-reaches-out"}, []string{"torch-export-imports-module"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, target, argument, kind string
		context                      any
		want                         []string
	}{
		{name: "names", target: add, kind: dict, context: `["x", "y"]`},
		{name: "a list by default", target: add, kind: "collections.defaultdict", context: standard("builtins", "list")},
		{name: "an enumeration of Python", target: add, kind: dict, context: enum("http:HTTPStatus", "OK")},
		{name: "an enumeration of PyTorch", target: add, kind: dict, context: enum("torch.nn.attention:SDPBackend", "MATH")},
		{name: "one of the author's", target: add, kind: dict, context: enum("mine.types:Kind", "A"), want: module},
		{name: "a text that is no class", target: add, argument: "os.system", kind: dict, context: `[]`},
		{name: "a class of the author's", target: call, argument: "mine.ops.Function", kind: dict, context: `[]`, want: module},
		{name: "a class of another kind", target: call, argument: "os.system", kind: dict, context: `[]`, want: harm},
		{name: "a library", target: add, kind: dict, context: enum("ctypes:cdll", "./evil.so"), want: harm},
		{name: "an element that is no name", target: add, kind: dict, context: enum("mine:things", "./evil.so"), want: harm},
		{name: "a module that acts when it is imported", target: add, kind: dict, context: enum("antigravity:x", "A"), want: harm},
		{name: "a function by default", target: add, kind: "collections.defaultdict", context: standard("os", "system"), want: harm},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "model.json", Data: layout(c.target, c.argument, c.kind, c.context), Want: c.want})
	}
	for _, c := range cases {
		got := detectortest.Scan([]*detector.Detector{pytorch.Exported}, c.File, c.Data)
		var rules []string
		for _, f := range got.Findings {
			rules = append(rules, f.Rule.ID)
		}
		if !slices.Equal(rules, c.Want) {
			t.Errorf("%s: got %q, want %q", c.Name, rules, c.Want)
		}
	}
}

// TestNotExported: other documents have members of these names, too.
func TestNotExported(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{pytorch.Exported}, "a.json", []byte(`{"graph_module": "a", "expr_str": "exec(1)"}`))
	if len(got.Formats) > 0 || len(got.Findings) > 0 {
		t.Errorf("got %q, %v, want another document", got.Formats, got.Findings)
	}
}
