package keras_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
)

// An object is a JSON object of a configuration.
type object map[string]any

// model wraps layers into a Functional model as Keras 3 writes it.
func model(layers ...any) object {
	return object{
		"module": "keras", "class_name": "Functional", "registered_name": "Functional",
		"config": object{"name": "m", "layers": layers},
	}
}

// layer is a layer of Keras's own.
func layer(class string, config object) object {
	return object{"module": "keras.layers", "class_name": class, "config": config, "registered_name": nil}
}

// function is how Keras 3 refers to a function.
func function(module, name string) object {
	return object{"module": module, "class_name": "function", "config": name, "registered_name": name}
}

// code is the base64 of what starts like a marshalled code object.
var code = base64.StdEncoding.EncodeToString(append([]byte{0xe3}, make([]byte, 40)...))

func TestDetector(t *testing.T) {
	dense := layer("Dense", object{"name": "d", "units": 4, "activation": "relu",
		"kernel_initializer": object{"module": "keras.initializers", "class_name": "GlorotUniform", "config": object{}}})
	cases := []struct {
		name  string
		value any
		want  []string
	}{
		{"plain model", model(dense), nil},
		{"function of the training script", model(layer("Dense", object{"activation": function("builtins", "my_activation")})), []string{"keras-custom-object"}},
		{"class by its registered name", model(object{"module": nil, "class_name": "Mine", "registered_name": "Custom>Mine", "config": object{}}), []string{"keras-custom-object"}},
		{"registered class", model(object{"module": nil, "class_name": "Custom>Mine", "config": object{}}), []string{"keras-custom-object"}},
		{"os.system as activation", model(layer("Dense", object{"activation": function("os", "system")})), []string{"keras-calls-dangerous-function"}},
		{"class of subprocess", model(object{"module": "subprocess", "class_name": "Popen", "config": object{"args": "echo poc"}}), []string{"keras-calls-dangerous-function"}},
		{"through a re-export", model(layer("Dense", object{"activation": function("random", "_os.system")})), []string{"keras-calls-dangerous-function"}},
		{"in the loss", object{"class_name": "Sequential", "config": object{}, "compile_config": object{"loss": function("builtins", "exec")}}, []string{"keras-calls-dangerous-function"}},
		{"get_file", model(object{"module": "keras.layers", "class_name": "Lambda", "config": object{"function": function("keras.utils", "get_file"),
			"arguments": object{"origin": "https://example.org/poc.tar"}}}), []string{"keras-calls-dangerous-function"}},
		{"safe mode off", model(layer("Lambda", object{"function": function("keras.config", "enable_unsafe_deserialization")})), []string{"keras-disables-safe-mode"}},
		{"type specification", model(object{"module": "tensorflow", "class_name": "__typespec__", "spec_name": "TensorSpec", "config": []any{}}), nil},
		{"type specification from elsewhere", model(object{"module": "os", "class_name": "__typespec__", "spec_name": "system", "config": []any{}}), []string{"keras-calls-dangerous-function"}},
		{"foreign module", model(object{"module": "acme_models.layers", "class_name": "Attention", "config": object{}}), []string{"keras-foreign-module"}},
		{"lambda of keras 2", model(layer("Lambda", object{"name": "l", "function": []any{code, nil, nil}, "function_type": "lambda"})), []string{"keras-lambda-code"}},
		{"lambda of tf.keras", model(layer("Lambda", object{"function": object{"class_name": "__tuple__", "items": []any{code, nil, nil}}})), []string{"keras-lambda-code"}},
		{"lambda of keras 3", model(layer("Lambda", object{"function": object{"class_name": "__lambda__", "config": object{"code": code}}})), []string{"keras-lambda-code"}},
		{"lambda anywhere", model(layer("Dense", object{"activation": object{"class_name": "__lambda__", "config": object{"value": []any{code, nil, nil}}}})), []string{"keras-lambda-code"}},
		{"lambda in a wrapper", model(layer("TimeDistributed", object{"layer": layer("Lambda", object{"function": []any{code}})})), []string{"keras-lambda-code"}},
		{"lambda as source", model(layer("Lambda", object{"function": "lambda x: __import__('os').system('echo poc')"})), []string{"keras-lambda-code"}},
		{"function by name", model(layer("Lambda", object{"function": "scale", "function_type": "function", "module": "train"})), nil},
		{"dangerous function by name", model(layer("Lambda", object{"function": "system", "function_type": "function", "module": "os"})), []string{"keras-calls-dangerous-function"}},
		{"operation of tensorflow", model(layer("TFOpLambda", object{"name": "tf.nn.relu", "function": "nn.relu"})), nil},
		{"operation that writes", model(layer("TFOpLambda", object{"name": "tf.io.write_file", "function": "io.write_file"})), []string{"keras-calls-dangerous-function"}},
		{"operation that calls Python", model(layer("TFOpLambda", object{"name": "p", "function": "tf.py_function"})), []string{"keras-calls-dangerous-function"}},
		{"torch module", model(layer("TorchModuleWrapper", object{"name": "t", "module": "gASVAAAA"})), []string{"keras-torch-module"}},
		{"saved model", model(layer("TFSMLayer", object{"name": "s", "filepath": "/tmp/evil"})), []string{"keras-loads-model"}},
		{"vocabulary far", model(layer("StringLookup", object{"vocabulary": "/etc/passwd"})), []string{"keras-reads-file"}},
		{"vocabulary by address", model(layer("TextVectorization", object{"vocabulary": "https://example.org/v.txt"})), []string{"keras-reads-file"}},
		{"vocabulary beside", model(layer("StringLookup", object{"vocabulary": "vocab.txt"})), []string{"keras-names-file"}},
		{"vocabulary as list", model(layer("StringLookup", object{"vocabulary": []any{"/etc/passwd", "b"}})), nil},
		{"configuration in a string", object{"class_name": "Layer", "metadata": text(model(layer("Lambda", object{"function": []any{code}})))}, []string{"keras-lambda-code"}},
	}
	var all []detectortest.Case
	for _, c := range cases {
		all = append(all, detectortest.Case{Name: c.name, File: "config.json", Data: []byte(text(c.value)), Want: c.want})
	}
	twice := strings.Replace(text(model(dense)), `"module":"keras.layers"`, `"module":"os","module":"keras.layers","class_name":"system"`, 1)
	all = append(all, detectortest.Case{Name: "members that stand twice", File: "config.json", Data: []byte(twice), Want: []string{"keras-calls-dangerous-function"}})
	detectortest.Run(t, keras.Detector, append(all, yamlCases()...))
}

// TestCustomObjects: each object of the author's own is counted once, and shown
// wherever it stands.
func TestCustomObjects(t *testing.T) {
	own := func(name string) object {
		return object{"module": nil, "class_name": name, "registered_name": "mine>" + name, "config": object{}}
	}
	for _, c := range []struct {
		name   string
		layers []any
		want   string
		places int
	}{
		{"one", []any{own("Scale")}, "brings: Scale.", 1},
		{"one in two places", []any{own("Scale"), own("Scale")}, "brings: Scale.", 2},
		{"two", []any{own("Scale"), own("Shift"), own("Scale")}, "brings: Scale and 1 more.", 3},
	} {
		got := detectortest.Scan([]*detector.Detector{keras.Detector}, "config.json", []byte(text(model(c.layers...)))).Findings
		if len(got) != 1 || !strings.HasSuffix(got[0].Message, c.want) || len(got[0].Evidence) != c.places {
			t.Errorf("%s: got %+v, want one that ends in %q, with %d places", c.name, got, c.want, c.places)
		}
	}
}

func text(v any) string {
	p, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(p)
}
