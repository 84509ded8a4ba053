package config_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/config"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
)

// bundle is the configuration of a MONAI bundle as those of its zoo are written.
const bundle = `{
  "imports": ["$import glob", "$import os", "$import sys", "$from monai.utils import set_determinism"],
  "bundle_root": ".", "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
  "output_dir": "$@bundle_root + '/eval'", "make": "$os.makedirs(@output_dir, exist_ok=True)",
  "datalist": "$list(sorted(glob.glob(@bundle_root + '/imagesTs/*.nii.gz')))", "price": "$100 (net)", "home": "$HOME/(x)",
  "network": "$@network_def.to(@device)", "network_def": {"_target_": "UNet", "in_channels": 1},
  "initialize": ["$sys.path.append(@bundle_root)", "$setattr(torch.backends.cudnn, 'benchmark', True)", "$set_determinism(42)"],
  "lr": "$lambda i: 0.1 ** (i // 10)", "run": ["$@validate#evaluator.run()", "$%x#y"]%s
}`

// TestNames holds what loaders import and call by names that one value, or two, give
// them, and what MONAI evaluates.
func TestNames(t *testing.T) {
	with := func(more string) string { return bundle[:len(bundle)-4] + more + "}" }
	for _, c := range []struct{ name, file, text, want string }{
		{name: "a bundle", file: "configs/inference.json", text: with("")},
		{name: "a command in one", file: "inference.json", text: with(`, "x": "$os.system('echo poc')"`), want: "config-calls-dangerous"},
		{name: "by another name", file: "inference.json", text: `{"imports": ["$import subprocess as s"], "run": "$s.run(['echo', 'poc'])"}`, want: "config-calls-dangerous"},
		{name: "before its import", file: "inference.json", text: `{"run": "$s.run(['echo', 'poc'])", "then": ["$import subprocess as s"]}`, want: "config-calls-dangerous"},
		{name: "in YAML", file: "inference.yaml", text: "imports:\n- $import os\nrun:\n- $os.popen('echo poc')\n", want: "config-calls-dangerous"},
		{name: "with nothing imported", file: "inference.json", text: `{"x": "$__import__('os').system('echo poc')"}`, want: "config-calls-dangerous"},
		{name: "code", file: "inference.yml", text: "x: $exec('import os')\n", want: "config-calls-dangerous"},
		{name: "a router", file: "router_config.json", text: `{"types": {"a": "sentence_transformers.models.Transformer"}}`},
		{name: "a router with code", file: "router_config.json", text: `{"types": {"a": "modeling_x.Model"}}`, want: "config-remote-code"},
		{name: "a router that runs code", file: "router_config.json", text: `{"types": {"a": "os.system"}}`, want: "config-calls-dangerous"},
		{name: "words", file: "wordembedding_config.json", text: `{"tokenizer_class": "sentence_transformers.models.tokenizer.WhitespaceTokenizer.WhitespaceTokenizer"}`},
		{name: "words with code", file: "wordembedding_config.json", text: `{"tokenizer_class": "mine.Tokenizer"}`, want: "config-remote-code"},
		{name: "a pipeline", file: "model_index.json", text: `{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": [null, null]}`},
		{name: "a pipeline of a program", file: "model_index.json", text: `{"_class_name": "StableDiffusionPipeline", "unet": ["subprocess", "Popen"]}`, want: "config-calls-dangerous"},
		{name: "an adapter", file: "adapter_config.json", text: `{"auto_mapping": {"base_model_class": "BertModel", "parent_library": "transformers.models.bert.modeling_bert"}}`},
		{name: "an adapter of a program", file: "adapter_config.json", text: `{"auto_mapping": {"base_model_class": "system", "parent_library": "os"}}`, want: "config-calls-dangerous"},
		{name: "a workflow", file: "workflow.yaml", text: "model:\n  class: LGBModel\n  module_path: qlib.contrib.model.gbdt\n"},
		{name: "a workflow of a program", file: "workflow.yaml", text: "model:\n  class: Popen\n  module_path: subprocess\n", want: "config-calls-dangerous"},
		{name: "a configuration of Fiddle", file: "io.json", text: `{"objects": {"a": {"items": [["Attr(name='fn_or_cls')", {"type": "pyref", "module": "torch.nn.modules.linear", "name": "Linear"}]]}}}`},
		{name: "one that runs a program", file: "io.json", text: `{"objects": {"a": {"items": [["Attr(name='fn_or_cls')", {"name": "getoutput", "module": "subprocess", "type": "pyref"}]]}}}`, want: "config-calls-dangerous"},
		{name: "a list of functions", file: "api.json", text: `{"pyref": [{"type": "function", "module": "subprocess", "name": "getoutput"}]}`},
		{name: "an object of LangChain", file: "chain.json", text: `{"lc": 1, "type": "constructor", "id": ["langchain", "llms", "openai", "OpenAI"], "kwargs": {}}`},
		{name: "an object of LangGraph", file: "state.json", text: `{"a": [{"id": ["subprocess", "getoutput"], "lc": 2, "type": "constructor", "args": ["echo poc"]}]}`, want: "config-calls-dangerous"},
		{name: "no object of it", file: "state.json", text: `{"a": [{"id": ["subprocess", "getoutput"], "type": "constructors", "b": {"type": "constructor"}}]}`},
		{name: "a datasource", file: "gx.yml", text: "datasources:\n  a:\n    class_name: Popen\n    module_name: subprocess\n", want: "config-calls-dangerous"},
		{name: "Keras of MLflow", file: "MLmodel", text: "flavors:\n  tensorflow:\n    keras_module: tensorflow.keras\n"},
		{name: "another Keras", file: "MLmodel", text: "flavors:\n  tensorflow:\n    keras_module: mine\n", want: "config-remote-code"},
		{name: "a model that is code", file: "MLmodel", text: "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    model_code_path: agent.py\n", want: "config-remote-code"},
		{name: "an index of LlamaIndex", file: "settings.json", text: `{"llm": {"object_constructor": "subprocess.Popen", "object_kwargs": {}}}`, want: "config-calls-dangerous"},
		{name: "a runtime of MLServer", file: "model-settings.json", text: `{"name": "m", "implementation": "mlserver_sklearn.SKLearnModel"}`},
		{name: "a runtime of the author's", file: "model-settings.json", text: `{"name": "m", "implementation": "models.Runtime"}`, want: "config-remote-code"},
		{name: "a callback", file: "pipeline.yaml", text: "components:\n  a:\n    init_parameters:\n      streaming_callback: subprocess.run\n", want: "config-calls-dangerous"},
		{name: "a filter", file: "pipeline.yaml", text: "a:\n  custom_filters:\n    shout: os.system\n", want: "config-calls-dangerous"},
		{name: "a component of Rasa", file: "config.yml", text: "pipeline:\n- name: WhitespaceTokenizer\n- name: os.system\n", want: "config-calls-dangerous"},
		{name: "code of MLX", file: "config.json", text: `{"model_type": "x", "model_file": "model.py"}`, want: "config-remote-code"},
		{name: "code from elsewhere", file: "config.json", text: `{"model_type": "x", "model_file": "../../model.py"}`, want: "config-file-escapesconfig-remote-code"},
		{name: "weights of somebody", file: "config.json", text: `{"model_type": "x", "model_file": "model.onnx"}`},
		{name: "code of FunASR", file: "config.yaml", text: "model: X\nremote_code: ./model.py\n", want: "config-remote-code"},
		{name: "plugins of ModelScope", file: "configuration.json", text: `{"framework": "pytorch", "task": "x", "plugins": ["evil"]}`, want: "config-remote-code"},
		{name: "code of ModelScope", file: "configuration.json", text: `{"framework": "pytorch", "allow_remote": true}`, want: "config-remote-code"},
		{name: "a model of ModelScope", file: "configuration.json", text: `{"framework": "pytorch", "task": "x", "allow_remote": false, "plugins": [], "model": {"type": "bert"}}`},
		{name: "plugins of another", file: "x.json", text: `{"model_type": "a", "plugins": ["evil"], "model_file": "model.py"}`},
		{name: "a list of names", file: "bandit.yml", text: "shell_injection:\n  shell:\n  - os.system\n  - subprocess.Popen\nfunctions:\n- name: os.system\n"},
	} {
		got := detectortest.Scan([]*detector.Detector{config.Detector}, c.file, []byte(c.text))
		found := ""
		for _, f := range got.Findings {
			found += f.Rule.ID
		}
		if found != c.want {
			t.Errorf("%s: got %q, want %q", c.name, found, c.want)
		}
	}
}
