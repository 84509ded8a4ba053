package pth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pth"
)

const whole = "a shorter list of directories is a list of directories"

func TestDetector(t *testing.T) {
	detectortest.Run(t, pth.Detector, []detectortest.Case{
		{Name: "directories", File: "easy-install.pth", AnyPrefix: whole, Data: []byte("# made by hand\n/usr/lib/python3/dist-packages\n../src/My Project\n\n./a-1.0.egg\n")},
		{Name: "byte order mark", File: "a.pth", AnyPrefix: whole, Data: []byte("\ufeff/opt/lib\n")},
		{Name: "hook", File: "a.pth", AnyPrefix: whole, Data: []byte("import _virtualenv"), Want: []string{"path-file-runs-code"}},
		{Name: "setuptools", File: "distutils-precedence.pth", AnyPrefix: whole, Want: []string{"path-file-runs-code"},
			Data: []byte("import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; enabled and __import__('_distutils_hack').add_shim(); \n")},
		{Name: "program", File: "a.pth", AnyPrefix: whole, Data: []byte("/opt/lib\nimport os; os.system('echo poc')\n"), Want: []string{"path-file-does-harm"}},
		{Name: "encoded", File: "a.pth", AnyPrefix: whole, Data: []byte("import base64;exec(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ2VjaG8gcG9jJyk='))\n"), Want: []string{"path-file-does-harm"}},
		{Name: "encoded without harm", File: "a.pth", AnyPrefix: whole, Data: []byte("import base64;exec(base64.b64decode('cHJpbnQoMSk='))\n"), Want: []string{"path-file-runs-code"}},
		{Name: "coverage", File: "a1_coverage.pth", AnyPrefix: whole, Want: []string{"path-file-runs-code"},
			Data: []byte(`import sys; exec('import os\n\nif os.getenv("COVERAGE_PROCESS_START"):\n import coverage\n coverage.process_startup(slug="pth")')` + "\n")},
		{Name: "program in a second text", File: "a.pth", AnyPrefix: whole, Data: []byte(`import sys; exec('pass'); exec('import os; os.system("echo poc")')`), Want: []string{"path-file-does-harm"}},
		{Name: "text that is computed, behind one that is not", File: "a.pth", AnyPrefix: whole, Data: []byte(`import sys; exec('pass'); exec(sys.argv[1])`), Want: []string{"path-file-does-harm"}},
		{Name: "behind a tab", File: "a.pth", AnyPrefix: whole, Data: []byte("import\tsubprocess; subprocess.run('echo poc')\n"), Want: []string{"path-file-does-harm"}},
		{Name: "more than is read", File: "a.pth", AnyPrefix: whole, Heavy: true, Data: []byte(strings.Repeat("# a comment\n", 100_000) + "import os; os.system('echo poc')\n"), Unread: true},
		{Name: "no Python", File: "a.pth", AnyPrefix: whole, Data: []byte("import os; ('\n"), Unread: true},
	})
}

// TestElsewhere: what is no list of directories stays unrecognised, as a file
// that is named like a model.
func TestElsewhere(t *testing.T) {
	for name, text := range map[string]string{
		"empty":       "",
		"page":        "<!DOCTYPE html><title>404</title>\n",
		"prose":       "Weights are available on request.\n",
		"json":        "{\"a\": 1}\n",
		"program":     "x = 1\nprint(x)\n",
		"not text":    "a\xff\xfe\n",
		"not at once": "/opt/lib\nfrom os import system; system('echo poc')\n",
	} {
		got := detectortest.Scan([]*detector.Detector{pth.Detector}, "model.pth", []byte(text))
		if !slices.Equal(detectortest.RuleIDs(got), []string{"model-unrecognised"}) {
			t.Errorf("%s: got %v, %s", name, detectortest.RuleIDs(got), got.Status)
		}
	}
}
