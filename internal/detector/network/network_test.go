package network_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/network"
	"github.com/modelaudit/modelaudit/internal/detector/template"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// TestDetector: addresses count where code is, and nowhere else.
func TestDetector(t *testing.T) {
	const hook, plain = "https://discord.com/api/webhooks/1/abc", "https://discord.com/developers/docs/1/abc"
	var cases []detectortest.Case
	for _, c := range []struct{ name, before, after string }{
		{name: "handler.py", before: "import urllib.request\nurllib.request.urlopen('", after: "')\n"},
		{name: "code/model.py", before: "class A:\n  def f(self):\n    '''Documented at length.'''\n    return '", after: "'\n"},
		{name: "setup.sh", before: "# a comment\ncurl -s ", after: " -d x\n"},
		{name: "run", before: "#!/bin/bash\ncurl -s ", after: "\n"},
		{name: "chat_template.jinja", before: "{# a comment #}{{ messages }} ", after: ""},
		{name: "config.json", before: `{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"name": "`, after: `"}}]}}`},
	} {
		cases = append(cases,
			detectortest.Case{Name: c.name, Data: ziptest.Files(c.name, c.before+hook+c.after), Want: []string{"network-address-in-code"}, Heavy: true},
			detectortest.Case{Name: c.name + ", harmless", Data: ziptest.Files(c.name, c.before+plain+c.after), Heavy: true})
	}
	for _, c := range []struct{ name, text string }{
		{name: "handler.py", text: "'''Talks to " + hook + "'''\n# " + hook + "\nx = 1\n"},
		{name: "handler.py", text: "raise ValueError('see https://bit.ly/abc')\n"},
		{name: "setup.sh", text: "# " + hook + "\necho poc\n"},
		{name: "chat_template.jinja", text: "{# " + hook + " #}{{ messages }}"},
		{name: "config.json", text: `{"model_type": "bert", "url": "` + hook + `"}`},
		{name: "README.md", text: "Tell us at " + hook},
		{name: "vocab.json", text: `{"` + hook + `": 1}`},
		{name: "vocab.txt", text: hook + "\nbit.ly\npastebin\n"},
	} {
		cases = append(cases, detectortest.Case{Name: "not in " + c.name, Data: ziptest.Files(c.name, c.text), Heavy: true})
	}
	cases = append(cases, detectortest.Case{Name: "template on disk", File: "chat.jinja", Data: []byte("{{ x }} " + hook), Want: []string{"network-address-in-code"}})
	detectortest.Run(t, network.Detector, cases, archive.Detector, template.Detector)
}
