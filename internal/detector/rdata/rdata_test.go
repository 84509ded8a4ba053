package rdata_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/rdata"
	"github.com/modelaudit/modelaudit/internal/finding"
	. "github.com/modelaudit/modelaudit/internal/format/rds/rdstest"
)

func TestDetector(t *testing.T) {
	system := Named("system", Strings("echo poc"))
	detectortest.Run(t, rdata.Detector, []detectortest.Case{
		{Name: "data", File: "m.rds", Data: Object(With(Vector(Reals(3), Strings("system('echo poc')")), "names", Strings("a", "b")))},
		{Name: "model", Data: Object(With(Vector(Named("lm", Symbol("f")), WithFirst(Named("~", Symbol("y"), Symbol("url")), ".Environment", Global),
			Environment("x", Promise(Unbound, Named("eval", Symbol("expr"))))), "class", Strings("lm")))},
		{Name: "function", Data: Object(Closure(Named("{", Named("eval", Symbol("x")), Named("writeLines", Symbol("x")), Named("lapply", Symbol("x"), Symbol("url")))))},
		{Name: "workspace", File: "m.rda", Data: Workspace("m", Reals(2), "f", Closure(Named("sum", Symbol("x"))))},
		{Name: "cut", Data: Object(Reals(3))[:40], Unread: true},
		{Name: "promise", Data: Object(Vector(Promise(Unbound, system))), Want: []string{"r-promise-astray", "r-promise-runs-code"}},
		{Name: "promise in an environment", Data: Object(Environment("x", Promise(Unbound, system))), Want: []string{"r-promise-runs-code"}},
		{Name: "promise of a name", Data: Object(Promise(Unbound, Symbol("x"))), Want: []string{"r-promise-astray"}},
		{Name: "promise that evaluates text", Data: Object(Environment("x", Promise(Unbound, Named("eval", Named("parse", Strings("base::system('echo poc')")))))),
			Want: []string{"r-promise-runs-code"}},
		{Name: "active binding", Data: Object(Active("x", Closure(system))), Want: []string{"r-promise-runs-code"}},
		{Name: "function beside an active binding", Data: Object(Vector(Active("x", Closure(Named("sum", Symbol("x")))), Closure(system))), Want: []string{"r-function-runs-code"}},
		{Name: "text with much before a call", Data: Object(Named("eval", Named("parse", Strings(strings.Repeat("#", 1000)+"\nsystem('echo poc')")))), Want: []string{"r-language-runs-code"}},
		{Name: "call in a package", Data: Object(Call(Named("::", Symbol("base"), Symbol("system2")), Strings("echo"))), Want: []string{"r-language-runs-code"}},
		{Name: "call by a string", Data: Object(Named("do.call", Strings("system"), Named("list", Strings("echo poc")))), Want: []string{"r-language-runs-code"}},
		{Name: "call of what is got", Data: Object(Call(Named("get", Strings("system")), Strings("echo poc"))), Want: []string{"r-language-runs-code"}},
		{Name: "call by a computed name", Data: Object(Environment("x", Promise(Unbound, Named("do.call", Named("paste0", Strings("sys"), Strings("tem")), Strings("echo poc"))))),
			Want: []string{"r-language-runs-code"}},
		{Name: "function got by a computed name", Data: Object(Call(Named("match.fun", Named("paste0", Strings("sys"), Strings("tem"))), Strings("echo poc"))), Want: []string{"r-language-runs-code"}},
		{Name: "promise of what is got by a computed name", Data: Object(Environment("x", Promise(Unbound, Call(Named("get", Named("rev", Strings("metsys"))), Strings("echo poc"))))),
			Want: []string{"r-language-runs-code"}},
		{Name: "promise of a call that is made", Data: Object(Environment("x", Promise(Unbound, Named("eval", Named("call", Strings("system"), Strings("echo poc")))))),
			Want: []string{"r-promise-runs-code"}},
		{Name: "value by a computed name", Data: Object(Named("get", Named("paste0", Strings("x"), Symbol("i"))))},
		{Name: "call that is made of a variable", Data: Object(Environment("x", Promise(Unbound, Named("as.name", Strings("url")))))},
		{Name: "function by a computed name", Data: Object(Closure(Named("do.call", Named("paste0", Strings("predict."), Symbol("x")), Symbol("y"))))},
		{Name: "handed a function", Data: Object(Named("lapply", Strings("echo poc"), Symbol("system"))), Want: []string{"r-language-runs-code"}},
		{Name: "function that runs what is elsewhere", Data: Object(Closure(Named("source", Strings("https://example.org/x.R")))), Want: []string{"r-function-runs-code"}},
		{Name: "function that runs what is here", Data: Object(Closure(Named("source", Strings("setup.R"))))},
		{Name: "function that runs", Data: Object(Closure(system)), Want: []string{"r-function-runs-code"}},
		{Name: "compiled function that runs", Data: Object(Closure(Compiled(Ints(12, 23, 1), Constant(Null), Constant(Symbol("system"))))), Want: []string{"r-function-runs-code"}},
		{Name: "hook", Data: Workspace(".First", Closure(Named("f"))), Want: []string{"r-workspace-hook"}},
		{Name: "mask", Data: Workspace("print", Closure(system)), Want: []string{"r-workspace-hook"}},
		{Name: "mapped file", Data: Object(Mapped("/etc/hostname")), Want: []string{"r-maps-file"}},
		{Name: "bytes behind", Data: append(Object(Reals(1)), "xyz"...), Want: []string{"r-trailing-bytes"}},
	})
}

// TestHandedOn: an object in a raw vector is scanned.
func TestHandedOn(t *testing.T) {
	inner := Object(Named("system", Strings("echo poc")))
	ascii := fmt.Sprintf("A\n3\n262658\n197888\n5\nUTF-8\n24\n%d\n% x\n", len(inner), inner)
	for form, data := range map[string][]byte{"binary": Object(Vector(Raw("plain"), Raw(string(inner)))), "ASCII": []byte(ascii)} {
		got := detectortest.Scan([]*detector.Detector{rdata.Detector}, "m.rds", data)
		if !slices.ContainsFunc(got.Findings, func(f finding.Finding) bool { return slices.Equal(f.Location.Inside, []string{"raw vector"}) }) {
			t.Errorf("%s: nothing was found in the raw vector: %+v", form, got.Findings)
		}
	}
}

// TestTold: strings of either form, and what follows an object, go to whoever
// looks at them.
func TestTold(t *testing.T) {
	const text = "a text of more than twenty bytes"
	long := strings.Repeat(text+" ", 200)
	ascii := func(s string) []byte {
		return []byte(fmt.Sprintf("A\n3\n262658\n197888\n5\nUTF-8\n16\n1\n262153\n%d\n%s\n", len(s), strings.ReplaceAll(s, " ", `\040`)))
	}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "binary", data: append(Object(Strings(text)), "more"...), want: []string{"string: " + text, "bytes behind the object: more"}},
		{name: "binary, long", data: Object(Strings(long)), want: []string{"string: " + long}},
		{name: "ASCII", data: ascii(text), want: []string{"string: " + text}},
		{name: "ASCII, long", data: ascii(long), want: []string{"string: " + long}},
	} {
		if got := detectortest.Told(t, rdata.Detector, "m.rds", c.data); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %.100q, want %.100q", c.name, got, c.want)
		}
	}
}
