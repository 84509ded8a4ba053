package supply_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/supply"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

func TestDetector(t *testing.T) {
	card := func(fields string) string {
		return "---\nlicense: mit\n" + fields + "\n---\n# A model of metallama/x\n"
	}
	name := func(s string) []byte {
		return ziptest.Files("config.json", `{"_name_or_path": "`+s+`", "hidden_size": 4}`)
	}
	wants := func(s string) []byte {
		return ziptest.Files("requirements.txt", "# what it needs\nnumpy==1.26.4\ntorch>=2\n"+s+"\nscikit_learn\n")
	}
	model, alike, elsewhere := []string{"model-name-lookalike"}, []string{"requirement-lookalike"}, []string{"requirement-elsewhere"}
	detectortest.Run(t, supply.Detector, []detectortest.Case{
		{Name: "known owner", Data: name("meta-llama/Llama-3.1-8B")},
		{Name: "owner in other case", Data: name("eleutherai/pythia-70m")},
		{Name: "somebody", Data: name("someone/their-llama")},
		{Name: "a path", Data: name("./metallama/x")},
		{Name: "a path of two parts", Data: name("outputs/checkpoint-500")},
		{Name: "no hyphen", Data: name("metallama/Llama-3.1-8B"), Want: model},
		{Name: "digit for a letter", Data: name("m1crosoft/phi-2")},
		{Name: "one for l", Data: name("meta-1lama/Llama-2-7b"), Want: model},
		{Name: "letter missing", Data: name("sentence-tranformers/all-MiniLM-L6-v2"), Want: model},
		{Name: "swapped", Data: name("mircosoft/phi-2"), Want: model},
		{Name: "card", Data: ziptest.Files("README.md", card("base_model: deepseek-ia/DeepSeek-V3")), Want: model},
		{Name: "list in a card", Data: ziptest.Files("README.md", card("base_model:\n- \"gooogle/gemma-2b\"")), Want: model},
		{Name: "list in brackets", Data: ziptest.Files("README.md", card("base_model: [google/gemma-2b, 'gooogle/gemma-2b'] # two")), Want: model},
		{Name: "card of Windows", Data: ziptest.Files("README.md", "\ufeff---\r\nbase_model: gooogle/gemma-2b\r\n---\r\n"), Want: model},
		{Name: "honest card", Data: ziptest.Files("README.md", card("base_model:\n- google/gemma-2b\ntags:\n- metallama/x"))},
		{Name: "adapter", Data: ziptest.Files("adapter_config.json", `{"base_model_name_or_path": "mistrallai/Mistral-7B-v0.1"}`), Want: model},
		{Name: "usual packages", Data: wants("tensorboardX\ntorchvision\ntransformers[torch]==4.44.0; python_version > '3.8'")},
		{Name: "usual index", Data: wants("--extra-index-url https://download.pytorch.org/whl/cu121")},
		{Name: "repository", Data: wants("git+https://example.org/a/b.git@main"), Want: elsewhere},
		{Name: "address", Data: wants("helper @ https://example.org/helper-1.0-py3-none-any.whl"), Want: elsewhere},
		{Name: "index", Data: wants("--extra-index-url https://packages.example.org/simple"), Want: elsewhere},
		{Name: "index behind a short option", Data: wants("-ihttps://packages.example.org/simple"), Want: elsewhere},
		{Name: "swapped letters", Data: wants("reqeusts==2.0"), Want: alike},
		{Name: "behind a carriage return", Data: wants("torch # pinned\rreqeusts==2.0"), Want: alike},
		{Name: "behind 4 MiB", Data: ziptest.Files("requirements.txt", strings.Repeat("# a comment\n", 400_000)+"reqeusts\n"), Want: alike, Heavy: true},
		{Name: "environment of more than is read", Data: ziptest.Files("conda.yaml", strings.Repeat("# a comment\n", 400_000)+"dependencies:\n- reqeusts\n"), Unread: true, Heavy: true},
		{Name: "in UTF-16", Data: ziptest.Files("requirements.txt", "\xff\xfer\x00e\x00q\x00e\x00u\x00s\x00t\x00s\x00"), Want: alike},
		{Name: "doubled letter", Data: wants("nummpy"), Want: alike},
		{Name: "in conda's list", Data: ziptest.Files("conda.yaml", "dependencies:\n- python=3.10\n- pip:\n  - mlflow\n  - transfomers==4.0\n"), Want: alike},
	}, archive.Detector)
}

func TestLicences(t *testing.T) {
	mit := "Permission is hereby granted, free of charge, to any person obtaining a copy … " +
		"The above copyright notice and this permission notice shall be included in all copies."
	for _, c := range []struct{ file, content, want string }{
		{file: "README.md", content: "---\nlicense: apache-2.0\n---\n", want: "Apache-2.0"},
		{file: "README.md", content: "---\r\nlicense: [agpl-3.0] # whole\r\n---\r\n", want: "AGPL-3.0"},
		{file: "LICENSE", content: mit, want: "MIT"},
		{file: "config.json", content: `{"license": "cc-by-nc-4.0"}`, want: "CC-BY-NC-4.0"},
		{file: "README.md", content: "# MIT\nlicense: MIT\n"},
		{file: "notes.md", content: "---\nlicense: mit\n---\n"},
	} {
		f := detectortest.Scan([]*detector.Detector{supply.Detector}, c.file, []byte(c.content))
		if got := strings.Join(f.Licenses, " "); got != c.want || len(f.Formats) > 0 {
			t.Errorf("%s: got %q %v, want %q", c.file, got, f.Formats, c.want)
		}
	}
}

// TestListsAreApart: no known name is taken for another.
func TestListsAreApart(t *testing.T) {
	for _, known := range []string{"tensorflow", "tensorboard", "torch", "torchvision", "keras", "scipy", "numpy", "pandas", "openai"} {
		f := detectortest.Scan([]*detector.Detector{supply.Detector, archive.Detector}, "m.zip", ziptest.Files("requirements.txt", known+"\n"))
		if len(f.Findings) > 0 {
			t.Errorf("%s: got %+v", known, f.Findings)
		}
	}
}
