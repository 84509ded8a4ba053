// Package executorchtest builds ExecuTorch programs for tests.
package executorchtest

import fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"

// Program is a program of one execution plan that needs operators, each in the
// form "out", and delegates.
func Program(operators, delegates []string) []byte {
	var ops, backends []fb.Table
	for _, o := range operators {
		ops = append(ops, fb.Table{0: o, 1: "out"})
	}
	for _, d := range delegates {
		backends = append(backends, fb.Table{0: d})
	}
	return fb.Build("ET12", fb.Table{1: []fb.Table{{6: ops, 7: backends}}})
}
