package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// call starts a pickle that calls a function of a library.
func call(module, name string) *pickletest.Stream { return pickletest.New(4).Named(module, name) }

// TestLibraries: what libraries rebuild their objects with is followed: it is
// harmless as they write it, and not with what an attacker puts in its place.
func TestLibraries(t *testing.T) {
	list := func(s *pickletest.Stream, text string) *pickletest.Stream { return s.Op(']').Str(text).Op('a') }
	curry := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Op('(').Str("echo poc").Op('t').Op('}').Op(')').None().Op('t').Reduce()
	}
	symbol := func(class string) *pickletest.Stream {
		return call("sympy.stats.rv", "RandomSymbol").Op('(').Named("sympy.core.symbol", class).Str("o|c").Tuple(1).Reduce().Op('t').Reduce()
	}
	runs := []string{"pickle-executes-code"}
	plain := pickletest.New(4).EmptyDict().Stop()
	shell := pickletest.New(4).Call("os", "system", "echo poc").Stop()
	carried := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("dill._dill", "_create_function").Named("dill._dill", "_create_code").Tuple(0).Reduce().Tuple(1).Reduce()
	}
	cached := func() *pickletest.Stream { return carried(call("functools", "lru_cache")).Tuple(1).Reduce() }
	factory := func(s *pickletest.Stream) *pickletest.Stream {
		return carried(s.Named("collections", "defaultdict")).Tuple(1).Reduce()
	}
	class := func(annotation string) *pickletest.Stream {
		return call("abc", "ABCMeta").Op('(').Str("X").Named("pydantic.main", "BaseModel").Tuple(1).
			EmptyDict().Str("__annotations__").EmptyDict().Str("x").Str(annotation).SetItem().SetItem().Op('t').Reduce()
	}
	net := func(attributes []byte) []byte {
		return call("skorch.classifier", "NeuralNetClassifier").Op(')').NewObj().EmptyDict().Str("__cuda_dependent_attributes__").Data(attributes).SetItem().Build().Stop()
	}
	filled := func(module, class, key, text string) []byte {
		return call(module, class).Op(')').NewObj().EmptyDict().Str(key).Str(text).SetItem().Build().Stop()
	}
	made := func(function, name, argument string) []byte {
		return call("operator", function).Str(name).Str(argument).Tuple(2).Reduce().Stop()
	}
	fills := func(s *pickletest.Stream, key string) *pickletest.Stream {
		return s.Op(')').NewObj().EmptyDict().Str(key)
	}
	instance := func(s *pickletest.Stream) *pickletest.Stream {
		return s.Named("dill._dill", "_create_type").Op('(').Named("builtins", "type").Str("A").Named("builtins", "object").Tuple(1).
			EmptyDict().Op('t').Reduce().Op(')').NewObj()
	}
	for _, c := range []struct {
		name   string
		pickle []byte
		want   []string
	}{
		{"pattern of regex", call("regex._regex", "compile").Op('(').Str("a+").Int(32).Op('t').Reduce().Stop(), nil},
		{"sorted by a function", list(call("sortedcontainers.sortedlist", "SortedKeyList"), "a").Named("builtins", "len").Tuple(2).Reduce().Stop(), nil},
		{"sorted by a command", list(call("sortedcontainers.sortedlist", "SortedKeyList"), "echo poc").Named("posix", "system").Tuple(2).Reduce().Stop(), runs},
		{"dict sorted by a command", list(call("sortedcontainers.sorteddict", "SortedDict").Named("posix", "system"), "echo poc").Tuple(2).Reduce().Stop(), runs},
		{"curried function", curry(call("toolz.functoolz", "_restore_curry").Op('(').Named("toolz.functoolz", "curry").Named("builtins", "pow")).Stop(), nil},
		{"curried by another", curry(call("toolz.functoolz", "_restore_curry").Op('(').Named("posix", "system").Str("builtins:pow")).Stop(), runs},
		{"curried and called", curry(call("toolz.functoolz", "_restore_curry").Op('(').Named("toolz.functoolz", "curry").Named("posix", "system")).
			Op(')').Reduce().Stop(), runs},
		{"path of a decorated function", call("toolz.functoolz", "_restore_curry").Op('(').None().Str("posix:system").Op(')').None().None().Op(0x88).Op('t').Reduce().
			Str("echo poc").Tuple(1).Reduce().Stop(), runs},
		{"unit", list(call("astropy.units.core", "_recreate_irreducible_unit").Named("astropy.units.core", "IrreducibleUnit"), "m").Op(0x88).Tuple(3).Reduce().Stop(),
			[]string{"pickle-unknown-class"}},
		{"unit that is a command", call("astropy.units.core", "_recreate_irreducible_unit").Named("posix", "system").Str("echo poc").None().Tuple(3).Reduce().Stop(), runs},
		{"range of dill", call("dill._dill", "_eval_repr").Str("range(0, 3)").Tuple(1).Reduce().Stop(), nil},
		{"expression of dill", call("dill._dill", "_eval_repr").Str("range(0, exit())").Tuple(1).Reduce().Stop(), runs},
		{"method of dill", call("dill._dill", "_getattr").Named("builtins", "str").Str("lower").Str("<method 'lower' of 'str' objects>").Tuple(3).Reduce().Stop(), nil},
		{"module of dill", call("dill._dill", "_getattr").Named("builtins", "str").Str("system").Str("<method 'system' of 'os' objects>").Tuple(3).Reduce().Stop(),
			[]string{"pickle-loads-more"}},
		{"expression in dill's method", call("dill._dill", "_getattr").Named("builtins", "str").Str("lower").Str("'''exit() or str'").Tuple(3).Reduce().Stop(),
			[]string{"pickle-loads-more"}},
		{"time zone of the system", call("dateutil.tz.tz", "tzfile").None().Str("/usr/share/zoneinfo/Europe/Paris").Tuple(2).Reduce().Stop(), nil},
		{"time zone out of there", call("dateutil.tz.tz", "tzfile").None().Str("/usr/share/zoneinfo/../../../etc/passwd").Tuple(2).Reduce().Stop(),
			[]string{"pickle-reads-files"}},
		{"projection", call("pyproj.proj", "Proj").Str("proj=merc a=6378137 nadgrids=@null").Tuple(1).Reduce().Stop(), nil},
		{"projection of a file", call("pyproj.proj", "Proj").Str("init=/tmp/epsg:4326").Tuple(1).Reduce().Stop(), []string{"pickle-reads-files"}},
		{"bytes that a function makes, for torch's loader", mapped(call("torch.storage", "_load_from_bytes"), shell).Tuple(1).Reduce().Stop(), []string{"pickle-loads-more"}},
		{"file in memory, filled by a function, for torch's loader", copied(call("torch.storage", "_load_from_bytes").Named("_io", "BytesIO").Data(plain).Tuple(1).Reduce(), "a").
			Build().Tuple(1).Reduce().Stop(), []string{"pickle-loads-more"}},
		{"bytes that a function makes, for a document", mapped(call("spacy.tokens.doc", "unpickle_doc").None(), shell).None().Tuple(3).Reduce().Stop(),
			[]string{"pickle-computed-name"}},
		{"bytes that a function makes, for a query", mapped(call("polars.lazyframe.frame", "LazyFrame").Op(')').NewObj(), shell).Build().Stop(),
			[]string{"pickle-computed-name"}},
		{"bytes that a query is made of by its own library", call("polars.lazyframe.frame", "LazyFrame").Op(')').NewObj().
			Named("polars.polars", "to_bytes").Tuple(0).Reduce().Build().Stop(), []string{"pickle-unknown-call"}},
		{"signature for a builder of functions", call("numba.np.ufunc.ufuncbuilder", "UFuncBuilder").Op(')').NewObj().EmptyDict().Build().Op('(').Str("exit()").Op(0x90).Stop(), runs},
		{"condition of a field of a font", call("fontTools.ttLib.tables.otTables", "Lookup").Op(')').NewObj().EmptyDict().Str("converters").EmptyList().
			Named("fontTools.ttLib.tables.otConverters", "SimpleValue").Op(')').NewObj().EmptyDict().Str("condition").Str("exit()").SetItem().Build().Append().
			SetItem().Build().EmptyDict().Build().Stop(), runs},
		{"module that is imported as soon as something is asked of it", call("torch._native.utils.lazy", "LazyModule").Str("models").Tuple(1).Reduce().EmptyDict().Build().Stop(),
			[]string{"pickle-calls-indirectly"}},
		{"expression on the other side of an operator", series(call("operator", "mul"), "exit()").Tuple(2).Reduce().Stop(), runs},
		{"name on the other side of an operator", series(call("operator", "mul"), "x").Tuple(2).Reduce().Stop(), nil},
		{"expression in a list that is multiplied", series(call("functools", "reduce").Named("operator", "mul").Op('('), "exit()").Op('l').Tuple(2).Reduce().Stop(),
			[]string{"pickle-calls-indirectly", "pickle-executes-code"}},
		{"expression for an object made by another way", call("operator", "mul").Named("builtins", "object.__new__").Named("sympy.series.formal", "FormalPowerSeries").Tuple(1).Reduce().
			Str("exit()").Tuple(2).Reduce().Stop(), runs},
		{"formula", filled("statsmodels.base.data", "PandasData", "formula", "y ~ np.log(x) + C(z, Treatment(reference='a'))"), nil},
		{"formula that starts a program", filled("statsmodels.base.data", "PandasData", "formula", "y ~ x + I(__import__('os').system('echo poc'))"),
			[]string{"pickle-code-dangerous"}},
		{"term that starts a program", filled("patsy.eval", "EvalFactor", "code", "np.log(x, __import__('os').system('echo poc'))"), []string{"pickle-code-dangerous"}},
		{"term that reaches out", filled("formulaic.parser.types.factor", "Factor", "expr", "().__class__.__base__"), []string{"pickle-code-dangerous"}},
		{"method of what is transformed", made("methodcaller", "toarray", "C"), nil},
		{"method that evaluates what is transformed", made("methodcaller", "eval", "a + b"), []string{"pickle-dangerous-reference"}},
		{"attributes that lead out of what is transformed", made("attrgetter", "shape", "__class__.__base__"), []string{"pickle-dangerous-reference"}},
		{"module of what is transformed", made("attrgetter", "shape", "utils.os"), []string{"pickle-dangerous-reference"}},
		{"function of a module of what is transformed", made("attrgetter", "shape", "utils.os.system"), []string{"pickle-dangerous-reference"}},
		{"command to what is transformed", made("methodcaller", "system", "echo poc"), []string{"pickle-dangerous-reference"}},
		{"method of what dask is given", call("dask.utils", "methodcaller").Str("mean").Tuple(1).Reduce().Stop(), nil},
		{"command to what dask is given", call("dask.utils", "methodcaller").Str("system").Tuple(1).Reduce().Stop(), []string{"pickle-dangerous-reference"}},
		{"function, transforming", fills(call("sklearn.preprocessing._function_transformer", "FunctionTransformer.transform").
			Named("sklearn.preprocessing._function_transformer", "FunctionTransformer"), "func").Named("builtins", "len").SetItem().Build().
			EmptyList().Tuple(2).Reduce().Stop(), []string{"pickle-calls-indirectly"}},
		{"pipeline", fills(call("sklearn.pipeline", "Pipeline"), "steps").EmptyList().Named("operator", "attrgetter").Str("a").Tuple(1).Reduce().Append().SetItem().
			Build().Stop(), nil},
		{"pipeline, transforming", fills(call("sklearn.pipeline", "Pipeline.transform").Named("sklearn.pipeline", "Pipeline"), "steps").
			EmptyList().Named("operator", "attrgetter").Str("a").Tuple(1).Reduce().Append().SetItem().Build().Int(1).Tuple(2).Reduce().Stop(),
			[]string{"pickle-computed-name"}},
		{"module of a library", call("numpy", "testing").Stop(), []string{"pickle-computed-name"}},
		{"module of dill, as dill writes it", call("dill", "_dill").Stop(), nil},
		{"composed functions, called", call("toolz.functoolz", "Compose.__call__").Named("toolz.functoolz", "Compose").Op(')').Reduce().Int(1).Tuple(2).Reduce().Stop(),
			[]string{"pickle-calls-indirectly"}},
		{"function that imports, in a transformation", fills(call("torchvision.transforms.transforms", "Lambda.forward").
			Named("torchvision.transforms.transforms", "Lambda"), "lambd").Named("importlib", "import_module").SetItem().Build().Str("a").Tuple(2).Reduce().Stop(),
			[]string{"pickle-unknown-call-payload"}},
		{"instance of a class of dill", instance(pickletest.New(4)).Stop(), []string{"pickle-carries-code"}},
		{"instance of a class of dill, iterated", instance(call("builtins", "list")).Tuple(1).Reduce().Stop(), []string{"pickle-carries-code", "pickle-executes-code"}},
		{"other names for functions", call("_compat_pickle", "NAME_MAPPING.update").EmptyDict().Tuple(1).Reduce().Stop(), []string{"pickle-disturbs-process"}},
		{"method of a table by its name", call("pandas.core.frame", "DataFrame.agg").Named("pandas", "DataFrame").Op(')').Reduce().Str("to_csv").Tuple(2).Reduce().Stop(), runs},
		{"cache of a function of dill", cached().Stop(), []string{"pickle-carries-code"}},
		{"cache of a function of dill, called", cached().Int(1).Tuple(1).Reduce().Stop(), []string{"pickle-carries-code", "pickle-executes-code"}},
		{"dict that calls a function of dill", factory(pickletest.New(4)).Stop(), []string{"pickle-carries-code"}},
		{"dict that calls a function of dill, taken of", factory(call("operator", "getitem")).Int(1).Tuple(2).Reduce().Stop(), []string{"pickle-carries-code", "pickle-executes-code"}},
		{"cache of another function", call("functools", "lru_cache").Named("models", "run").Tuple(1).Reduce().Stop(), []string{"pickle-calls-indirectly", "pickle-unknown-import"}},
		{"net with attributes", net(plain), nil},
		{"net with a command", net(shell), runs},
		{"class with annotations", class("int").Stop(), []string{"pickle-unknown-import"}},
		{"class with annotations that are calls", class("models.run()").Stop(), []string{"pickle-executes-code", "pickle-unknown-import"}},
		{"symbol", symbol("Symbol").Stop(), nil},
		{"text that is evaluated", call("sympy.stats.rv", "RandomSymbol").Str("o|exit()").Tuple(1).Reduce().Stop(), runs},
	} {
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", c.pickle))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// mapped adds what bytes.translate makes of content, of which each byte is one less.
func mapped(s *pickletest.Stream, content []byte) *pickletest.Stream {
	less, table := make([]byte, len(content)), make([]byte, 256)
	for i, c := range content {
		less[i] = c - 1
	}
	for i := range table {
		table[i] = byte(i + 1)
	}
	return s.Named("builtins", "bytes.translate").Data(less).Data(table).Tuple(2).Reduce()
}

// series adds a series of sympy's, and a text.
func series(s *pickletest.Stream, text string) *pickletest.Stream {
	return s.Named("sympy.series.formal", "FormalPowerSeries").Int(1).Tuple(1).NewObj().Str(text)
}
