package marshal

import (
	"encoding/hex"
	"os/exec"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestOnImport: whether importing a module uses os.system, as every Python at
// hand compiles it.
func TestOnImport(t *testing.T) {
	cases := []struct {
		name, source string
		want         bool
	}{
		{name: "at the top", source: "import os\nos.system('x')", want: true},
		{name: "by another name", source: "from os import system as s\nf = s\nf('x')", want: true},
		{name: "imported alone", source: "from os import system\nimport os\nf = os.system"},
		{name: "function", source: "import os\ndef f():\n    os.system('x')"},
		{name: "called function", source: "import os\ndef f():\n    os.system('x')\nf()", want: true},
		{name: "called by a called function", source: "import os\ndef g():\n    os.system('x')\ndef f():\n    g()\nf()", want: true},
		{name: "called by a function", source: "import os\ndef g():\n    os.system('x')\ndef f():\n    g()"},
		{name: "decorator", source: "import os\ndef d(f):\n    os.system('x')\n    return f\n@d\ndef g(): pass", want: true},
		{name: "body of a class", source: "import os\nclass A:\n    os.system('x')", want: true},
		{name: "initialiser", source: "import os\nclass A:\n    def __init__(self):\n        os.system('x')\nA()", want: true},
		{name: "initialiser that is not called", source: "import os\nclass A:\n    def __init__(self):\n        os.system('x')"},
		{name: "method", source: "import os\nclass A:\n    def go(self):\n        os.system('x')\nA().go()", want: true},
		{name: "comprehension", source: "import os\n[os.system(c) for c in ['x']]", want: true},
		{name: "lambda", source: "import os\n(lambda: os.system('x'))()", want: true},
	}
	found := false
	for _, python := range pythons {
		for _, c := range cases {
			out, err := exec.Command(python, "-c", "import marshal,sys; print(marshal.dumps(compile(sys.argv[1], 'm', 'exec')).hex())", c.source).Output()
			if python == "" || err != nil {
				break
			}
			found = true
			t.Run(python+" "+c.name, func(t *testing.T) {
				if got := uses(t, string(out[:len(out)-1]), "os.system"); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		}
	}
	if !found {
		t.Skip("no python3")
	}
}

// uses reports whether code that runs on import loads a path for more than to
// keep it.
func uses(t *testing.T, dump, path string) bool {
	t.Helper()
	p, err := hex.DecodeString(dump)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Decode(hostiletest.Reader(p))
	if err != nil {
		t.Fatal(err)
	}
	inline, called := v.OnImport(hostiletest.Budget(0))
	for _, c := range append(inline, called...) {
		references, _ := c.References(hostiletest.Budget(0))
		for _, r := range references {
			if r.Path == path && r.Used {
				return true
			}
		}
	}
	return false
}
