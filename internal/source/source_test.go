package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/source"
)

func TestReaches(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "nothing", text: "import torch\nclass H:\n    def handle(self, data):\n        return self.model.eval()\n"},
		{name: "comment and string", text: "# os.system('echo poc')\ns = 'os.system(1)'\n"},
		{name: "on import", text: "import os\nos.system('echo poc')\n", want: "os.system on import"},
		{name: "in a function", text: "import os\ndef handle(data):\n    os.system('echo poc')\n", want: "os.system"},
		{name: "first in a function, then on import", text: "import os\ndef f():\n    os.system('a')\nos.system('b')\n", want: "os.system on import"},
		{name: "by getattr", text: "import os\ngetattr(os, 'sys' + 'tem')('echo poc')\n", want: "os.system on import"},
		{name: "decoded by a function", text: "import base64, os\nos.system(base64.b64decode('ZWNobw==').decode())\n", want: "os.system on import"},
		{name: "decoding", text: "import base64, os, shutil\nx = base64.b64decode(y).decode()\nf().remove(1)\ng().copy()\n"},
		{name: "reading a file", text: "import os\nos.listdir('.')\n"},
	} {
		b := hostiletest.Budget(0)
		_, s, err := source.Read(hostile.Bytes(c.text), int64(len(c.text)), b)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, r := range source.Reaches(s) {
			got = append(got, r.Name()+map[bool]string{true: " on import"}[r.OnImport])
		}
		if fmt.Sprint(strings.Join(got, ", ")) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"# coding: cp037\n", "def f(:\n"} {
		b := hostiletest.Budget(0)
		if _, _, err := source.Read(hostile.Bytes(text), int64(len(text)), b); err == nil {
			t.Errorf("%q is read as Python", text)
		}
	}
}
