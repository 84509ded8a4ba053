package coreml_test

import (
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/coreml"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
)

// inText is a program of one constant, as Core ML's compiler writes it.
func inText(kind, path string) []byte {
	return fmt.Appendf(nil, "program(1.0)\n[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"coremlc-version\", \"1839.0.0\"}})]\n{\n"+
		"    func main<ios16>(tensor<fp32, [1]> x) {\n        %s w = const()[val = tensor<fp16, [4]>(BLOBFILE(path = %s(%q), offset = tensor<uint64, []>(64)))];\n    } -> (w);\n}\n", kind, kind, path)
}

func TestText(t *testing.T) {
	const end = "text has no end that could be missing"
	want := []string{"coreml-file-escape"}
	detectortest.Run(t, coreml.Text, []detectortest.Case{
		{Name: "weights of the model", File: "model.mil", Data: inText("tensor<string, []>", "@model_path/weights/weight.bin"), AnyPrefix: end},
		{Name: "weights elsewhere", File: "model.mil", Data: inText("tensor<string, []>", "@model_path/../../../etc/passwd"), Want: want, AnyPrefix: end},
		{Name: "as newer compilers write", File: "model.mil", Data: inText("string", "/etc/passwd"), Want: want, AnyPrefix: end},
	})
}
