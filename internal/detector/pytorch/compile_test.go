package pytorch_test

import (
	"encoding/json"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
)

// flags are those of a package of AOTInductor's source, with one member replaced. Each
// case that wants a finding was tried with torch._inductor.aoti_load_package.
func flags(name string, value any) []byte {
	all := map[string]any{
		"compiler": "g++", "definitions": []string{"TORCH_INDUCTOR_CPP_WRAPPER", "CPU_CAPABILITY_AVX512"},
		"include_dirs": []string{"/usr/include/python3.11", "C:/Program Files (x86)/include"}, "cflags": []string{"O3", "ffp-contract=off", "std=c++20"},
		"ldflags": []string{}, "libraries_dirs": []string{"/usr/lib"}, "libraries": []string{"torch", "gomp"},
		"passthrough_args": []string{"", "-mavx512f -mfma -Wl,-rpath,$ORIGIN"}, "aot_mode": true, "compile_only": true,
	}
	if name != "" {
		all[name] = value
	}
	p, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return p
}

func TestCompiled(t *testing.T) {
	want := []string{"torch-compile-runs-command"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, member string
		value        any
		want         []string
	}{
		{name: "as it is written"},
		{name: "a compiler at a place", member: "compiler", value: "/usr/bin/x86_64-linux-gnu-g++-13"},
		{name: "of Windows", member: "compiler", value: `C:\Tools\VC\cl.exe`},
		{name: "another", member: "compiler", value: "clang++-17"},
		{name: "a command in front", member: "compiler", value: "echo poc; g++", want: want},
		{name: "no compiler", member: "compiler", value: "python3", want: want},
		{name: "a compiler of the model's", member: "compiler", value: "./g++", want: want},
		{name: "behind an option", member: "passthrough_args", value: []string{"-O2", "| tee /tmp/poc"}, want: want},
		{name: "within an option", member: "cflags", value: []string{"O3 $(echo poc)"}, want: want},
		{name: "a library", member: "libraries", value: []string{"torch`echo poc`"}, want: want},
		{name: "a plugin", member: "cflags", value: []string{"fplugin=./evil.so"}, want: want},
		{name: "another program", member: "passthrough_args", value: []string{"-wrapper echo,poc"}, want: want},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "a_compile_flags.json", Data: flags(c.member, c.value), Want: c.want})
	}
	detectortest.Run(t, pytorch.Compiled, cases)
}
