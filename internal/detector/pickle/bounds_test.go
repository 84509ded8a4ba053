package pickle_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// padded adds objects that nothing refers to, more than the machine remembers.
func padded(s *pickletest.Stream) *pickletest.Stream {
	for range 300_000 {
		s.EmptyList().Pop()
	}
	return s
}

// TestBounds: a file that has a dangerous thing behind a bound is not called
// clean.
func TestBounds(t *testing.T) {
	p := pickletest.New
	for _, c := range []struct {
		name string
		data []byte
		want string // a finding; none: the file is incomplete
	}{
		{name: "constant behind long computing", data: computing(p(4)).Data(shell).Stop()},
		{name: "source in a dict that was forgotten", data: padded(p(4).Named("torch.fx.graph_module", "reduce_graph_module").
			EmptyDict().Str("_code").Str("import os\nos.system('echo poc')\n").SetItem()).Str("import torch").Tuple(2).Reduce().Stop()},
		{name: "source behind more items than are kept", data: longDict(p(4).Named("torch.fx.graph_module", "reduce_graph_module")).
			Str("import torch").Tuple(2).Reduce().Stop()},
		{name: "method planted in an object that was forgotten", data: padded(p(4).Named("collections", "OrderedDict").Tuple(0).NewObj().
			EmptyDict().Str("__setstate__").Named("builtins", "print").SetItem().Build()).Str("echo poc").Build().Stop()},
		{name: "method planted in a state that was forgotten", data: padded(p(4).EmptyDict().Str("__setstate__").Named("builtins", "print").SetItem().Memoize()).
			Pop().Named("collections", "OrderedDict").Tuple(0).NewObj().Get(0).Build().Str("echo poc").Build().Stop()},
		{name: "pickle of 33 MiB for a loader", want: "pickle-executes-code", data: p(4).Named("torch.storage", "_load_from_bytes").
			Data(append(bytes.Clone(shell), make([]byte, 33<<20)...)).Tuple(1).Reduce().Stop()},
		{name: "the same in a file in memory", want: "pickle-executes-code", data: p(4).Named("torch.storage", "_load_from_bytes").Named("_io", "BytesIO").
			Data(append(bytes.Clone(shell), make([]byte, 33<<20)...)).Tuple(1).Reduce().Tuple(1).Reduce().Stop()},
		{name: "array for a wrapper that was forgotten", data: padded(p(4).Named("joblib.numpy_pickle", "NumpyArrayWrapper").Tuple(0).NewObj()).
			EmptyDict().Build().Stop()},
	} {
		got := detectortest.Scan(all, "model.pkl", c.data)
		switch found := slices.Contains(detectortest.RuleIDs(got), c.want); {
		case c.want != "" && !found:
			t.Errorf("%s: got %v, want %s among them", c.name, detectortest.RuleIDs(got), c.want)
		case c.want == "" && got.Status != audit.Incomplete && got.Reason == "":
			t.Errorf("%s: got %s %v, want it incomplete", c.name, got.Status, detectortest.RuleIDs(got))
		}
	}
}

// longDict adds a dict of more items than are kept, of which the last is source.
func longDict(s *pickletest.Stream) *pickletest.Stream {
	s.EmptyDict().Mark()
	for i := range 40_000 {
		s.Int(int32(i)).None()
	}
	return s.Str("_code").Str("import os\nos.system('echo poc')\n").SetItems()
}

// computing adds calls that take more to compute than is computed.
func computing(s *pickletest.Stream) *pickletest.Stream {
	s.Data(make([]byte, 60_000)).Memoize().Pop()
	for range 600 {
		s.Named("collections", "deque").Named("builtins", "filter").None().Get(0).Tuple(2).Reduce().Tuple(1).Reduce().Pop()
	}
	return s
}

// TestManyFindings: what a rule finds more often than is listed is one finding, and
// hides no other.
func TestManyFindings(t *testing.T) {
	const many = 3000
	s := pickletest.New(4)
	for i := range many {
		s.Named("subprocess", "f"+strconv.Itoa(i)).Tuple(0).Reduce().Pop()
	}
	got := detectortest.Scan(all, "model.pkl", s.Call("os", "system", "echo poc").Stop())
	listed := make(map[string]int)
	for _, f := range got.Findings {
		listed[f.Rule.ID]++
		if f.Key == "further" {
			listed["further"]++
		}
	}
	for rule, n := range listed {
		if n > many/2 {
			t.Errorf("%s: %d findings", rule, n)
		}
	}
	if listed["further"] == 0 || listed["pickle-executes-code"] == 0 {
		t.Errorf("got %v, want one for what is not listed, and the command", listed)
	}
}
