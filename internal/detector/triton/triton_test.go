package triton_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/triton"
)

func TestDetector(t *testing.T) {
	code, escapes := []string{"triton-runs-code"}, []string{"triton-file-escapes"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"ONNX", "name: \"m\"\nplatform: \"onnxruntime_onnx\"\ndefault_model_filename: \"m.onnx\"\ninput [{ name: \"x\" dims: [ 1 ] }]\n", nil},
		{"environment of the model", "backend: \"onnxruntime\"\nparameters: { key: \"EXECUTION_ENV_PATH\", value: { string_value: \"$$TRITON_MODEL_DIRECTORY/e.tar.gz\" } }\n", nil},
		{"Python", "name: \"m\"\nbackend: \"python\"\n", code},
		{"operators", "model_operations { op_library_filename: \"ops.so\" }\n", code},
		{"environment", "parameters: { key: \"EXECUTION_ENV_PATH\", value: { string_value: \"/tmp/e.tar.gz\" } }\n", escapes},
		{"operators elsewhere", "model_operations { op_library_filename: \"/tmp/x.so\" }\n", escapes},
		{"backend elsewhere", "backend: \"../../x\"\n", escapes},
		{"model elsewhere", "default_model_filename: \"../../../etc/passwd\"\n", escapes},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "m/config.pbtxt", Data: []byte(c.text), Want: c.want,
			AnyPrefix: "text has no end that could be missing", Named: "Triton knows it by its name"})
	}
	cases = append(cases, detectortest.Case{Name: "cut", File: "config.pbtxt", Data: []byte("name: \"m\"\nparameters: {"), Unread: true, Named: "Triton knows it by its name"})
	detectortest.Run(t, triton.Detector, cases)
}
