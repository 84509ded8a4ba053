package executable_test

import (
	"context"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/executable"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

const shell = "#!/bin/sh\necho poc\n"

// opener hands the content of a file "archive" on as a member of the given name.
func opener(member string) *detector.Detector {
	return &detector.Detector{
		Name:  "opener",
		Match: func(h *artifact.Head) bool { return h.Depth == 0 },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("archive")
			return p.Nested(p.File.Member(member, p.File.Content, p.File.Size))
		},
	}
}

func TestDetector(t *testing.T) {
	zipped := func(member, data string) []byte {
		return ziptest.Build([]ziptest.Member{{Name: member, Data: data}}, nil)
	}
	detectortest.Run(t, executable.Detector, []detectortest.Case{
		{Name: "ELF by the name of a model", File: "model.onnx", Data: []byte(executabletest.ELF()), Want: []string{"executable-named-as-model"}},
		{Name: "PE by the name of a model", File: "MODEL.PT2", Named: "a program by itself is none of ours", Data: []byte(executabletest.PE()), Want: []string{"executable-named-as-model"}},
		{Name: "script by the name of a model", File: "model.pkl", Data: []byte(shell), Want: []string{"executable-named-as-model"}},
		{Name: "ELF by the name of data", File: "firmware.bin", Data: []byte(executabletest.ELF()), Want: []string{"executable-named-as-data"}},
		{Name: "ELF by the name of weights", File: "pytorch_model.bin", Data: []byte(executabletest.ELF()), Want: []string{"executable-named-as-model"}},
		{Name: "llamafile", File: "model.llamafile", Data: []byte("MZqFpD='\n"), Want: []string{"model-is-program"}},
		{Name: "ELF in a model", File: "model.pt", Data: zipped("a/x.so", executabletest.ELF()), Want: []string{"executable-in-model"}},
		{Name: "script in a model", File: "model.npz", Named: "scripts in archives that are no models are common", Data: zipped("x", shell), Want: []string{"script-in-model"}},
		{Name: "PE in an archive", File: "model.zip", Data: zipped("x", executabletest.PE()), Want: []string{"executable-in-archive"}},
	}, archive.Detector)
}

func TestPlaces(t *testing.T) {
	elf := executabletest.ELF()
	for _, c := range []struct {
		name, path, member, data, want string
	}{
		{name: "ELF in a model", path: "m.pt", member: "archive/x.so", data: elf, want: "executable-in-model"},
		{name: "ELF in a zip of a model", path: "pytorch_model.bin", member: "archive/x", data: elf, want: "executable-in-model"},
		{name: "WebAssembly in a model", path: "m.keras", member: "x.wasm", data: "\x00asm\x01\x00\x00\x00", want: "executable-in-model"},
		{name: "shell in a model", path: "m.npz", member: "x", data: shell, want: "script-in-model"},
		{name: "Python in a model without", path: "m.keras", member: "x.py", data: "import os\n", want: "script-in-model"},
		{name: "Python in a model that may have it", path: "m.pt", member: "x.py", data: "import os\n"},
		{name: "batch in a model", path: "m.npz", member: "x.BAT", data: "echo poc", want: "script-in-model"},
		{name: "module in a model", path: "m.pt", member: "m/x.py", data: "#!/usr/bin/python\n"},
		{name: "PE in a zip", path: "m.zip", member: "x.exe", data: executabletest.PE(), want: "executable-in-archive"},
		{name: "PE in something", path: "m", member: "x.exe", data: executabletest.PE(), want: "executable-in-archive"},
		{name: "script in a zip", path: "m.zip", member: "x.sh", data: shell},
		{name: "ELF in a wheel", path: "m.whl", member: "x.so", data: elf},
		{name: "model in a wheel", path: "m.whl", member: "x.pt", data: elf, want: "executable-named-as-model"},
		{name: "text in a model", path: "m.pt", member: "x.txt", data: "MZ is not a program"},
	} {
		scanned := detectortest.Scan([]*detector.Detector{opener(c.member), executable.Detector}, c.path, []byte(c.data))
		scanned.Findings = slices.DeleteFunc(scanned.Findings, func(f finding.Finding) bool { return f.Location.Inside == nil })
		got := detectortest.RuleIDs(scanned)
		want := []string{c.want}
		if c.want == "" {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

// TestSilent: programs of a repository are not models.
func TestSilent(t *testing.T) {
	for _, c := range []struct{ name, data string }{
		{"run.sh", shell}, {"tool", executabletest.ELF()}, {"lib.so", executabletest.ELF()}, {"setup.exe", executabletest.PE()}, {"install.bin", shell},
	} {
		got := detectortest.Scan([]*detector.Detector{executable.Detector}, c.name, []byte(c.data))
		if len(got.Findings) != 0 || len(got.Formats) != 0 {
			t.Errorf("%s: got %+v, want nothing", c.name, got)
		}
	}
}
