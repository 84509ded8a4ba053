package pytorch_test

import (
	"encoding/json"
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
		{name: "a file", target: "torch.ops.aten.from_file.default", size: size, want: []string{"torchscript-reaches-outside"}},
		{name: "an operator of a library", target: "torch.ops.mine.run.default", size: size, want: []string{"torchscript-custom-operator"}},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "model.json", Data: program(c.target, c.size, c.guards...), Want: c.want})
	}
	cases = append(cases,
		detectortest.Case{Name: "cut", File: "a.json", Data: program(add, size)[:60], Unread: true})
	detectortest.Run(t, pytorch.Exported, cases)
}

// TestNotExported: other documents have members of these names, too.
func TestNotExported(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{pytorch.Exported}, "a.json", []byte(`{"graph_module": "a", "expr_str": "exec(1)"}`))
	if len(got.Formats) > 0 || len(got.Findings) > 0 {
		t.Errorf("got %q, %v, want another document", got.Formats, got.Findings)
	}
}
