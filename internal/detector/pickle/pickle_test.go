package pickle_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

var (
	shell = pickletest.New(4).Call("os", "system", "echo poc").Stop()
	plain = pickletest.New(4).EmptyDict().Mark().Str("a").Int(1).SetItems().Stop()
)

// graphs is a batch of graphs as PyTorch Geometric pickles it.
func graphs(module, name, graphModule, graphName string) *pickletest.Stream {
	return pickletest.New(4).Named("torch_geometric.data.batch", "DynamicInheritanceGetter").Tuple(0).Reduce().
		Named(module, name).Named(graphModule, graphName).Tuple(2).Reduce()
}

// sentences adds an object that is filled with an address.
func sentences(b *pickletest.Stream) *pickletest.Stream {
	return b.Named("sklearn.pipeline", "Pipeline").Tuple(0).NewObj().EmptyDict().Str("source").Str("http://192.0.2.1/poc").SetItem().Build()
}

// picked adds a module that a function picks out of a list.
func picked(b *pickletest.Stream) *pickletest.Stream {
	return b.Named("statistics", "mode").EmptyList().Named("random", "_os").Append().Tuple(1).Reduce()
}

// query adds a query of polars with a pickled function: an array of numbers in
// MessagePack, of which those from 128 on have a byte in front.
func query(b *pickletest.Stream, function []byte) *pickletest.Stream {
	state := []byte("DSL_VERSION\x18\x00\x00\x00\x81\xa4data\xdc\x00\x40")
	for _, c := range function {
		if c >= 0x80 {
			state = append(state, 0xcc)
		}
		state = append(state, c)
	}
	return b.Named("polars.lazyframe.frame", "LazyFrame").Tuple(0).NewObj().Data(state).Build()
}

func TestDetector(t *testing.T) {
	p := pickletest.New
	detectortest.Run(t, pickle.Detector, []detectortest.Case{
		{Name: "plain", File: "model.pkl", Data: plain},
		{Name: "protocol 0", File: "model.pkl", AnyPrefix: "shorter text is no pickle, and its name says that it should be one",
			Data: pickletest.Raw().Mark().Text('S', "'a'").Text('I', "1").Op('d').Stop()},
		{Name: "system", Data: shell, Want: []string{"pickle-executes-code"}},
		{Name: "text", Data: pickletest.Raw().Global("os", "system").Mark().Text('S', "'echo poc'").TupleFromMark().Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "text of Python 2, blank at its end", Data: pickletest.Raw().Global("os", "system").Mark().Text('S', "'echo poc' \r").TupleFromMark().Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "module patched", Data: p(4).Global("os", "path").EmptyDict().Str("join").None().SetItem().Build().Stop(),
			Want: []string{"pickle-rewrites-code"}},
		{Name: "list of a module, changed by its method", Data: p(4).Named("builtins", "list.insert").Named("xml", "names").Int(0).Str("x").Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-rewrites-code"}},
		{Name: "own list, changed by its method", Data: p(4).Named("builtins", "list.insert").EmptyList().Int(0).Str("x").Tuple(3).Reduce().Stop()},
		{Name: "where Python looks for modules, in an object", Data: p(4).Named("collections", "UserList").Tuple(0).NewObj().EmptyDict().Str("data").Named("sys", "path").
			SetItem().Build().Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "file written", Data: p(4).Call("shutil", "rmtree", "/tmp/poc").Stop(), Want: []string{"pickle-writes-files"}},
		{Name: "loads", Data: p(4).Named("pickle", "loads").Data(plain).Tuple(1).Reduce().Stop(), Want: []string{"pickle-loads-more"}},
		{Name: "file read", Data: p(4).Call("linecache", "getlines", "/tmp/poc").Stop(), Want: []string{"pickle-reads-files"}},
		{Name: "network", Data: p(4).Call("socket", "gethostbyname", "example.org").Stop(), Want: []string{"pickle-uses-network"}},
		{Name: "exit", Data: p(4).Call("sys", "exit", "poc").Stop(), Want: []string{"pickle-disturbs-process"}},
		{Name: "room for bytes", Data: p(4).Named("builtins", "bytes").Int(2_000_000_000).Tuple(1).Reduce().Stop(), Want: []string{"pickle-exhausts"}},
		{Name: "unresolved import_module", Data: p(4).Named("importlib", "import_module").Call("numpy", "char_of", "x").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-calls-indirectly", "pickle-unknown-call"}},
		{Name: "computed name", Data: p(4).Str("os").Call("models", "name_of", "x").StackGlobal().Str("x").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-computed-name", "pickle-unknown-call"}},
		{Name: "reference", Data: p(4).EmptyList().Named("os", "system").Append().Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "array of a class that maps files", Data: p(4).Named("numpy._core.multiarray", "_reconstruct").Named("numpy", "memmap").Int(0).Tuple(1).Data([]byte("b")).Tuple(3).Reduce().Stop()},
		{Name: "array of a class that maps files, by joblib's wrapper", Data: append(p(4).Named("joblib.numpy_pickle", "NumpyArrayWrapper").Tuple(0).NewObj().EmptyDict().Mark().
			Str("subclass").Named("numpy", "memmap").Str("shape").Int(1).Tuple(1).Str("dtype").Call("numpy", "dtype", "u1").SetItems().Build().Bytes(), 0, '.')},
		{Name: "class that maps files, carried", Data: p(4).Named("numpy", "memmap").Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "file mapped", Data: p(4).Call("numpy", "memmap", "/tmp/poc").Stop(), Want: []string{"pickle-writes-files"}},
		{Name: "cookies", Data: p(4).Named("http.cookiejar", "Cookie").Tuple(0).NewObj().EmptyDict().Build().Stop()},
		{Name: "cookies read from a file", Data: p(4).Call("http.cookiejar", "MozillaCookieJar.load", "/tmp/poc").Stop(), Want: []string{"pickle-uses-network"}},
		{Name: "norm of matplotlib", Data: p(4).Named("matplotlib.colors", "_create_empty_object_of_class").Named("matplotlib.colors", "LogNorm").Tuple(1).Reduce().EmptyDict().Build().Stop()},
		{Name: "norm of matplotlib, of another class", Data: p(4).Named("matplotlib.colors", "_create_empty_object_of_class").Named("subprocess", "Popen").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "weights of torchvision, by their address", Data: p(4).Named("torchvision.models.resnet", "ResNet18_Weights").Named("torchvision.models._api", "Weights").Tuple(0).NewObj().
			EmptyDict().Str("url").Str("https://download.pytorch.org/models/x.pth").SetItem().Build().Tuple(1).Reduce().Stop()},
		{Name: "suspicious", Data: p(4).Call("warnings", "simplefilter", "x").Stop(), Want: []string{"pickle-suspicious-call"}},
		{Name: "named tuple of dill", Data: p(4).Named("dill._dill", "_create_namedtuple").Str("NT").Str("a").Tuple(1).Str("__main__").Tuple(3).Reduce().
			Int(1).Tuple(1).NewObj().Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "label of a class", Data: p(4).Named("builtins", "setattr").Named("__main__", "Color").Str("__qualname__").Str("Color").Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-main-name"}},
		{Name: "attribute of a class", Data: p(4).Named("builtins", "setattr").Named("__main__", "Color").Str("run").Str("x").Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-calls-indirectly", "pickle-main-name"}},
		{Name: "code that reads a file", Data: codeObject("types", "CodeType", "open").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "union of types", Data: p(4).Named("functools", "reduce").Named("operator", "or_").Named("builtins", "int").Named("builtins", "str").Tuple(2).
			Tuple(2).Reduce().Stop()},
		{Name: "optional type", Data: p(4).Named("functools", "reduce").Named("operator", "or_").Named("builtins", "int").Named("builtins", "type").None().Tuple(1).Reduce().Tuple(2).
			Tuple(2).Reduce().Stop()},
		{Name: "optional list", Data: p(4).Named("functools", "reduce").Named("operator", "or_").Named("types", "GenericAlias").Named("builtins", "list").Named("builtins", "int").Tuple(1).
			Tuple(2).Reduce().Named("builtins", "type").None().Tuple(1).Reduce().Tuple(2).Tuple(2).Reduce().Stop()},
		{Name: "union of what a function returns", Data: p(4).Named("functools", "reduce").Named("operator", "or_").Named("builtins", "int").Named("models", "make").Tuple(0).Reduce().Tuple(2).
			Tuple(2).Reduce().Stop(), Want: []string{"pickle-calls-indirectly", "pickle-unknown-call"}},
		{Name: "constant of dill", Data: p(4).Call("dill._dill", "_eval_repr", "NotImplemented").Stop()},
		{Name: "expression of dill", Data: p(4).Call("dill._dill", "_eval_repr", "f()").Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "computed expression of dill", Data: p(4).Named("dill._dill", "_eval_repr").Named("models", "make").Tuple(0).Reduce().Tuple(1).Reduce().Stop(), Want: []string{"pickle-executes-code", "pickle-unknown-call"}},
		{Name: "batch of graphs", Data: graphs("torch_geometric.data.batch", "Batch", "torch_geometric.data.data", "Data").Stop()},
		{Name: "batch of unknown graphs", Data: graphs("torch_geometric.data.batch", "Batch", "models", "Molecule").Stop(), Want: []string{"pickle-unknown-import"}},
		{Name: "batch of what starts programs", Data: graphs("torch_geometric.data.batch", "Batch", "subprocess", "Popen").Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "no batch", Data: graphs("models", "Runner", "models", "Molecule").Stop(), Want: []string{"pickle-calls-indirectly", "pickle-unknown-import"}},
		{Name: "method of what a function returns", Data: p(4).Named("operator", "methodcaller").Str("write_text").Str("poc").Tuple(2).Reduce().
			Named("builtins", "max").EmptyList().Call("pathlib", "PosixPath", "poc").Append().Tuple(1).Reduce().Tuple(1).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "what a function hands on, filled", Data: p(4).Named("builtins", "max").EmptyList().Named("models", "Net").Tuple(0).NewObj().Append().Tuple(1).Reduce().
			Mark().Str("x").Op(0x90).Stop(), Want: []string{"pickle-computed-name", "pickle-unknown-class"}},
		{Name: "frame of a generator", Data: p(4).Named("builtins", "getattr").Named("difflib", "ndiff").EmptyList().EmptyList().Tuple(2).Reduce().Str("gi_frame").Tuple(2).Reduce().Stop(),
			Want: []string{"pickle-computed-name"}},
		{Name: "globals of a method", Data: p(4).Named("builtins", "getattr").Named("builtins", "getattr").Named("collections", "UserDict").Tuple(0).NewObj().Str("copy").Tuple(2).Reduce().
			Str("__globals__").Tuple(2).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "attribute of an object", Data: p(4).Named("builtins", "getattr").Named("collections", "UserDict").Tuple(0).NewObj().Str("data").Tuple(2).Reduce().Stop()},
		{Name: "names of a module", Data: p(4).Named("types", "SimpleNamespace").Tuple(0).NewObj().Named("textwrap", "__builtins__").Build().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "method of a path", Data: p(4).Named("builtins", "getattr").Call("pathlib", "PosixPath", "poc").Str("unlink").Tuple(2).Reduce().Stop(),
			Want: []string{"pickle-dangerous-reference"}},
		{Name: "function picked out of what is not known, to be called", Data: p(4).Named("collections", "defaultdict").Named("builtins", "dict.get").Named("models", "TABLE").Str("x").Tuple(2).Reduce().
			Tuple(1).Reduce().Stop(), Want: []string{"pickle-computed-name", "pickle-unknown-import"}},
		{Name: "generic of a generic", Data: p(4).Named("operator", "getitem").Named("typing", "List").Named("operator", "getitem").Named("typing", "Dict").Named("builtins", "str").
			Named("builtins", "int").Tuple(2).Tuple(2).Reduce().Tuple(2).Reduce().Stop()},
		{Name: "method of an object, to be called", Data: p(4).Named("functools", "partial").Named("builtins", "getattr").Named("collections", "UserDict").Tuple(0).NewObj().Str("copy").Tuple(2).Reduce().
			Tuple(1).Reduce().Stop()},
		{Name: "iterator in a list, run by what is not followed", Data: p(4).Named("itertools", "chain.from_iterable").EmptyList().Named("builtins", "map").Named("operator", "attrgetter").Str("unlink").
			Tuple(1).Reduce().EmptyList().Call("pathlib", "PosixPath", "poc").Append().Tuple(2).Reduce().Append().Tuple(1).Reduce().Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "iterated by Python, which opens an address", Data: sentences(p(4).Named("builtins", "list")).Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "iterated by an iterator", Data: sentences(p(4).Named("collections", "deque").Named("itertools", "chain")).Tuple(1).Reduce().Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "iterated in place of arguments", Data: sentences(p(4).Named("builtins", "len")).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "iterated as a pair", Data: sentences(p(4).Named("builtins", "dict").EmptyList()).Append().Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "not iterated", Data: sentences(p(4).EmptyList()).Append().Stop()},
		{Name: "object that is compared by evaluating", Data: p(4).Named("operator", "eq").Named("fontTools.ttLib.tables.otBase", "BaseTable").Tuple(0).NewObj().Int(1).Tuple(2).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "method of an object that holds a command", Data: p(4).Named("models", "Runner.run").Named("models", "Runner").Tuple(0).NewObj().EmptyDict().Str("cmd").Str("echo poc").SetItem().Build().
			Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload", "pickle-unknown-class"}},
		{Name: "module picked out of a list", Data: picked(p(4).Named("builtins", "getattr")).Str("system").Tuple(2).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "number picked out of a list", Data: p(4).Named("statistics", "mode").EmptyList().Int(1).Append().Tuple(1).Reduce().Stop()},
		{Name: "attribute by a name that is put together", Data: p(4).Named("builtins", "getattr").Call("pathlib", "PosixPath", "poc").Named("operator", "add").
			Str("na").Str("me").Tuple(2).Reduce().Tuple(2).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "module of Python's", Data: p(4).Named("random", "_os").Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "function to write with that was picked out", Data: p(4).Named("types", "SimpleNamespace").Tuple(0).NewObj().EmptyDict().Str("write").Named("builtins", "dict.get").Named("models", "TABLE").
			Str("x").Tuple(2).Reduce().SetItem().Build().Stop(), Want: []string{"pickle-computed-name", "pickle-unknown-import"}},
		{Name: "method to write with", Data: p(4).Named("types", "SimpleNamespace").Tuple(0).NewObj().EmptyDict().Str("write").Named("builtins", "getattr").Named("io", "StringIO").Tuple(0).Reduce().
			Str("write").Tuple(2).Reduce().SetItem().Build().Stop()},
		{Name: "query with a function that starts a program", Data: query(p(4), shell).Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "query with a plain pickle", Data: query(p(4), plain).Stop()},
		{Name: "document with hooks that start a program", Data: p(4).Named("spacy.tokens.doc", "unpickle_doc").Named("io", "BytesIO").Data(plain).Tuple(1).Reduce().Data(shell).Data(nil).Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "document", Data: p(4).Named("spacy.tokens.doc", "unpickle_doc").None().Data(plain).Data(nil).Tuple(3).Reduce().Stop()},
		{Name: "method of a pattern, to be called", Data: p(4).Named("functools", "partial").Named("builtins", "getattr").Named("re", "_compile").Str("a").Int(32).Tuple(2).Reduce().Str("match").Tuple(2).Reduce().
			Tuple(1).Reduce().Stop()},
		{Name: "method of an array that writes", Data: p(4).Named("functools", "partial").Named("builtins", "getattr").Named("numpy._core.multiarray", "_reconstruct").Named("numpy", "ndarray").Int(0).Tuple(1).
			Data([]byte("b")).Tuple(3).Reduce().Str("tofile").Tuple(2).Reduce().Str("poc").Tuple(2).Reduce().Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "importer to be called", Data: p(4).Named("difflib", "SequenceMatcher").Named("importlib", "import_module").Str("").EmptyList().Str("poc").Append().Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-computed-name"}},
		{Name: "function to be called", Data: p(4).Named("difflib", "SequenceMatcher").Named("builtins", "len").Str("").EmptyList().Str("poc").Append().Tuple(3).Reduce().Stop()},
		{Name: "translated name", Data: p(4).Named("builtins", "str.translate").Str("MODELS").Named("builtins", "str.maketrans").Str("M").Str("m").
			Tuple(2).Reduce().Tuple(2).Reduce().Str("f").StackGlobal().Tuple(0).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "assembled name", Data: p(4).Named("builtins", "str.lower").Str("MODELS").Tuple(1).Reduce().Str("Net").StackGlobal().Tuple(0).NewObj().Stop(),
			Want: []string{"pickle-computed-name", "pickle-unknown-class"}},
		{Name: "named", Data: p(4).Call("models", "check_output", "x").Stop(), Want: []string{"pickle-dangerous-name"}},
		{Name: "unknown function", Data: p(4).Call("models", "make", "x").Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "address to an unknown function", Data: p(4).Call("models", "make", "http://192.0.2.1/x").Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "bytes for an unknown class", Data: p(4).Named("models", "Runner").Data([]byte("poc")).Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "command for an unknown class", Data: p(4).Named("models", "Runner").Str("echo poc").Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "command to an unknown function", Data: p(4).Call("models", "make", "echo poc").Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "counter of an unknown class", Data: p(4).Named("models", "Counts").EmptyDict().Str("a").Int(2).SetItem().Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "dict of an unknown class", Data: p(4).Named("models", "Lists").Named("builtins", "list").Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "exception of an unknown class", Data: p(4).Named("models", "Failed").Int(3).Str("bad").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "function for an unknown class", Data: p(4).Named("models", "Runner").Named("models", "make").Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call", "pickle-unknown-import"}},
		{Name: "instance made by __new__", Data: p(4).Named("models", "Net.__new__").Named("models", "Net").Str("a path/x").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-class", "pickle-unknown-import"}},
		{Name: "instance made by another's __new__", Data: p(4).Named("models", "Net.__new__").Named("models", "Other").Str("a path/x").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-call", "pickle-unknown-import"}},
		{Name: "instance made by a namesake's __new__", Data: p(4).Named("models", "Net.__new__").Named("others", "Net").Str("a path/x").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-call", "pickle-unknown-import"}},
		{Name: "module for an unknown class", Data: p(4).Named("models", "Runner").Str("os").Str("system").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "numbers for an unknown function", Data: p(4).Named("models", "make").Int(3).Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "path for an unknown class", Data: p(4).Named("models", "Runner").EmptyList().Str("/bin/sh").Append().Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "phase of an unknown class", Data: p(4).Named("models", "Phase").Str("eval").Tuple(1).Reduce().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "importer to a harmless function", Data: p(4).Named("statistics", "median_low").EmptyList().Named("importlib", "import_module").Append().Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-computed-name"}},
		{Name: "importer to an unknown function", Data: p(4).Named("models", "make").Named("importlib", "import_module").Str("a").Tuple(2).Reduce().Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "pickle to an unknown function", Data: p(4).Named("models", "make").Data(shell).Tuple(1).Reduce().Stop(), Want: []string{"pickle-carries-payload", "pickle-unknown-call-payload"}},
		{Name: "program to an unknown function", Data: p(4).Call("models", "make", "import os\nos.system('echo poc')\n").Stop(), Want: []string{"pickle-unknown-call-payload"}},
		{Name: "prose to an unknown function", Data: p(4).Call("models", "make", "test accuracy").Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "words of a command to an unknown function", Data: p(4).Named("models", "make").EmptyList().Mark().Str("/bin/echo").Str("poc").Appends().Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-unknown-call-payload"}},
		{Name: "unknown class", Data: p(4).Named("models", "Net").Tuple(0).NewObj().EmptyDict().Build().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "instance of a package that starts programs", Data: p(4).Named("cmdstanpy.model", "CmdStanModel").Tuple(0).NewObj().Stop()},
		{Name: "call of a package that starts programs", Data: p(4).Named("cmdstanpy.model", "CmdStanModel").Str("m.stan").Tuple(1).Reduce().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "function of sympy", Data: p(4).Named("sympy.core.function", "_rebuild_undef").Str("f").EmptyDict().Tuple(2).Reduce().Str("x").Tuple(1).NewObj().Stop()},
		{Name: "known class of cython", Data: p(4).Named("sklearn._loss._loss", "__pyx_unpickle_CyHuberLoss").Named("sklearn._loss._loss", "CyHuberLoss").Int(1).None().Tuple(3).Reduce().Stop()},
		{Name: "class of cython", Data: p(4).Named("models", "__pyx_unpickle_Net").Named("models", "Net").Int(1).None().Tuple(3).Reduce().Stop(), Want: []string{"pickle-unknown-class", "pickle-unknown-import"}},
		{Name: "unknown import", Data: p(4).Named("models", "Net").Stop(), Want: []string{"pickle-unknown-import"}},
		{Name: "main", Data: p(4).Named("__main__", "Net").Tuple(0).NewObj().EmptyDict().Build().Stop(), Want: []string{"pickle-main-name"}},
		{Name: "extension", Data: p(4).Op(0x82, 7).Stop(), Want: []string{"pickle-extension-code"}},
		{Name: "torn frame", Data: pickletest.New(4).Frame(3).Op('c', []byte("mamarshal\nnothing\n")...).Pop().None().Stop(), Want: []string{"pickle-dangerous-reference", "pickle-torn-frame", "pickle-unknown-import"}},
		{Name: "frame in a frame", Data: p(4).Frame(12).Frame(2).None().Pop().None().Stop(), Want: []string{"pickle-false-frame"}},
		{Name: "frame behind the end", Data: p(4).Frame(1 << 20).None().Stop(), Want: []string{"pickle-false-frame"}},
		{Name: "second protocol", Data: p(4).Op(0x80, 4).None().Stop(), Want: []string{"pickle-spliced"}},
		{Name: "protocol inside", Data: p(4).EmptyList().Op(0x80, 2).None().Append().Stop(), Want: []string{"pickle-spliced"}},
		{Name: "frame out of a frame", File: "data.pkl", Data: frameOutOfFrame(), Want: []string{"pickle-executes-code", "pickle-torn-frame"}},
		{Name: "one unpickler for two pickles", Data: slices.Concat(p(4).Str("os").Memoize().Pop().Str("system").Memoize().Stop(),
			p(4).Get(0).Get(1).StackGlobal().Str("echo poc").Tuple(1).Reduce().Stop()), Want: []string{"pickle-executes-code"}},
		{Name: "one unpickler for two pickles, the second with names of its own", Data: slices.Concat(p(4).Str("os").Memoize().Pop().Str("system").Memoize().Stop(),
			p(4).Str("collections").Memoize().Pop().Str("OrderedDict").Memoize().Pop().Get(0).Get(1).StackGlobal().Str("echo poc").Tuple(1).Reduce().Stop()),
			Want: []string{"pickle-executes-code"}},
		{Name: "one pickler for two objects", AnyPrefix: "the first pickle is whole", Data: slices.Concat(p(4).Named("collections", "OrderedDict").Memoize().Tuple(0).Reduce().Stop(), p(4).Get(0).Tuple(0).Reduce().Stop())},
		{Name: "code", Data: codeObject("types", "CodeType", "abs").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "code that evaluates", Data: codeObject("dill._dill", "_create_code", "eval").Stop(), Want: []string{"pickle-carries-code", "pickle-code-dangerous"}},
		{Name: "code that picks a function by its name", Data: codePicking("os", "system").Stop(), Want: []string{"pickle-carries-code", "pickle-code-dangerous"}},
		{Name: "code that picks another by its name", Data: codePicking("os", "getpid").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "code that reads settings", Data: codeReading("config.json").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "code that reads secrets", Data: codeReading("/etc/shadow").Stop(), Want: []string{"pickle-carries-code", "pickle-code-dangerous"}},
		{Name: "code of a type by name", Data: codeObject("cloudpickle.cloudpickle", "_builtin_type", "eval").Stop(), Want: []string{"pickle-carries-code", "pickle-code-dangerous"}},
		{Name: "code with a name that is decoded", Data: codeOf("types", "CodeType", func(b *pickletest.Stream) { decoded(b, "eval").Tuple(1) }).Stop(), Want: []string{"pickle-carries-code", "pickle-computed-name"}},
		{Name: "function of code", Data: p(4).Call("types", "FunctionType", "f").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "source of a graph", Data: graph("def forward(self, x):\n    return torch.relu(x)\n").Stop(), Want: []string{"pickle-carries-code"}},
		{Name: "dangerous source of a graph", Data: graph("import os\nos.system('echo poc')\n").Stop(), Want: []string{"pickle-carries-code", "pickle-executes-code"}},
		{Name: "expression that runs, in lists", Data: inLists(p(4).Named("sympy.core.add", "Add"), 12, "print('poc')").Tuple(1).NewObj().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "expression that is added", Data: p(4).Named("sympy.algebras.quaternion", "Quaternion").Tuple(0).NewObj().Mark().Str("print('poc')").Op(0x90).Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "expression set as an item", Data: p(4).Named("sympy.matrices.dense", "MutableDenseMatrix").Tuple(0).NewObj().Int(0).Str("print('poc')").SetItem().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "program for a property", Data: p(4).Named("sympy.physics.mechanics.particle", "Particle").Tuple(0).NewObj().None().EmptyDict().Str("mass").
			Str("__import__('os').system('echo poc')").SetItem().Tuple(2).Build().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "name for a property", Data: p(4).Named("sympy.physics.mechanics.particle", "Particle").Tuple(0).NewObj().None().EmptyDict().Str("_name").
			Str("first particle").SetItem().Tuple(2).Build().Stop()},
		{Name: "expression that is decoded", Data: decoded(p(4).Named("sympy.core.add", "Add"), "print('poc')").Tuple(1).NewObj().Stop(),
			Want: []string{"pickle-computed-name"}},
		{Name: "dangerous source of a graph in bytes", Data: p(4).Named("torch.fx.graph_module", "reduce_graph_module").
			EmptyDict().Str("_code").Data([]byte("import os\nos.system('echo poc')\n")).SetItem().Data(nil).Tuple(2).Reduce().Stop(), Want: []string{"pickle-carries-code", "pickle-executes-code"}},
		{Name: "expression that is decoded and taken from what comes of it", Data: p(4).Named("sympy.core.add", "Add").Named("operator", "getitem").
			Named("_codecs", "utf_32_le_decode").Data([]byte("1\x00\x00\x00")).Tuple(1).Reduce().Int(0).Tuple(2).Reduce().Tuple(1).NewObj().Stop(), Want: []string{"pickle-computed-name", "pickle-suspicious-call"}},
		{Name: "distribution with a name that is decoded", Data: decoded(p(4).Named("scipy.stats._continuous_distns", "gamma_gen").Tuple(0).NewObj().EmptyDict(), "_parse_arg_template").
			Str("print('poc')").SetItem().Build().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "distribution whose attributes a function makes", Data: copied(p(4).Named("scipy.stats._continuous_distns", "gamma_gen").Tuple(0).NewObj(), "_parse_arg_template").
			Build().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "distribution with a name that a function chooses", Data: p(4).Named("scipy.stats._continuous_distns", "gamma_gen").Tuple(0).NewObj().EmptyDict().
			Named("builtins", "max").Str("_parse_arg_template").Str("A").Tuple(2).Reduce().Str("print('poc')").SetItem().Build().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "method of an instance whose attributes a function makes", Data: copied(p(4).Named("builtins", "getattr").Named("sklearn.linear_model._base", "LinearRegression").
			Tuple(0).NewObj(), "predict").Build().Str("predict").Tuple(2).Reduce().Str("poc").Tuple(1).Reduce().Stop(), Want: []string{"pickle-computed-name"}},
		{Name: "graph layer of a text that is decoded", Data: decoded(p(4).Named("torch_geometric.inspector", "Inspector").Tuple(0).NewObj().EmptyDict().Str("_modules").EmptyList(), "os").
			Append().SetItem().Build().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "distribution", Data: distribution(scipyTemplate).Stop()},
		{Name: "distribution that runs code", Data: distribution("\nimport os\n" + scipyTemplate).Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "distribution whose default runs code", Data: distribution(strings.Replace(scipyTemplate, "size=None", "size=print()", 1)).Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "symbols", Data: p(4).Named("sympy.core.add", "Add").Int(1).Tuple(1).NewObj().Stop()},
		{Name: "graph layer", Data: p(4).Named("torch_geometric.inspector", "Inspector").Tuple(0).NewObj().EmptyDict().Str("_modules").EmptyList().Str("torch_geometric.typing").Append().SetItem().Build().Stop()},
		{Name: "graph layer that imports code", Data: p(4).Named("torch_geometric.inspector", "Inspector").Tuple(0).NewObj().EmptyDict().Str("_modules").EmptyList().Str("os import *\nsystem('echo poc')").Append().SetItem().Build().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "stream with a state", Data: p(4).Named("pickle", "load").Named("io", "BytesIO").Tuple(0).NewObj().
			Data(shell).Int(0).None().Tuple(3).Build().Tuple(1).Reduce().Stop(), Want: []string{"pickle-executes-code", "pickle-loads-more"}},
		{Name: "torch's own loader", Data: p(4).Named("torch.storage", "_load_from_bytes").Data(shell).Tuple(1).Reduce().Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "module by cloudpickle", Data: p(4).Named("builtins", "getattr").Call("cloudpickle.cloudpickle", "subimport", "os").Str("system").Tuple(2).Reduce().Str("echo poc").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "expression", Data: p(4).Named("sympy.functions.elementary.trigonometric", "sin").Str("x").Tuple(1).NewObj().Stop()},
		{Name: "symbol", Data: p(4).Named("sympy.core.symbol", "Symbol").Str("x_{(1)}").Tuple(1).NewObj().Stop()},
		{Name: "expression that runs", Data: p(4).Named("sympy.functions.elementary.trigonometric", "sin").Str("print('poc')").Tuple(1).NewObj().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "distribution, spaced otherwise", Data: distribution("def _parse_args(self, a, loc=0, scale=1):\n    return (a, ), loc, scale\n\n" +
			"def _parse_args_rvs(self, a, loc=0, scale=1, size=None):\n    return self._argcheck_rvs(a, loc, scale, size=size)\n\n" +
			"def _parse_args_stats(self, a, loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n").Stop()},
		{Name: "distribution with a statement behind", Data: distribution(scipyTemplate + "print('poc')\n").Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "vulnerable function", Data: p(4).Call("torch.jit.annotations", "parse_type_line", "poc").Stop(), Want: []string{"pickle-known-vulnerability"}},
		{Name: "tensor in its storage", File: "data.pkl", Data: tensor(8, 2, 3).Stop()},
		{Name: "tensor behind its storage", File: "data.pkl", Data: tensor(8, 3, 3).Stop(), Want: []string{"pickle-corrupts-memory"}},
		{Name: "objects that their type denies", File: "data.pkl", Data: typeState(elements(pickletest.New(4), "O8"), nil, -1, 0).Build().Stop(), Want: []string{"pickle-false-element-type"}},
		{Name: "item of a tensor", File: "data.pkl", Data: tensor(8, 2, 3).Int(0).Int(1).SetItem().Stop(), Want: []string{"pickle-corrupts-memory"}},
		{Name: "payload kept", File: "model.pkl", Data: p(4).Data(shell).Stop(), Want: []string{"pickle-carries-payload"}},
		{Name: "payload kept by protocol 2", Data: p(2).Encoded(append([]byte{0xff}, shell...)).Stop(),
			Want: []string{"pickle-carries-payload"}},
		{Name: "bytes in a character set", Data: p(2).Named("_codecs", "encode").Str("a").Str("ISO-8859-1").Tuple(2).Reduce().Stop()},
		{Name: "bytes in another codec", Data: p(2).Named("_codecs", "encode").Str("a").Str("rot13").Tuple(2).Reduce().Stop(), Want: []string{"pickle-disturbs-process"}},
		{Name: "universal function", Data: p(4).Named("numpy.core", "_ufunc_reconstruct").Str("scipy.special._ufuncs").Str("erf").Tuple(2).Reduce().Stop()},
		{Name: "universal function of another module", Data: p(4).Named("numpy.core", "_ufunc_reconstruct").Str("numpyro").Str("erf").Tuple(2).Reduce().Stop(), Want: []string{"pickle-calls-indirectly", "pickle-unknown-import"}},
		{Name: "transform of several backends", Data: multimethod("scipy.fft._basic", "fft").Stop()},
		{Name: "function of no such module", Data: multimethod("os", "system").Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "function through such a module", Data: multimethod("scipy.fft._basic", "np.load").Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "function of an unknown module", Data: multimethod("numpyro", "fft").Stop(), Want: []string{"pickle-calls-indirectly", "pickle-unknown-import"}},
		{Name: "tensor by a name", Data: lookUp("data").Stop()},
		{Name: "expression with a name", Data: lookUp("data[0]").Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "name that is not given", Data: lookUp("copyright").Stop(), Want: []string{"pickle-executes-code"}},
		{Name: "function by a name", Data: p(4).Named("builtins", "eval").Str("f").EmptyDict().Str("f").Named("os", "system").SetItem().Tuple(2).Reduce().Str("echo poc").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "side file", File: "model.pkl", Data: sideFile("model.pkl_01.npy").Stop()},
		{Name: "side file elsewhere", File: "model.pkl", Data: sideFile("../../tmp/poc.npy").Stop(), Want: []string{"pickle-side-file-escapes"}},
		{Name: "side file without a name", File: "model.pkl", Data: sideFile("").Stop(), Want: []string{"pickle-side-file-missing"}},
		{Name: "side file by a path", File: "model.pkl", Data: sideFile("/tmp/poc.npy").Stop(), Want: []string{"pickle-side-file-escapes"}},

		{Name: "payload before damage", Data: p(4).Call("os", "system", "echo poc").Op(0xff).Bytes(), Want: []string{"pickle-executes-code"}, Unread: true},
		{Name: "blocks", Data: slices.Concat(plain, make([]byte, 512-len(plain)), p(4).Call("models", "make", "x").Stop()), Want: []string{"pickle-unknown-call"}},
		{Name: "second pickle", Data: slices.Concat(plain, shell), Want: []string{"pickle-executes-code"}},
		{Name: "behind pickles of two bytes, of any name", File: "values", Data: slices.Concat([]byte("N.}.K\x01."), shell), Want: []string{"pickle-executes-code"}},
		{Name: "behind damage", File: "model.pkl", Data: slices.Concat(p(4).None().Op(0xff).Bytes(), shell), Want: []string{"pickle-executes-code"}, Unread: true},
		{Name: "source behind many attributes", Data: crowded(300).Stop(), Want: []string{"pickle-executes-code"}, Heavy: true},
		{Name: "source behind more attributes than are kept", Data: crowded(40_000).Stop(), Want: []string{"pickle-computed-name"}, Heavy: true},
		{Name: "import that runs, behind junk", Data: slices.Concat(plain, []byte("junk, and more of it"), p(2).Global("antigravity", "fly").Op(0, 0xff).Bytes()),
			Want: []string{"pickle-executes-code"}},
		{Name: "behind junk", Data: slices.Concat(plain, []byte("junk, and more of it"), shell), Want: []string{"pickle-executes-code"}},
	})
}

// lookUp evaluates a text as Paddle does for every tensor of a static graph,
// which is called data.
func lookUp(text string) *pickletest.Stream {
	return pickletest.New(4).Named("builtins", "eval").Str(text).EmptyDict().Str("data").Int(1).SetItem().Tuple(2).Reduce()
}

// multimethod is a pickle of a function that SciPy has several backends for.
func multimethod(module, name string) *pickletest.Stream {
	return pickletest.New(4).Named("scipy._lib._uarray._backend", "unpickle_function").Str(module).Str(name).None().Tuple(3).Reduce()
}

// frameOutOfFrame is a pickle whose second frame begins in the first and ends
// behind it: CPython forgets the rest of the first frame if it reads from an
// io.BytesIO, and what the rest says is otherwise all there is.
func frameOutOfFrame() []byte {
	rest := pickletest.Raw().Str("nothing").Stop()
	behind := pickletest.Raw().Call("os", "system", "echo poc").Stop()
	const header = 9 // bytes of FRAME
	return slices.Concat(pickletest.New(4).Frame(header+len(rest)).Frame(len(behind)).Bytes(), rest, behind)
}

// codeObject calls what makes a code object of Python 3.8 that loads one global
// name: a function of the given name, or a type that it returns for "CodeType".
func codeObject(module, function, global string) *pickletest.Stream {
	return codeOf(module, function, func(b *pickletest.Stream) { b.Str(global).Tuple(1) })
}

// codeReading is a code object that opens one of some files.
func codeReading(file string) *pickletest.Stream {
	return codeWith("dill._dill", "_create_code", func(b *pickletest.Stream) { b.Str("open").Tuple(1) },
		func(b *pickletest.Stream) { b.None().Str("a.txt").Str(file).Tuple(2).Tuple(2) })
}

// codePicking is a code object that has a module, and the name of one of its functions.
func codePicking(module, function string) *pickletest.Stream {
	return codeWith("types", "CodeType", func(b *pickletest.Stream) { b.Str(module).Tuple(1) }, func(b *pickletest.Stream) { b.None().Str(function).Tuple(2) })
}

// codeOf is codeObject with names that the last argument adds, as a tuple.
func codeOf(module, function string, names func(*pickletest.Stream)) *pickletest.Stream {
	return codeWith(module, function, names, func(b *pickletest.Stream) { b.None().Tuple(1) })
}

// codeWith is codeOf with constants that the last argument adds, as a tuple.
func codeWith(module, function string, names, constants func(*pickletest.Stream)) *pickletest.Stream {
	const loadGlobal, returnValue = 116, 83
	b := pickletest.New(4).Named(module, function)
	if function == "_builtin_type" {
		b.Str("CodeType").Tuple(1).Reduce()
	}
	b.Mark()
	if function == "_create_code" {
		b.Data([]byte{2, 1}) // dill puts the table of lines of older Pythons first
	}
	for _, n := range []int{0, 0, 0, 0, 1, 67} { // counts of arguments and locals, stack size, flags
		b.Int(int32(n))
	}
	b.Data([]byte{loadGlobal, 0, returnValue, 0})
	constants(b)
	names(b)
	b.Tuple(0) // variables
	b.Str("train.py").Str("f").Int(1).Data(nil).Tuple(0).Tuple(0)
	return b.TupleFromMark().Reduce()
}

// tensor is a tensor of rows by columns, contiguous, in a storage of so many
// elements.
func tensor(elements, rows, columns int32) *pickletest.Stream {
	s := pickletest.New(2).Global("torch._utils", "_rebuild_tensor_v2").Mark()
	s.Mark().Str("storage").Global("torch", "FloatStorage").Str("0").Str("cpu").Int(elements).TupleFromMark().Op('Q')
	s.Int(0).Int(rows).Int(columns).Tuple(2).Int(columns).Int(1).Tuple(2).Op(0x89)
	return s.Global("collections", "OrderedDict").Tuple(0).Reduce().TupleFromMark().Reduce()
}

// scipyTemplate is what scipy keeps for a distribution with one shape, a.
const scipyTemplate = `
def _parse_args(self, a,  loc=0, scale=1):
    return (a, ), loc, scale

def _parse_args_rvs(self, a,  loc=0, scale=1, size=None):
    return self._argcheck_rvs(a,  loc, scale, size=size)

def _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):
    return (a, ), loc, scale, moments
`

// distribution is a distribution of scipy with the source of its methods.
func distribution(source string) *pickletest.Stream {
	return pickletest.New(4).Named("scipy.stats._continuous_distns", "gamma_gen").Tuple(0).NewObj().
		EmptyDict().Str("_parse_arg_template").Str(source).SetItem().Build()
}

// crowded is a distribution with n attributes in front of the source.
func crowded(n int) *pickletest.Stream {
	s := pickletest.New(4).Named("scipy.stats._continuous_distns", "gamma_gen").Tuple(0).NewObj().EmptyDict().Mark()
	for i := range n {
		s.Str("a" + strconv.Itoa(i)).None()
	}
	return s.Str("_parse_arg_template").Str("import os\nos.system('echo poc')").SetItems().Build()
}

// decoded adds a text by a codec that is not followed.
func decoded(s *pickletest.Stream, text string) *pickletest.Stream {
	return s.Named("_codecs", "decode").Data([]byte(text)).Str("cp1252").Tuple(2).Reduce()
}

// copied adds what a function returns that is given a dict of one item.
func copied(s *pickletest.Stream, key string) *pickletest.Stream {
	return s.Named("copy", "copy").EmptyDict().Str(key).Named("builtins", "print").SetItem().Tuple(1).Reduce()
}

// inLists adds a text in lists in each other.
func inLists(s *pickletest.Stream, depth int, text string) *pickletest.Stream {
	for range depth {
		s.EmptyList()
	}
	s.Str(text)
	for range depth {
		s.Append()
	}
	return s
}

// graph is a module of torch.fx, which is saved as its source.
func graph(source string) *pickletest.Stream {
	return pickletest.New(4).Named("torch.fx.graph_module", "reduce_graph_module").
		EmptyDict().Str("_code").Str(source).SetItem().Str("import torch").Tuple(2).Reduce()
}

// TestNotPickles: what only looks like opcodes is not recognised, so that it is
// neither clean nor damaged.
func TestNotPickles(t *testing.T) {
	for name, text := range map[string]string{
		"README.md":   "# A model\n\nUse `os.system` with care.\n",
		"config.json": `{"a": [1, 2]}`,
		"notes.txt":   "collections\nOrderedDict\nand so on\n",
		"Copying":     "Copyright (c) the authors\nNo warranty.\n",
		"vocab.txt":   "V\nN\nI1\n",
		"a.bin":       "\x80\x02\x00\x00\x00\x00",
	} {
		got := detectortest.Scan([]*detector.Detector{pickle.Detector}, name, []byte(text))
		if len(got.Formats) != 0 || len(got.Findings) != 0 {
			t.Errorf("%s: recognised as %v, %d findings", name, got.Formats, len(got.Findings))
		}
	}
}
