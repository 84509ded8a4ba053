package pytorch_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/torchmobile"
)

// mobile is a model with one function that needs an operator, an object of a
// class, and a source.
func mobile(operator, class, source string) []byte {
	const tensor, function = uint8(5), uint8(16)
	return fb.Build(torchmobile.Identifier, fb.Table{
		0: uint32(9),
		4: []fb.Table{{0: tensor, 1: fb.Table{}}, {0: function, 1: fb.Table{0: "__torch__.Net.forward", 2: []fb.Table{{0: operator, 1: "Tensor"}}}}},
		7: []fb.Table{{0: class}},
		8: []fb.Table{{0: "code/__torch__.py", 1: source}},
		6: []fb.Table{{0: []byte("weights")}},
	})
}

func TestMobile(t *testing.T) {
	const code = "def forward(self, x):\n  return torch.relu(x)\n"
	detectortest.Run(t, pytorch.Mobile, []detectortest.Case{
		{Name: "plain", File: "model.ptl", Data: mobile("aten::add", "__torch__.Net", code)},
		{Name: "operator", File: "model.ptl", Data: mobile("aten::from_file", "__torch__.Net", code), Want: []string{"torchscript-reaches-outside"}},
		{Name: "operator in a source", File: "model.ptl", Data: mobile("aten::add", "__torch__.Net", "def forward(self, x):\n  torch.save(x, '/tmp/poc')\n"),
			Want: []string{"torchscript-reaches-outside"}},
		{Name: "library", File: "model.ptl", Data: mobile("poc::run", "__torch__.Net", code), Want: []string{"torchscript-custom-operator"}},
		{Name: "class of a library", File: "model.ptl", Data: mobile("aten::add", "__torch__.torch.classes.poc.Runner", code), Want: []string{"torchscript-custom-operator"}},
	})
}
