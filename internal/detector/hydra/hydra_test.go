package hydra_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hydra"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
)

const (
	honest = `
target: nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE
preprocessor:
  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
  sample_rate: &rate 16000
encoder: {_target_: nemo.collections.asr.modules.ConformerEncoder, rate: *rate}
optim:
  _target_: torch.optim.AdamW
labels: ["_target_", "os.system"]
`
	prefix = "a prefix of YAML is YAML"
)

func nemo(config string) []byte {
	return tartest.Build(tartest.Member{Name: "./model_config.yaml", Data: config})
}

func TestDetector(t *testing.T) {
	runs, unknown, computed, tagged := []string{"hydra-target-runs-code"}, []string{"nemo-target-unknown"}, []string{"hydra-target-computed"}, []string{"yaml-runs-code"}
	object, reference := []string{"yaml-python-object"}, []string{"yaml-python-name"}
	detectortest.Run(t, hydra.Detector, []detectortest.Case{
		{Name: "NeMo", File: "m.nemo", Data: nemo(honest)},
		{Name: "Hydra on disk", File: "conf.yaml", Data: []byte("model:\n  _target_: mine.Model\n"), AnyPrefix: prefix},
		{Name: "dangerous", File: "m.nemo", Data: nemo("a:\n  _target_: os.system\n  command: echo poc\n"), Want: runs},
		{Name: "dangerous on disk", File: "conf.yml", Data: []byte("a: {_target_: subprocess.check_output}\n"), Want: runs},
		{Name: "HyperPyYAML calls", File: "hyperparams.yaml", Data: []byte("a: !apply:os.system [echo poc]\n"), Want: runs},
		{Name: "HyperPyYAML instantiates", File: "hyperparams.yaml", Data: []byte("a: !new:subprocess.Popen\n  args: [id]\n"), Want: runs},
		{Name: "HyperPyYAML names", File: "hyperparams.yaml", Data: []byte("a: !name:os.system\n"), Want: runs},
		{Name: "by a detour", File: "m.nemo", Data: nemo("a: {_target_: torch.utils.collect_env.run, command: echo poc}\n"), Want: runs},
		{Name: "in a list of lists", File: "m.nemo", Data: nemo("- - - _target_: builtins.eval\n"), Want: runs},
		{Name: "escaped key", File: "m.nemo", Data: nemo("a: {\"\\x5ftarget_\": 'os.system'}\n"), Want: runs},
		{Name: "behind an alias", File: "m.nemo", Data: nemo("a: &t os.system\nb: {_target_: *t}\n"), Want: runs},
		{Name: "key behind an alias", File: "m.nemo", Data: nemo("a: &k _target_\nb: {*k : os.system}\n"), Want: runs},
		{Name: "in a second document", File: "m.nemo", Data: nemo("a: 1\n---\nb: {_target_: os.system}\n"), Want: runs},
		{Name: "interpolated", File: "m.nemo", Data: nemo("m: {x: os, y: system}\nb: {_target_: '${m.x}.${m.y}'}\n"), Want: runs},
		{Name: "the model's class", File: "m.nemo", Data: nemo("target: os.system\n"), Want: runs},
		{Name: "not in the list", File: "m.nemo", Data: nemo("a: {_target_: nemo.evil.Class}\n"), Want: unknown},
		{Name: "resolver of OmegaConf", File: "m.nemo", Data: nemo("a: {_target_: '${oc.env:X}'}\n"), Want: computed},
		{Name: "tag", File: "conf.yaml", Data: []byte("a: !!python/object/apply:os.system ['echo poc']\n"), Want: tagged},
		{Name: "tag, long", File: "conf.yaml", Data: []byte("a: !<tag:yaml.org,2002:python/object/apply:os.system> ['echo poc']\n"), Want: tagged},
		{Name: "tag of a tuple", File: "conf.yaml", Data: []byte("a: !!python/tuple [1, 2]\nb: {_target_: mine.Model}\n"), AnyPrefix: prefix},
		{Name: "tag, escaped", File: "conf.yaml", Data: []byte("a: !!pyth%6fn/object/apply:os.%73ystem [echo poc]\n"), Want: tagged},
		{Name: "tag, by a prefix", File: "conf.yaml", Data: []byte("%TAG !p! tag:yaml.org,2002:pyt\n--- !p!hon/object/new:subprocess.Popen [[echo, poc]]\n"), Want: tagged},
		{Name: "tag of a key", File: "conf.yaml", Data: []byte("? !!python/object/apply:builtins.eval ['1']\n: x\n"), Want: tagged},
		{Name: "tag of a builtin", File: "conf.yaml", Data: []byte("a: !!python/object/new:type\n  args: [z, !!python/tuple [], {extend: !!python/name:exec }]\n"), Want: []string{"yaml-python-object", "yaml-runs-code"}},
		{Name: "tag of a dangerous name", File: "conf.yaml", Data: []byte("a: !!python/name:os.system ''\n"), Want: tagged},
		{Name: "tag of a name that writes", File: "conf.yaml", Data: []byte("a: !!python/name:shutil.copy ''\n"), Want: object},
		{Name: "tag of an unknown object", File: "conf.yaml", Data: []byte("a: !!python/object:mypackage.Thing {b: 1}\n"), Want: object},
		{Name: "tag of an unknown name", File: "conf.yaml", Data: []byte("a: !!python/name:mypackage.thing ''\n"), Want: reference},
		{Name: "tags of data", File: "conf.yaml", Data: []byte("a: !!python/object/apply:collections.OrderedDict [[]]\nb: !!python/object/apply:pathlib.PosixPath [x]\nc: !Ref d\n"), AnyPrefix: prefix},
		{Name: "tag in what cannot be parsed", File: "conf.yaml", Data: []byte("a:\t- !!python/object/apply:os.system [echo poc]\n"), Unread: true},
		{Name: "what configuration is for", File: "conf.yaml", Data: []byte("a: {_target_: timm.create_model}\nb: {_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher}\nc: {_target_: keras.layers.Dense}\n"), AnyPrefix: prefix},
		{Name: "MLflow", File: "MLmodel", Data: []byte("flavors: !!python/object/apply:os.system [x]\n"), Want: []string{"yaml-runs-code"}},
		{Name: "fetched", File: "conf.yaml", Data: []byte("a: {path: os.system, _target_: hydra.utils.get_method}\n"), Want: []string{"hydra-target-runs-code"}},
		{Name: "fetched by place", File: "conf.yaml", Data: []byte("a: {_target_: hydra.utils.get_object, _args_: [builtins.exec]}\n"), Want: []string{"hydra-target-runs-code"}},
		{Name: "fetched class", File: "conf.yaml", Data: []byte("a: {_target_: hydra.utils.get_class, path: torch.nn.ReLU}\n"), AnyPrefix: prefix},
		{Name: "odd", File: "conf.yaml", Data: []byte("a: {_target_: linecache.getline, name: x}\n"), Want: []string{"hydra-target-suspicious"}},
		{Name: "damaged", File: "m.nemo", Data: nemo("a: [1, 2\n"), Unread: true},
	}, archive.Detector)
}

// TestMessages: what a configuration has called, by whom, and what of it is shown.
func TestMessages(t *testing.T) {
	long := strings.Repeat("x", 4<<10)
	for _, c := range []struct{ name, file, text, want string }{
		{name: "HyperPyYAML", file: "a.yaml", text: "a: !apply:os.system [x]\n", want: "Loading the file with HyperPyYAML calls os.system, which starts a program. | !apply:os.system"},
		{name: "HyperPyYAML, odd", file: "a.yaml", text: "a: !name:linecache.getline\n", want: "Loading the file with HyperPyYAML imports linecache.getline, which reads files. | !name:linecache.getline"},
		{name: "HyperPyYAML, harmless", file: "a.yaml", text: "a: !new:torch.nn.ReLU\n"},
		{name: "a tag by its short name", file: "a.yaml", text: "a: !!python/name:eval\n", want: "Loading the file without SafeLoader imports builtins.eval, which runs code. | !!python/name:eval"},
		{name: "a module", file: "a.yaml", text: "a: !!python/module:mine\n", want: "Loading the file without SafeLoader imports mine. | !!python/module:mine"},
		{name: "another tag", file: "a.yaml", text: "a: !x:os.system [y]\n"},
		{name: "interpolated text", file: "a.yaml", text: "m: {x: os, y: '${m.x}'}\nb: {_target_: '${m.y}.system'}\n", want: "Instantiating the configuration calls os.system, which starts a program. | ${m.y}.system"},
		{name: "interpolated by what is no text", file: "a.yaml", text: "m: {x: [os]}\nb: {_target_: '${m.x}.system'}\n", want: "Loading the model calls what ${m.x}.system comes to, which cannot be told from the file. | ${m.x}.system"},
		{name: "interpolated by what is no mapping", file: "a.yaml", text: "m: [x, os]\nb: {_target_: '${m.x}.system'}\n", want: "Loading the model calls what ${m.x}.system comes to, which cannot be told from the file. | ${m.x}.system"},
		{name: "interpolated by itself", file: "a.yaml", text: "m: ${m}\nb: {_target_: '${m}'}\n", want: "Loading the model calls what ${m} comes to, which cannot be told from the file. | ${m}"},
		{name: "interpolated to more than a name", file: "a.yaml", text: "m: " + long + "\nb: {_target_: 'os${m}${oc.env:x}'}\n", want: "Loading the model calls what os${m}${oc.env:x} comes to, which cannot be told from the file. | os${m}${oc.env:x}"},
		{name: "the last of two", file: "a.yaml", text: "m: {x: mine, x: os}\nb: {_target_: '${m.x}.system'}\n", want: "Instantiating the configuration calls os.system, which starts a program. | ${m.x}.system"},
		{name: "blanks around it", file: "a.yaml", text: "b: {_target_: ' os.system '}\n", want: "Instantiating the configuration calls os.system, which starts a program. |  os.system "},
		{name: "fetched from a list", file: "a.yaml", text: "b: {_target_: hydra.utils.get_object, _args_: [[os.system]]}\n"},
		{name: "fetched from no list", file: "a.yaml", text: "b: {_target_: hydra.utils.get_object, _args_: []}\n"},
		{name: "what others are given", file: "a.yaml", text: "b: {_target_: mine.get, path: os.system, _args_: [os.system]}\n"},
		{name: "the model's class, which is none of NeMo", file: "a.yaml", text: "target: os.system\n"},
		{name: "a target further down", file: "a.yaml", text: "b: {target: os.system}\n"},
		{name: "no text for a target", file: "a.yaml", text: "b: {_target_: [os.system]}\n"},
	} {
		var got []string
		for _, f := range detectortest.Scan([]*detector.Detector{hydra.Detector}, c.file, []byte(c.text)).Findings {
			got = append(got, f.Message+" | "+f.Evidence[0].Text)
		}
		if said := strings.Join(got, "\n"); said != c.want {
			t.Errorf("%s: got %q, want %q", c.name, said, c.want)
		}
	}
}

// TestNeMo: what lies in an archive of NeMo, or is called like its configuration, is
// that of a model which is restored.
func TestNeMo(t *testing.T) {
	const text = "a: {_target_: mine.Thing}\n"
	for _, c := range []struct {
		name, file, member string
		want               []string
	}{
		{name: "the configuration", file: "m.nemo", member: "model_config.yaml", want: []string{"nemo-target-unknown"}},
		{name: "another one", file: "m.NEMO", member: "tokenizer/x.yaml", want: []string{"nemo-target-unknown"}},
		{name: "the configuration in another archive", file: "m.tar", member: "a/Model_Config.yaml", want: []string{"nemo-target-unknown"}},
		{name: "another one in another archive", file: "m.tar", member: "x.yaml"},
		{name: "a name that ends alike", file: "m.nemo.tar", member: "x.nemo.yaml"},
	} {
		data := tartest.Build(tartest.Member{Name: c.member, Data: text})
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{archive.Detector, hydra.Detector}, c.file, data))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if got := detectortest.Scan([]*detector.Detector{hydra.Detector}, "model_config.yaml", []byte(text)); len(got.Findings) > 0 {
		t.Errorf("on disk: got %+v", got.Findings)
	}
}

// TestOtherYAML checks that YAML which is nobody's model is left alone, damaged or
// not.
func TestOtherYAML(t *testing.T) {
	for _, text := range []string{"name: ci\non: [push]\n", "a: {{ .Values.image }}\n", "a: [1, 2\n"} {
		got := detectortest.Scan([]*detector.Detector{hydra.Detector}, "conf.yaml", []byte(text))
		if len(got.Findings) > 0 || got.Unread() || len(got.Formats) > 0 {
			t.Errorf("%q: got %s %v %v", text, got.Status, got.Formats, got.Findings)
		}
	}
}

// TestLarge checks that YAML which is too large to be parsed is told, if it may hold
// what is judged here.
func TestLarge(t *testing.T) {
	padding := strings.Repeat("# padding\n", 400_000)
	for text, unread := range map[string]bool{
		"a: 1\n":                                        false,
		"a: {_target_: os.system}\n":                    true,
		"a: {\"\\x5ftarget_\": os.system}\n":            true,
		"a: !!python/object/apply:os.system [x]\n":      true,
		"a: !!%70ython/object/apply:os.system [x]\n":    true,
		"a: !<tag:yaml.org,2002:python/module:os> ''\n": true,
	} {
		got := detectortest.Scan([]*detector.Detector{hydra.Detector}, "conf.yaml", []byte(padding+text))
		if got.Unread() != unread {
			t.Errorf("%q: got %s (%s)", text, got.Status, got.Reason)
		}
	}
}

// TestManyReferences checks that references to references cost what is looked up.
func TestManyReferences(t *testing.T) {
	var text strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&text, "a%d: ${a%d}${a%d}\n", i, i+1, i+1)
	}
	text.WriteString("b: [" + strings.Repeat("{_target_: '${a0}'}, ", 5_000) + "]\n")
	got := detectortest.Scan([]*detector.Detector{hydra.Detector}, "conf.yaml", []byte(text.String()))
	if !got.Unread() || !strings.Contains(got.Reason, "steps") || len(got.Findings) > 1_000 {
		t.Errorf("got %d findings, %s (%s), want a budget that is spent", len(got.Findings), got.Status, got.Reason)
	}
}

// TestDeep checks that nesting and aliases cost what they are, not what they
// could be unfolded to.
func TestDeep(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for i := range 30 {
		n, m := string(rune('a'+i%26))+strings.Repeat("z", i), string(rune('a'+(i+1)%26))+strings.Repeat("z", i+1)
		if i == 0 {
			n = "a0"
		}
		bomb += m + ": &" + m + " [" + strings.Repeat("*"+n+", ", 9) + "*" + n + "]\n"
	}
	for _, text := range []string{bomb + "t: {_target_: os.system}\n", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)} {
		detectortest.Scan([]*detector.Detector{hydra.Detector, archive.Detector}, "m.nemo", nemo(text))
	}
}

// TestLines: a finding is at the line of what it is about, in every document.
func TestLines(t *testing.T) {
	const text = "a: 1\nb:\n  _target_: builtins.eval\n---\nc: !!python/name:os.popen\nd:\n  _target_: plain\n"
	var got []int
	for _, f := range detectortest.Scan([]*detector.Detector{hydra.Detector}, "config.yaml", []byte(text)).Findings {
		got = append(got, f.Location.Line, f.Evidence[0].Line)
	}
	if want := []int{3, 3, 5, 5}; !slices.Equal(got, want) {
		t.Errorf("lines %d, want %d", got, want)
	}
}
