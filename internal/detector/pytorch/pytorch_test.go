package pytorch_test

import (
	"context"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// archive zips members: names and contents in turn.
func archive(members ...string) []byte {
	var all []ziptest.Member
	for i := 0; i < len(members); i += 2 {
		all = append(all, ziptest.Member{Name: members[i], Data: members[i+1], Deflate: strings.HasSuffix(members[i], ".py")})
	}
	return ziptest.Build(all, nil)
}

// script is a TorchScript archive whose code is one method with a body.
func script(body string) []byte {
	return archive("m/data.pkl", "\x80\x02}.", "m/code/__torch__.py",
		"class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    "+body+"\n    return x\n",
		"m/constants.pkl", "\x80\x02).", "m/version", "3\n")
}

// source is a package with one module.
func source(text string) []byte {
	return archive("p/model/model.pkl", "\x80\x02}.", "p/mod.py", text, "p/.data/extern_modules", "torch\n", "p/.data/python_version", "3.11.2", "p/.data/version", "6\n")
}

// opener stands for the detector that opens archives, and tells when one is cut.
var opener = &detector.Detector{
	Name:  "opener",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("PK") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("zip")
		r := p.Reader()
		const end = 22
		if r.Left() < end {
			return r.Fail(1, "cut")
		}
		if r.Skip(uint64(r.Left() - end)); string(r.Peek(4)) != "PK\x05\x06" {
			return r.Fail(1, "cut")
		}
		return nil
	},
}

func TestDetector(t *testing.T) {
	const object = "\x80\x02}."
	so := executabletest.ELF()
	detectortest.Run(t, pytorch.Detector, []detectortest.Case{
		{Name: "state dict", Data: archive("a/data.pkl", object, "a/byteorder", "little", "a/data/0", "0123", "a/version", "3\n", "a/.data/serialization_id", "1")},
		{Name: "TorchScript", Data: script("torch.relu(ops.quantized.linear(__torch__.f.save(x), \"torch.save(x)\"))")},
		{Name: "TorchScript of old", Data: archive("m/version", "2\n", "m/constants.pkl", object, "m/code/m.py", "op_version_set = 1\nimport __torch__.a\ndef f(x): return x\n")},
		{Name: "exported", File: "m.pt2", Data: archive("m/models/model.json", "{}", "m/archive_format", "pt2", "m/archive_version", "0")},
		{Name: "extra files", Data: archive("m/data.pkl", object, "m/version", "3\n", "m/extra/run.py", "import os\n")},
		{Name: "two objects", Data: archive("a/data.pkl", object, "a/version", "3\n", "B/DATA.PKL", object), Want: []string{"torch-several-objects"}},
		{Name: "writes a file", Data: script("torch.save(x, \"poc\")"), Want: []string{"torchscript-reaches-outside"}},
		{Name: "writes a file by a detour", Data: script("t = (torch)\n    f = getattr(t, \"sa\" \"ve\")\n    f(x, \"poc\")"), Want: []string{"torchscript-reaches-outside"}},
		{Name: "maps a file", Data: script("y = ops.aten.from_file(\"/etc/hostname\")"), Want: []string{"torchscript-reaches-outside"}},
		{Name: "opens an address", Data: script("y = __torch__.torch.classes.torchaudio.ffmpeg_StreamReader(\"http://x\")"), Want: []string{"torchscript-reaches-outside"}},
		{Name: "writes a file, mobile", Data: archive("m/data.pkl", object, "m/bytecode.pkl", strings.Repeat("x", 40_000)+"X\x0a\x00\x00\x00aten::save", "m/version", "3\n"),
			Want: []string{"torchscript-reaches-outside"}},
		{Name: "custom operator", Data: script("y = ops.mine.evil(x)"), Want: []string{"torchscript-custom-operator"}},
		{Name: "Python in code", Data: archive("m/version", "3\n", "m/constants.pkl", object, "m/code/x.py", "import os\nos.getcwd()\n"),
			Want: []string{"torchscript-foreign-code"}},
		{Name: "Python that starts a program in code", Data: archive("m/version", "3\n", "m/constants.pkl", object, "m/code/x.py", "import os\nos.system('echo poc')\n"),
			Want: []string{"torchscript-python-code"}},
		{Name: "Python that runs text in code", Data: script("y = eval('echo poc')"), Want: []string{"torchscript-python-code"}},
		{Name: "Python's modules by name in code", Data: script("y = __import__('os').system('echo poc')"), Want: []string{"torchscript-python-code"}},
		{Name: "no Python in code", Data: script("y = 'open"), Unread: true},
		{Name: "package", Data: source("class A:\n  def f(self, m): return m.eval()\n"), Want: []string{"torch-package-code"}},
		{Name: "package that runs", Data: source("import os\nos.system('echo poc')\n"), Want: []string{"torch-package-runs-code"}},
		{Name: "package that runs by a detour", Data: source("from os import *\nX = [__import__('o' + 's')]\nX[0].system('echo poc')\n"), Want: []string{"torch-package-runs-code"}},
		{Name: "package that can", Data: source("import subprocess\ndef f(): subprocess.run('echo poc')\n"), Want: []string{"torch-package-reaches-out"}},
		{Name: "package in a secret alphabet", Data: source("# coding: utf-7\n"), Unread: true},
		{Name: "source astray", Data: archive("a/data.pkl", object, "a/version", "3\n", "a/setup.py", "print()\n"), Want: []string{"torch-stray-source"}},
		{Name: "compiled", File: "m.pt2", Data: archive("m/data/aotinductor/model/x.so", so, "m/archive_format", "pt2", "m/archive_version", "0"),
			Want: []string{"torch-native-code"}},
		{Name: "compiled when it is loaded", File: "m.pt2", Data: archive("m/data/aotinductor/model/x.wrapper.cpp", "int f();", "m/archive_format", "pt2", "m/archive_version", "0"),
			Want: []string{"torch-native-code"}},
		{Name: "program astray", File: "m.pt2", Named: "nothing in the archive tells a model", Data: archive("m/data/weights/w", so), Want: []string{"torch-stray-native-code"}},
	}, opener)
}

// TestElsewhere: zip archives of other kinds are none of its business.
func TestElsewhere(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{pytorch.Detector}, "m.zip", archive("src/setup.py", "import os\n", "src/version", "1", "data.pkl", "x"))
	if len(got.Findings) != 0 || len(got.Formats) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}
