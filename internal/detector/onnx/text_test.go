package onnx_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	"github.com/modelaudit/modelaudit/internal/rule"
)

func TestText(t *testing.T) {
	const (
		head  = "ir_version: 8\nopset_import { domain: \"\" version: 17 }\n"
		own   = "<ir_version: 8, opset_import: [\"\" : 17]>\n"
		named = "the library knows text by its name"
		any   = "text has no end that could be missing"
	)
	python, escapes := []string{"onnx-python-operator"}, []string{"onnx-external-data-escapes"}
	foreign, bounds := []string{"onnx-custom-domain"}, []string{"onnx-external-data-bounds"}
	function := func(domain string) string {
		return "<domain: \"" + domain + "\", opset_import: [\"\" : 17]>\nMagic (a) => (b) { b = Neg(a) }\n"
	}
	small := func(length string) string {
		return own + "g (float[64] x) => (float[1] y) <float4e2m1[8,4] w = [\"location\": \"w\", \"length\": \"" + length + "\"]> { y = Add(x, w) }\n"
	}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, file, text string
		want             []string
		unread           bool
	}{
		{"honest", "m.textproto", head + "graph { node { input: \"x\" output: \"y\" op_type: \"Identity\" } initializer { dims: 1 data_type: 1 float_data: 1.5 name: \"w\" } }\n", nil, false},
		{"operator of Python", "m.textproto", head + "graph { node { op_type: \"PyOp\" domain: \"ai.onnx.contrib\" } }\n", python, false},
		{"in a branch", "m.pbtxt", head + "graph { node { op_type: \"If\" attribute { name: \"a\" g { node { op_type: \"PyOp\" domain: \"a.b\" } } } } }\n", python, false},
		{"weights elsewhere", "m.prototxt", head + "graph { initializer { dims: 1 data_type: 1 name: \"w\" external_data { key: \"location\" value: \"/etc/passwd\" } data_location: EXTERNAL } }\n", escapes, false},
		{"cut", "m.textproto", "ir_version: 8\ngraph {", nil, true},
		{"ONNX's own syntax", "m.onnxtxt", own + "g (float[1] x) => (float[1] y) { # PyOp\n y = Gemm <alpha: float = 1.0, note = \"PyOp(\"> (x, x) }\n", nil, false},
		{"ONNX's own syntax of Python", "m.onnxtxt", own + "g (float[1] x) => (float[1] y) { y = ai.onnx.contrib.PyOp <module = \"os\"> (x) }\n", python, false},
		{"ONNX's own syntax of Python in a branch", "m.onnxtxt", own + "g (bool c) => (float y) { y = If (c) <then_branch = t () => (float z) { z = a.b.PyOp () }, else_branch = e () => (float z) { z = Constant <value = float {1.0}> () }> }\n", python, false},
		{"ONNX's own syntax with weights elsewhere", "m.onnxtxt", own + "g (float[1] x) => (float[1] y) <float[4] w = [\"location\": \"../../w\", \"length\": \"16\"]> { y = Add(x, w) }\n", escapes, false},
		{"ONNX's own syntax with small numbers elsewhere", "m.onnxtxt", small("16"), nil, false},
		{"ONNX's own syntax with too few small numbers elsewhere", "m.onnxtxt", small("12"), bounds, false},
		{"ONNX's own syntax with a function", "m.onnxtxt", own + "g (float x) => (float y) { y = acme.Magic(x) }\n" + function("acme"), nil, false},
		{"ONNX's own syntax with a function of another domain", "m.onnxtxt", own + "g (float x) => (float y) { y = acme.Magic(x) }\n" + function("acme.other"), foreign, false},
		{"ONNX's own syntax with a function in a text", "m.onnxtxt",
			own + "g (float x) => (float y) { y = acme.Magic <s = \"" + strings.ReplaceAll(function("acme"), `"`, `\"`) + "\"> (x) }\n", foreign, false},
		{"ONNX's own syntax that is cut", "m.onnxtxt", own + "g (float[1] x) => (float[1] y) { y = Identity(x)\n", nil, true},
		{"ONNX's own syntax without a graph", "m.onnxtxt", own, nil, true},
		{"JSON", "m.onnxjson", `{"irVersion": "8", "opsetImport": [{"version": "17"}], "graph": {"node": [{"input": ["x"], "output": ["y"], "opType": "Identity"}]}}`, nil, false},
		{"JSON of Python", "m.onnxjson", `{"irVersion": "8", "opsetImport": [{"version": "17"}], "graph": {"node": [{"opType": "PyOp", "domain": "a.b"}]}}`, python, false},
		{"JSON by its fields", "m.json", `{"ir_version": "8", "opset_import": [{"version": "17"}], "graph": {"node": [{"op_type": "PyOp", "domain": "a.b"}]}}`, python, false},
		{"JSON with the graph first", "m.json", `{"graph": {"node": [{"op_type": "PyOp", "domain": "a.b"}]}, "opset_import": [{"version": "17"}]}`, python, false},
		{"JSON with weights elsewhere", "m.json", `{"irVersion": "8", "opsetImport": [{"version": "17"}], "graph": {"initializer": [{"dims": ["4"], "dataType": 1, "rawData": "AAAA", "name": "w",
			"externalData": [{"key": "location", "value": "/etc/passwd"}], "dataLocation": "EXTERNAL"}]}}`, escapes, false},
		{"JSON with the number of a place", "m.json", `{"irVersion": "8", "opsetImport": [{"version": "17"}], "graph": {"initializer": [{"dims": ["4"], "dataType": 1, "name": "w",
			"externalData": [{"key": "location", "value": "../w"}], "dataLocation": 1e0}]}}`, escapes, false},
		{"JSON that is cut", "m.onnxjson", `{"irVersion": "8", "graph": {"node": [`, nil, true},
		{"JSON whose graph is no message", "m.onnxjson", `{"irVersion": "8", "graph": 1}`, nil, true},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: c.file, Data: []byte(c.text), Want: c.want, Unread: c.unread, Named: named, AnyPrefix: any})
	}
	fire := *onnx.Text // the others fire for models in any form
	fires := []string{python[0], escapes[0], foreign[0], bounds[0]}
	fire.Rules = slices.DeleteFunc(slices.Clone(fire.Rules), func(r *rule.Rule) bool { return !slices.Contains(fires, r.ID) })
	detectortest.Run(t, &fire, cases)
}
