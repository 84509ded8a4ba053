package executorch_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/executorch"
	"github.com/modelaudit/modelaudit/internal/format/executorch/executorchtest"
)

func TestDetector(t *testing.T) {
	whole := executorchtest.Program([]string{"aten::add"}, []string{"XnnpackBackend"})
	detectortest.Run(t, executorch.Detector, []detectortest.Case{
		{Name: "program", File: "m.pte", Data: whole},
		{Name: "cut", File: "m.pte", Data: whole[:len(whole)-1], Unread: true},
		{Name: "custom operator", Data: executorchtest.Program([]string{"aten::add", "mine::evil", "mine::other"}, nil), Want: []string{"executorch-custom-operator"}},
	})
}

// TestTold: texts of a program go to whoever looks at them.
func TestTold(t *testing.T) {
	const name = "aten::a_name_of_more_than_twenty_bytes"
	if got := detectortest.Told(t, executorch.Detector, "m.pte", executorchtest.Program([]string{name}, nil)); !slices.Contains(got, ": "+name) {
		t.Errorf("got %q, want %q", got, name)
	}
}
