package numba_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hidden"
	"github.com/modelaudit/modelaudit/internal/detector/numba"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// cache is what numba writes of a function: its code, and the environment of it,
// of a module.
func cache(kind string, object, llvm []byte) *pickletest.Stream {
	return pickletest.New(4).Op('(').Str("f").Str(kind).Data(object).Data(llvm).Tuple(2).Tuple(3)
}

// environment ends a cache with the environment of its function.
func environment(s *pickletest.Stream, module string) []byte {
	return s.Named("numba.core.environment", "_rebuild_env").Str(module).Op(']').Str("_ZN08NumbaEnv").Tuple(3).Reduce().Op('t').Stop()
}

// float64 is numba's type of that name, made by a function of a module.
func float64(module, name string) *pickletest.Stream {
	return pickletest.New(4).Named("numba.core.types.abstract", "_type_reconstructor").Named(module, name)
}

func TestDetector(t *testing.T) {
	llvm := []byte("BC\xc0\xde5\x14\x00\x00")
	sound := []byte(executabletest.Object("NRT_incref", "sin", "_mysystem"))
	evil := []byte(executabletest.Object("sin", "system"))
	const code, out, hides = "numba-compiled-code", "numba-code-reaches-out", "file-hidden-in-weights"
	reconstructed := float64("copyreg", "_reconstructor").Named("numba.core.types.scalars", "Float").Named("builtins", "object").None().Tuple(3).
		Op('}').Op('(').Str("name").Str("float64").Op('u').Tuple(3).Reduce().Stop()
	detectortest.Run(t, numba.Detector, []detectortest.Case{
		{Name: "cache", File: "m.f-3.py311.1.nbc", Data: environment(cache("object", sound, llvm), "numpy"), Want: []string{code}},
		{Name: "library alone", File: "m.f-3.py311.1.nbc", Data: cache("object", sound, llvm).Stop(), Want: []string{code}},
		{Name: "code that starts a program", File: "m.f-3.py311.1.nbc", Data: environment(cache("object", evil, llvm), "numpy"), Want: []string{out}},
		{Name: "a program", File: "m.f-3.py311.1.nbc", Data: environment(cache("object", []byte(executabletest.ELF()), llvm), "numpy"), Want: []string{hides}},
		{Name: "no bitcode", File: "m.f-3.py311.1.nbc", Data: environment(cache("object", sound, []byte("bits")), "numpy"), Want: []string{hides}},
		{Name: "of another kind", File: "m.f-3.py311.1.nbc", Data: environment(cache("objects", sound, llvm), "numpy"), Want: []string{hides}},
		{Name: "environment of a module that runs code", File: "m.nbc", Data: environment(cache("object", sound, llvm), "antigravity"),
			Want: []string{code, "pickle-executes-code"}},
		{Name: "environment of an unknown module", File: "m.nbc", Data: environment(cache("object", sound, llvm), "models"),
			Want: []string{code, "pickle-unknown-import"}},
		{Name: "type", File: "m.f-3.py311.nbi", Data: reconstructed},
		{Name: "type that is a call", File: "m.f-3.py311.nbi", Data: float64("posix", "system").Str("echo poc").Tuple(1).None().Tuple(3).Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "type of unknown arguments", File: "m.f-3.py311.nbi", Data: float64("models", "make").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-calls-indirectly", "pickle-unknown-import"}},
	}, pickle.Detector, hidden.Detector)
}
