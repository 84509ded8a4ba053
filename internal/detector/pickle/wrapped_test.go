package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// TestWrapped: what stands in the place of a model or a table, and what only keeps
// what it was made with, is judged by what it is given.
func TestWrapped(t *testing.T) {
	linear := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("torch.nn.modules.linear", "Linear").Op(')').NewObj()
	}
	compiled := func(context func(*pickletest.Stream) *pickletest.Stream) []byte {
		return context(linear(call("torch._dynamo.eval_frame", "OptimizedModule"))).Tuple(2).Reduce().Stop()
	}
	context := func(callback func(*pickletest.Stream) *pickletest.Stream) func(*pickletest.Stream) *pickletest.Stream {
		return func(s *pickletest.Stream) *pickletest.Stream {
			return callback(s.Named("torch._dynamo.eval_frame", "OptimizeContext")).Named("contextlib", "nullcontext").Op(0x88).Tuple(3).Reduce()
		}
	}
	converts := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("torch._dynamo.convert_frame", "CatchErrorsWrapper").Op(')').NewObj()
	}
	name := func(module, name string) func(*pickletest.Stream) *pickletest.Stream {
		return func(s *pickletest.Stream) *pickletest.Stream { return s.Named(module, name) }
	}
	matrix := func(s func(*pickletest.Stream) *pickletest.Stream) []byte {
		return s(call("formulaic.model_matrix", "ModelMatrix")).None().Tuple(2).Reduce().Stop()
	}
	table := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("pandas", "DataFrame").Op(')').NewObj()
	}
	writer := call("lightning.pytorch.loggers.csv_logs", "ExperimentWriter")
	// lambda is a function as dill writes it in protocol 2, where bytes are encoded text.
	lambda := pickletest.New(2).Global("dill._dill", "_create_function").Op('(').Global("dill._dill", "_create_code").
		Op('(').Int(0).Int(0).Int(0).Int(0).Int(1).Int(3).Encoded([]byte("\x97\x00d\x01S\x00")).None().Int(0).Tuple(2).Op(')').Op(')').
		Op('t').Reduce().EmptyDict().Op('t').Reduce().Stop()
	// generic is a class with generic ones among its bases, as dill writes it.
	generic := func(fills func(*pickletest.Stream) *pickletest.Stream) []byte {
		s := fills(call("types", "new_class").Op('(').Str("Data").Op(')').EmptyDict().Str("metaclass").Named("builtins", "type").SetItem().
			Named("functools", "partial")).Tuple(1).Reduce()
		return s.Op('(').Named("dill._dill", "_setitems").Op(')').EmptyDict().Str("source").EmptyDict().SetItem().None().Op('t').Build().Op('t').Reduce().Stop()
	}
	// instance takes an attribute of an instance of a class of dill's, filled with it.
	instance := func(attribute string) []byte {
		return call("builtins", "getattr").Named("dill._dill", "_create_type").Op('(').Named("builtins", "type").Str("A").Op(')').EmptyDict().Op('t').Reduce().
			Op(')').NewObj().EmptyDict().Str("filled").Int(1).SetItem().Build().Str(attribute).Tuple(2).Reduce().Stop()
	}
	// rebuilt has numba rebuild an object of a class.
	rebuilt := func(class func(*pickletest.Stream) *pickletest.Stream) []byte {
		return class(call("numba.core.serialize", "custom_rebuild").Named("numba.core.serialize", "_CustomPickled")).EmptyDict().Tuple(2).Reduce().Tuple(1).Reduce().Stop()
	}
	made := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("dill._dill", "_create_type").Op('(').Named("builtins", "type").Str("A").Op(')').EmptyDict().Op('t').Reduce()
	}
	unpickled := func(class func(*pickletest.Stream) *pickletest.Stream) []byte {
		return call("numba.core.serialize", "_unpickle__CustomPickled").Data(class(pickletest.New(4)).EmptyDict().Tuple(2).Stop()).Tuple(1).Reduce().Stop()
	}
	dispatcher := name("numba.core.registry", "CPUDispatcher")
	carried := []string{"pickle-carries-code", "pickle-executes-code"}
	refers, runs, writes := []string{"pickle-dangerous-reference"}, []string{"pickle-executes-code"}, []string{"pickle-writes-files"}
	for _, c := range []struct {
		name   string
		pickle []byte
		want   []string
	}{
		{"compiled model", compiled(context(converts)), nil},
		{"model compiled with settings", call("torch", "_TorchCompileInductorWrapper").Op(')').NewObj().Stop(), []string{"pickle-suspicious-call"}},
		{"model compiled by a command", compiled(name("posix", "system")), append(slices.Clone(refers), runs...)},
		{"model compiled by an unknown function", compiled(name("models", "run")), []string{"pickle-executes-code", "pickle-unknown-import"}},
		{"compiled model that runs a command", compiled(context(name("posix", "system"))), refers},
		{"model matrix", matrix(table), nil},
		{"model matrix of a module", matrix(name("posix", "")), runs},
		{"model matrix of a function", matrix(name("posix", "system")), append(slices.Clone(refers), runs...)},
		{"logger", writer.Op(')').NewObj().Stop(), nil},
		{"logger that makes its directory", call("lightning.pytorch.loggers.csv_logs", "ExperimentWriter").Str("/tmp/m").Tuple(1).Reduce().Stop(), writes},
		{"logger that writes", call("lightning.fabric.loggers.csv_logs", "_ExperimentWriter.save").
			Named("lightning.pytorch.loggers.csv_logs", "ExperimentWriter").Op(')').NewObj().Tuple(1).Reduce().Stop(), writes},
		{"generic class of dill", generic(name("dill._dill", "_setitems")), nil},
		{"class filled by a command", call("types", "new_class").Op('(').Str("Data").Op(')').EmptyDict().Named("posix", "system").Op('t').Reduce().Stop(), runs},
		{"items of a module, set by dill", call("dill._dill", "_setitems").Named("os", "environ").EmptyDict().Tuple(2).Reduce().Stop(), runs},
		{"attribute of an instance of a class that the file makes", instance("x"), carried},
		{"the same, in the place of what it was filled with", instance("filled"), carried},
		{"object of numba", rebuilt(dispatcher), nil},
		{"object of numba, of a class that the file makes", rebuilt(made), runs},
		{"object of numba in bytes", unpickled(dispatcher), nil},
		{"object of numba in bytes, of a class that the file makes", unpickled(made), runs},
		{"property that is kept", call("functools", "cached_property").Op(')').NewObj().Stop(), nil},
		{"function of dill, old protocol", lambda, []string{"pickle-carries-code"}},
	} {
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", c.pickle))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
