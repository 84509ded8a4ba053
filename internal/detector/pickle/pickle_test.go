package pickle_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

var (
	shell = pickletest.New(4).Call("os", "system", "echo poc").Stop()
	plain = pickletest.New(4).EmptyDict().Mark().Str("a").Int(1).SetItems().Stop()
)

func TestDetector(t *testing.T) {
	p := pickletest.New
	detectortest.Run(t, pickle.Detector, []detectortest.Case{
		{Name: "plain", File: "model.pkl", Data: plain},
		{Name: "protocol 0", File: "model.pkl", AnyPrefix: "shorter text is no pickle, and its name says that it should be one",
			Data: pickletest.Raw().Mark().Text('S', "'a'").Text('I', "1").Op('d').Stop()},
		{Name: "system", Data: shell, Want: []string{"pickle-executes-code"}},
		{Name: "text", Data: pickletest.Raw().Global("os", "system").Mark().Text('S', "'echo poc'").TupleFromMark().Reduce().Stop(),
			Want: []string{"pickle-executes-code"}},
		{Name: "module patched", Data: p(4).Global("os", "path").EmptyDict().Str("join").None().SetItem().Build().Stop(),
			Want: []string{"pickle-rewrites-code"}},
		{Name: "file written", Data: p(4).Call("shutil", "rmtree", "/tmp/poc").Stop(), Want: []string{"pickle-writes-files"}},
		{Name: "loads", Data: p(4).Named("pickle", "loads").Data(plain).Tuple(1).Reduce().Stop(), Want: []string{"pickle-loads-more"}},
		{Name: "file read", Data: p(4).Call("linecache", "getlines", "/tmp/poc").Stop(), Want: []string{"pickle-reads-files"}},
		{Name: "network", Data: p(4).Call("socket", "gethostbyname", "example.org").Stop(), Want: []string{"pickle-uses-network"}},
		{Name: "exit", Data: p(4).Call("sys", "exit", "poc").Stop(), Want: []string{"pickle-disturbs-process"}},
		{Name: "unresolved import_module", Data: p(4).Named("importlib", "import_module").Call("numpy", "char_of", "x").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-calls-indirectly", "pickle-unknown-call"}},
		{Name: "computed name", Data: p(4).Str("os").Call("models", "name_of", "x").StackGlobal().Str("x").Tuple(1).Reduce().Stop(),
			Want: []string{"pickle-computed-name", "pickle-unknown-call"}},
		{Name: "reference", Data: p(4).EmptyList().Named("os", "system").Append().Stop(), Want: []string{"pickle-dangerous-reference"}},
		{Name: "suspicious", Data: p(4).Call("models", "check_output", "x").Stop(), Want: []string{"pickle-suspicious-call"}},
		{Name: "unknown function", Data: p(4).Call("models", "make", "x").Stop(), Want: []string{"pickle-unknown-call"}},
		{Name: "unknown class", Data: p(4).Named("models", "Net").Tuple(0).NewObj().EmptyDict().Build().Stop(), Want: []string{"pickle-unknown-class"}},
		{Name: "unknown import", Data: p(4).Named("models", "Net").Stop(), Want: []string{"pickle-unknown-import"}},
		{Name: "main", Data: p(4).Named("__main__", "Net").Tuple(0).NewObj().EmptyDict().Build().Stop(), Want: []string{"pickle-main-name"}},
		{Name: "extension", Data: p(4).Op(0x82, 7).Stop(), Want: []string{"pickle-extension-code"}},
		{Name: "torn frame", Data: pickletest.New(4).Frame(3).Op('c', []byte("mamarshal\nnothing\n")...).Pop().None().Stop(), Want: []string{"pickle-dangerous-reference", "pickle-torn-frame", "pickle-unknown-import"}},
		{Name: "payload kept", File: "model.pkl", Data: p(4).Str(base64.StdEncoding.EncodeToString(shell)).Stop(), Want: []string{"pickle-carries-payload"}},

		{Name: "payload before damage", Data: p(4).Call("os", "system", "echo poc").Op(0xff).Bytes(), Want: []string{"pickle-executes-code"}, Unread: true},
		{Name: "second pickle", Data: slices.Concat(plain, shell), Want: []string{"pickle-executes-code"}},
		{Name: "behind damage", File: "model.pkl", Data: slices.Concat(p(4).None().Op(0xff).Bytes(), shell), Want: []string{"pickle-executes-code"}, Unread: true},
		{Name: "behind junk", Data: slices.Concat(plain, []byte("junk, and more of it"), shell), Want: []string{"pickle-executes-code"}},
	})
}

// TestNotPickles: what only looks like opcodes is not recognised, so that it is
// neither clean nor damaged.
func TestNotPickles(t *testing.T) {
	for name, text := range map[string]string{
		"README.md":   "# A model\n\nUse `os.system` with care.\n",
		"config.json": `{"a": [1, 2]}`,
		"notes.txt":   "collections\nOrderedDict\nand so on\n",
		"Copying":     "Copyright (c) the authors\nNo warranty.\n",
		"vocab.txt":   "V\nN\nI1\n",
		"a.bin":       "\x80\x02\x00\x00\x00\x00",
	} {
		got := detectortest.Scan([]*detector.Detector{pickle.Detector}, name, []byte(text))
		if len(got.Formats) != 0 || len(got.Findings) != 0 {
			t.Errorf("%s: recognised as %v, %d findings", name, got.Formats, len(got.Findings))
		}
	}
}
