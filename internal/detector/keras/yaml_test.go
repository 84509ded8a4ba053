package keras_test

import "github.com/modelaudit/modelaudit/internal/detector/detectortest"

// inYAML is a model as Model.to_yaml of Keras 2 writes it, of one layer.
func inYAML(layer string) string {
	return "backend: tensorflow\nclass_name: Sequential\nconfig:\n  name: s\n  layers:\n  - class_name: Dense\n    config: {activation: relu, units: 2}\n" + layer + "keras_version: 2.4.0\n"
}

// yamlCases are models in YAML.
func yamlCases() []detectortest.Case {
	const named = "YAML is known by its name"
	const text = "text has no end that could be missing"
	lambda := "  - class_name: Lambda\n    config:\n      function: !!python/tuple\n      - " + code + "\n      - null\n      - null\n      function_type: lambda\n"
	own := "  - {class_name: Lambda, config: {function: system, function_type: function, module: os}}\n"
	var cases []detectortest.Case
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "plain", text: inYAML("")},
		{name: "lambda", text: inYAML(lambda), want: []string{"keras-lambda-code"}},
		{name: "function", text: inYAML(own), want: []string{"keras-calls-dangerous-function"}},
		{name: "in the first of two documents", text: inYAML(own) + "---\na: 1\n", want: []string{"keras-calls-dangerous-function"}},
		{name: "as the first versions wrote", text: "class_name: Sequential\nconfig:\n" + own, want: []string{"keras-calls-dangerous-function"}},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "m.yaml", Data: []byte(c.text), Want: c.want, Named: named, AnyPrefix: text})
	}
	return cases
}
