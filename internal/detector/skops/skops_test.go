package skops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/skops"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// file is a skops file with the given schema.
func file(schema string) []byte {
	return ziptest.Build([]ziptest.Member{{Name: "schema.json", Data: schema}}, nil)
}

// node is a node of a kind, with further members.
func node(loader, module, class string, more ...string) string {
	return fmt.Sprintf(`{"__class__":%q,"__module__":%q,"__loader__":%q%s}`, class, module, loader, strings.Join(append([]string{""}, more...), ","))
}

// text is a node that holds a string.
func text(s string) string {
	return node("JsonNode", "builtins", "str", fmt.Sprintf(`"content":%q`, `"`+s+`"`), `"is_json":true`)
}

func tuple(items ...string) string {
	return node("TupleNode", "builtins", "tuple", `"content":[`+strings.Join(items, ",")+`]`)
}

func dict(members ...string) string {
	keys := node("ListNode", "builtins", "list", `"content":[`+node("TypeNode", "builtins", "str")+`]`)
	return node("DictNode", "builtins", "dict", `"key_types":`+keys, `"content":{`+strings.Join(members, ",")+`}`)
}

func object(module, class, attrs string) string {
	return node("ObjectNode", module, class, `"content":`+attrs)
}

func generator(bits string) string {
	state := dict(`"bit_generator":`+text(bits), `"state":`+text("1"))
	return node("RandomGeneratorNode", "numpy.random._generator", "Generator", `"content":{"bit_generator":`+state+`,"seed_seq":`+dict()+`}`)
}

func TestDetector(t *testing.T) {
	scaler := object("sklearn.preprocessing._data", "StandardScaler", dict(`"copy":`+text("true")))
	method := func(module, class, of, name string) string {
		return node("MethodNode", module, class, `"content":{"func":"`+name+`","obj":`+of+`}`)
	}
	operator := func(module, class string, args ...string) string {
		return node("OperatorFuncNode", module, class, `"attrs":`+tuple(args...))
	}
	detectortest.Run(t, skops.Detector, []detectortest.Case{
		{Name: "estimator", Data: file(scaler)},
		{Name: "numbers", Data: file(tuple(node("NdArrayNode", "numpy", "float64", `"type":"numpy"`, `"file":"1.npy"`), generator("PCG64")))},
		{Name: "function", Data: file(node("FunctionNode", "numpy", "log1p"))},
		{Name: "operator", Data: file(operator("operator", "methodcaller", text("lower"), text("x")))},
		{Name: "method", Data: file(method("sklearn.preprocessing._data", "StandardScaler", scaler, "transform"))},
		{Name: "operator with texts that are no attributes", Data: file(operator("operator", "itemgetter", text("__globals__")))},
		{Name: "instance of what is made when it is called", Data: file(object("builtins", "dict", dict()))},
		{Name: "a name without a module", Data: file(tuple(`{"__class__":"","__module__":""}`, `{"__class__":"x"}`)), Want: []string{"skops-untrusted-type"}},
		{Name: "two of one type", Data: file(tuple(object("mylib.tools", "Thing", dict()), object("mylib.tools", "Thing", dict()))), Want: []string{"skops-untrusted-type"}},
		{Name: "without a loader", Data: file(`{"__class__":"system","__module__":"os"}`), Want: []string{"skops-dangerous-type"}},
		{Name: "unknown node", Data: file(node("NewNode", "builtins", "int")), Unread: true},
		{Name: "cut", Data: file(scaler[:len(scaler)-1]), Unread: true},
		{Name: "type of keys", Data: file(node("DictNode", "builtins", "dict", `"key_types":`+tuple(node("TypeNode", "os", "system")), `"content":{}`)),
			Want: []string{"skops-dangerous-type"}},
		{Name: "list that is a program", Data: file(node("ListNode", "subprocess", "Popen", `"content":[`+text("echo poc")+`]`)), Want: []string{"skops-dangerous-type"}},
		{Name: "function of protocol 0", Data: file(node("FunctionNode", "numpy", "ufunc", `"content":{"module_path":"os","function":"system"}`)),
			Want: []string{"skops-dangerous-type"}},
		{Name: "partial", Data: file(node("PartialNode", "functools", "partial", `"content":{"func":`+node("FunctionNode", "posix", "system")+`,"args":`+tuple(text("echo poc"))+`}`)),
			Want: []string{"skops-dangerous-type"}},
		{Name: "constructor", Data: file(node("ConstructorFromReduceNode", "builtins", "eval", `"content":`+tuple(text("1")))), Want: []string{"skops-dangerous-type"}},
		{Name: "operator that calls", Data: file(operator("operator", "call", node("TypeNode", "builtins", "int"), text("1"))), Want: []string{"skops-dangerous-type"}},
		{Name: "operator under another name", Data: file(operator("builtins", "itemgetter", text("1"))), Want: []string{"skops-type-confusion"}},
		{Name: "method under another name", Data: file(method("builtins", "str", scaler, "transform")), Want: []string{"skops-type-confusion"}},
		{Name: "generator under another name", Data: file(generator("seed")), Want: []string{"skops-type-confusion"}},
		{Name: "generator that is computed", Data: file(node("RandomGeneratorNode", "numpy.random._generator", "Generator",
			`"content":{"bit_generator":`+dict(`"bit_generator":`+operator("operator", "methodcaller", text("lower"), text("SEED")))+`}`)), Unread: true},
		{Name: "method that does harm", Data: file(method("pathlib", "PosixPath", object("pathlib", "PosixPath", "null"), "unlink")), Want: []string{"skops-dangerous-type"}},
		{Name: "attribute", Data: file(operator("operator", "attrgetter", text("a.__globals__"))), Want: []string{"skops-dangerous-attribute"}},
		{Name: "attribute behind many", Data: file(operator("operator", "attrgetter", tuple(slices.Repeat([]string{text("a")}, 200)...), text("__globals__"))),
			Want: []string{"skops-dangerous-attribute"}},
		{Name: "attribute in other letters", Data: file(operator("operator", "attrgetter", text(`\u005f_globals__`))), Want: []string{"skops-dangerous-attribute"}},
		{Name: "attribute in a list", Data: file(node("OperatorFuncNode", "operator", "attrgetter", `"attrs":{"__class__":"str","__module__":"builtins","__loader__":"JsonNode","content":" [\"__globals__\"]"}`)),
			Want: []string{"skops-dangerous-attribute"}},
		{Name: "attribute of a method", Data: file(method("sklearn.preprocessing._data", "StandardScaler", scaler, "__reduce__")), Want: []string{"skops-dangerous-attribute"}},
		{Name: "somebody's type", Data: file(object("mylib.tools", "Thing", dict())), Want: []string{"skops-untrusted-type"}},
		{Name: "pickle", File: "model.skops", Named: "the pickle detector knows it by content", Data: []byte("\x80\x04N."), Want: []string{"skops-is-pickle"}},
	}, archive.Detector)
}

// TestKnown: a schema is known by what it holds, a pickle by its name and its start,
// and each name is told once.
func TestKnown(t *testing.T) {
	system := node("FunctionNode", "os", "system")
	for _, c := range []struct {
		name, file, data string
		known            bool
		findings         int
	}{
		{name: "one node", file: "schema.json", data: system, known: true, findings: 1},
		{name: "a node twice", file: "x.json", data: tuple(system, system, system), known: true, findings: 1},
		{name: "two nodes", file: "x.json", data: tuple(system, node("FunctionNode", "os", "popen")), known: true, findings: 2},
		{name: "without a loader", file: "x.json", data: `{"__class__":"system","__module__":"os"}`},
		{name: "a loader behind much else", file: "x.json", data: `{"x":"` + strings.Repeat("x", 5000) + `","__loader__":"TupleNode"}`},
		{name: "another schema", file: "x.json", data: `{"type":"object","__loader__x":1,"y":"\"__loader__\""}`},
		{name: "a class alone", file: "x.json", data: `{"__class__":"x","y":{"__loader__":"TupleNode"}}`},
		{name: "a module alone", file: "x.json", data: `{"__module__":"x","y":{"__loader__":"TupleNode"}}`},
		{name: "a class and a module", file: "x.json", data: `{"__class__":"dict","__module__":"builtins","y":{"__loader__":"TupleNode"}}`, known: true},
		{name: "no JSON", file: "x.json", data: `"__loader__`},
		{name: "a pickle", file: "m.skops", data: "\x80\x05N.", known: true, findings: 1},
		{name: "a pickle of another time", file: "m.skops", data: "\x80\x06N."},
		{name: "no pickle", file: "m.skops", data: "\x81\x05N."},
		{name: "the start of a pickle", file: "m.skops", data: "\x80\x05"},
		{name: "a pickle by another name", file: "m.pkl", data: "\x80\x05N."},
	} {
		got := detectortest.Scan([]*detector.Detector{skops.Detector}, c.file, []byte(c.data))
		found := slices.DeleteFunc(got.Findings, func(f finding.Finding) bool { return f.Rule.Unread })
		if slices.Contains(got.Formats, "skops") != c.known || len(found) != c.findings {
			t.Errorf("%s: got %v and %d findings, want %v and %d", c.name, got.Formats, len(found), c.known, c.findings)
		}
	}
}
