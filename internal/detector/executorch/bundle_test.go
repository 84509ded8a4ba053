package executorch_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/executorch"
	"github.com/modelaudit/modelaudit/internal/format/executorch/executorchtest"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

// TestBundle: the program comes back as the file that it is.
func TestBundle(t *testing.T) {
	bundle := func(operators ...string) []byte {
		return fb.Build("BP08", fb.Table{0: uint32(0), 2: executorchtest.Program(operators, nil)})
	}
	detectortest.Run(t, executorch.Bundle, []detectortest.Case{
		{Name: "a program", File: "m.bpte", Data: bundle("aten::add")},
		{Name: "one with an operator of a library", File: "m.bpte", Data: bundle("mine::run"), Want: []string{"executorch-custom-operator"}},
		{Name: "one without a program", File: "m.bpte", Data: fb.Build("BP08", fb.Table{0: uint32(0)}), Unread: true},
		{Name: "cut", File: "m.bpte", Data: bundle("aten::add")[:30], Unread: true},
	}, executorch.Detector)
}

// TestData: weights beside a program are known, by their name too: they need no
// reading.
func TestData(t *testing.T) {
	detectortest.Run(t, executorch.Data, []detectortest.Case{
		{Name: "weights", File: "m.ptd", Data: fb.Build("FT01", fb.Table{0: uint32(0)}), AnyPrefix: "weights may be of any length", Named: "others have such an identifier, too"},
	})
}
