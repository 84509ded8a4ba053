package pickle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// imported is a stream that has imported a module by a call and takes an
// attribute of it.
func imported(module, attribute string) *pickletest.Stream {
	return pickletest.New(4).Named("builtins", "getattr").Call("importlib", "import_module", module).Str(attribute).Tuple(2).Reduce()
}

// One cause is one finding, and the way to it is its evidence, in order.
func TestOneFindingForOneCause(t *testing.T) {
	p := pickletest.New
	cases := []struct {
		name     string
		data     []byte
		want     []string // rules
		evidence []string // of the first finding, how each step begins
	}{
		{name: "module imported by a call", data: imported("os", "system").Str("echo poc").Tuple(1).Reduce().Stop(),
			want:     []string{"pickle-executes-code"},
			evidence: []string{"STACK_GLOBAL importlib import_module", "REDUCE importlib.import_module('os')", "REDUCE os system", "REDUCE posix.system('echo poc')"}},
		{name: "nothing comes of it", data: p(4).Call("importlib", "import_module", "json").Stop(), want: []string{"pickle-calls-indirectly"}},
		{name: "nothing to do with each other", data: p(4).Call("importlib", "import_module", "json").Pop().Call("os", "system", "echo poc").Stop(),
			want: []string{"pickle-calls-indirectly", "pickle-executes-code"}},
		{name: "what comes of it is milder", data: imported("warnings", "simplefilter").Int(1).Tuple(1).Reduce().Stop(),
			want: []string{"pickle-calls-indirectly", "pickle-suspicious-call"}},
		{name: "called by another", data: p(4).Named("operator", "call").Named("os", "system").Str("echo poc").Tuple(2).Reduce().Stop(),
			want:     []string{"pickle-executes-code"},
			evidence: []string{"STACK_GLOBAL operator call", "STACK_GLOBAL os system", "REDUCE operator.call(", "REDUCE posix.system('echo poc')"}},
		{name: "method of an object", data: p(4).Named("zipfile", "ZipFile.extractall").Call("zipfile", "ZipFile", "/tmp/poc.zip").Str("/tmp").Tuple(2).Reduce().Stop(),
			want: []string{"pickle-writes-files"}},
		{name: "computed name that is called", data: p(4).Str("os").Call("linecache", "getline", "/tmp/poc").StackGlobal().Str("x").Tuple(1).Reduce().Stop(),
			want: []string{"pickle-computed-name", "pickle-reads-files"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := detectortest.Scan([]*detector.Detector{pickle.Detector}, "model.pkl", c.data)
			if got := detectortest.RuleIDs(f); !slices.Equal(got, c.want) || len(f.Findings) != len(got) {
				t.Fatalf("%s: got %q, want %q, one finding each", c.name, got, c.want)
			}
			found := f.Findings
			for i, want := range c.evidence {
				if i >= len(found[0].Evidence) || !strings.HasPrefix(found[0].Evidence[i].Text, want) {
					t.Errorf("%s: step %d: got %v, want %q", c.name, i, found[0].Evidence, want)
				}
			}
		})
	}
}

// Bytecode tells a reader nothing: the evidence names what it refers to.
func TestCodeIsDescribed(t *testing.T) {
	f := detectortest.Scan([]*detector.Detector{pickle.Detector}, "model.pkl", codeObject("types", "CodeType", "abs").Stop())
	var steps []string
	for _, found := range f.Findings {
		for _, s := range found.Evidence {
			steps = append(steps, s.Text)
		}
	}
	if !slices.ContainsFunc(steps, func(s string) bool {
		return strings.HasPrefix(s, "REDUCE types.CodeType: ") && strings.HasSuffix(s, "which names abs")
	}) {
		t.Errorf("got %q, want a step that names abs", steps)
	}
}
