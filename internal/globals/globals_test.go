package globals

import (
	"slices"
	"strings"
	"testing"
)

func TestTablesAreSortedAndUnique(t *testing.T) {
	for name, text := range map[string]index{
		"globals.txt": globals, "objects.txt": objects, "surveyed.txt": surveyed,
		"reexports.txt": reexports, "exports.txt": exports, "imported.txt": otherNames, "py2.txt": py2,
	} {
		var keys []string
		for line := range strings.Lines(string(text)) {
			w := strings.SplitN(line, " ", 3)
			if len(w) < 3 {
				t.Errorf("%s: short line %q", name, line)
				continue
			}
			keys = append(keys, w[0]+" "+w[1]+" ")
			if _, ok := key(w[0], w[1]); !ok {
				t.Errorf("%s: %q is longer than what is looked for", name, line)
			}
		}
		if !slices.IsSorted(keys) {
			t.Errorf("%s: not sorted", name)
		}
		for i := 1; i < len(keys); i++ {
			if keys[i] <= keys[i-1] {
				t.Errorf("%s: %q after %q", name, keys[i], keys[i-1])
			}
		}
	}
}

func TestVerdictsAreWellFormed(t *testing.T) {
	for _, tab := range tables {
		for line := range strings.Lines(string(*tab)) {
			w := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
			if len(w) < 4 {
				t.Errorf("short line %q", line)
				continue
			}
			_, ok := classes[w[2]]
			if e := Effect(w[3]); !ok || (w[3] != "-" && e.Does() == "") {
				t.Errorf("class or effect unknown: %q", line)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	for _, tc := range []struct{ module, name, wantModule, wantName string }{
		{"os", "system", "posix", "system"},
		{"numpy", "os.system", "posix", "system"},
		{"pandas", "StringDtype", "pandas.core.arrays.string_", "StringDtype"},             // since pandas 3
		{"numpy.core._multiarray_umath", "scalar", "numpy._core.multiarray", "scalar"},     // by joblib, with numpy 1.16 to 1.18
		{"pandas._libs.tslib", "Timestamp", "pandas._libs.tslibs.timestamps", "Timestamp"}, // before pandas 0.23
		{"types", "SliceType", "builtins", "slice"},                                        // of Python 2
		{"pandas.arrays", "IntegerArray", "pandas.core.arrays.integer", "IntegerArray"},
		{"random", "_os.system", "posix", "system"},
		{"collections", "_sys.exit", "sys", "exit"},
		{"enum", "bltns.eval", "builtins", "eval"},
		{"encodings.bz2_codec", "bz2.open", "bz2", "open"},
		{"unheard.of", "np.load", "numpy", "load"},
		{"statistics", "reduce", "functools", "reduce"},
		{"torch", "serialization.os.system", "posix", "system"},
		{"unheard.of", "_os.popen", "os", "popen"},
		{"ctypes._aix", "Popen", "subprocess", "Popen"},
		{"os.path", "os.system", "posix", "system"},
		{"os", "path.join", "posixpath", "join"},
		{"builtins", "eval.__call__", "builtins", "eval"},
		{"random", "_os", "os", ""},
		{"numpy", "testing", "numpy.testing", ""},
		{"torch", "tensor", "torch", "tensor"},
		{"toolz.functoolz", "Compose.__call__", "toolz.functoolz", "Compose.__call__"},
		{"operator", "attrgetter.__call__", "operator", "attrgetter.__call__"},
		{"numexpr.expressions", "numpy.load", "numpy", "load"},
		{"unheard.of", "torch.load", "torch", "load"},
		{"unheard.of", "partial", "functools", "partial"},
		{"more_itertools.more", "attrgetter", "operator", "attrgetter"},
		{"pip", "_vendor.requests.get", "requests", "get"},
		{"pip._vendor", "requests.get", "requests", "get"},
		{"tensorflow", "keras.models.load_model", "keras.models", "load_model"},
		{"_operator", "attrgetter", "operator", "attrgetter"},
		{"numpy.core.multiarray", "_reconstruct", "numpy._core.multiarray", "_reconstruct"},
		{"pathlib", "PosixPath.unlink", "pathlib", "PosixPath.unlink"},
		{"scipy._lib.array_api_compat.numpy", "save", "numpy", "save"},
		{"numba.types.ctypes", "CDLL", "ctypes", "CDLL"},
		{"tlz", "reduce", "functools", "reduce"},
		{"torch_geometric.profile.utils", "sp.run", "subprocess", "run"},
		{"unheard.of", "osp.os.system", "posix", "system"},
		{"statistics", "mean.__globals__.__getitem__", "statistics", "mean.__globals__.__getitem__"},
	} {
		if m, n := Resolve(tc.module, tc.name); m != tc.wantModule || n != tc.wantName {
			t.Errorf("Resolve(%s, %s) = %s, %s, want %s, %s", tc.module, tc.name, m, n, tc.wantModule, tc.wantName)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		module, name string
		want         Class
	}{
		{"posix", "system", Dangerous},
		{"nt", "system", Dangerous},
		{"subprocess", "Popen.wait", Dangerous},
		{"os", "", Dangerous},
		{"pathlib", "PosixPath.unlink", Dangerous},
		{"pathlib", "PosixPath", Safe},
		{"zipfile", "ZipFile.extractall", Dangerous},
		{"statistics", "mean.__globals__.__getitem__", Dangerous},
		{"collections", "OrderedDict", Safe},
		{"torch._utils", "_rebuild_tensor_v2", Safe},
		{"numpy.core.multiarray", "_reconstruct", Safe},
		{"pip._vendor.requests", "get", Dangerous},
		{"unheard.of", "check_output", Suspicious},
		{"unheard.of", "pythonapi.PyRun_SimpleString", Dangerous},
		{"unheard.of", "_LIB.execl", Dangerous},
		{"torch.storage", "UntypedStorage.from_file", Dangerous},
		{"pyarrow.lib", "Array._import_from_c", Dangerous},
		{"_polars_runtime_32._polars_runtime", "register_plugin_function", Dangerous},
		{"formulaic.parser.parser", "DefaultFormulaParser.FeatureFlags", Safe},
		{"formulaic.parser.parser", "DefaultFormulaParser.FeatureFlags.__class__", Dangerous},
		{"formulaic.parser.parser", "DefaultFormulaParser", Dangerous},
		{"sentence_transformers.util.similarity", "cos_sim", Safe},
		{"sentence_transformers.util.similarity", "torch", Dangerous},
		{"sentence_transformers.util", "http_get", Dangerous},
		{"mlflow.pyfunc.model", "PythonModel", Safe},
		{"mlflow.pyfunc.model", "PythonModel.load_context", Dangerous},
		{"mlflow.pyfunc.model", "_load_pyfunc", Dangerous},
		{"unheard.of", "Thing", Unknown},
	} {
		if got := Lookup(tc.module, tc.name); got.Class != tc.want {
			t.Errorf("Lookup(%s, %s) = %+v, want class %d", tc.module, tc.name, got, tc.want)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		Lookup("sklearn.linear_model._logistic", "LogisticRegression")
	}
}

func TestOn(t *testing.T) {
	for _, tc := range []struct {
		use          Use
		module, name string
		want         Class
	}{
		{Call, "posix", "system", Dangerous},
		{New, "sklearn.linear_model._logistic", "LogisticRegression", Safe},
		{Build, "sklearn.linear_model._logistic", "LogisticRegression", Safe},
		{Call, "sklearn.linear_model._logistic", "LogisticRegression", Unknown},
		{Build, "torch._utils", "", Dangerous},
		{New, "fileinput", "FileInput", Dangerous},
		{SetItem, "dbm.dumb", "_Database", Dangerous},
		{Build, "torch.utils.data.datapipes.datapipe", "_IterDataPipeSerializationWrapper", Dangerous},
		{Build, "xgboost.core", "Booster", Safe},
		{Build, "scipy.stats._continuous_distns", "uniform_gen", Conditional},
		{New, "logging", "FileHandler", Dangerous},
		{New, "wandb.sdk.wandb_config", "Config", Unknown},
		{Call, "wandb.sdk.wandb_config", "Config", Dangerous},
		{New, "subprocess", "Popen", Dangerous},
		{Call, "traceback", "FrameSummary", Dangerous},
		{New, "traceback", "FrameSummary", Safe},
		{Call, "logging", "getLogger", Safe},
		{Build, "logging", "getLogger", Dangerous},
		{Call, "queue", "Queue.get", Dangerous},
		{Call, "bz2", "BZ2Compressor", Safe},
		{Call, "bz2", "BZ2Compressor.compress", Dangerous},
		{Call, "email.utils", "make_msgid", Dangerous},
		{Call, "re", "search", Suspicious},
	} {
		if got := On(tc.use, tc.module, tc.name); got.Class != tc.want {
			t.Errorf("On(%d, %s, %s) = %+v, want class %d", tc.use, tc.module, tc.name, got, tc.want)
		}
	}
}
