package lightgbm_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/lightgbm"
)

// model is a model of one tree of three leaves.
func model(left, right string) []byte {
	return []byte(fmt.Sprintf("tree\nversion=v4\nnum_class=1\nfeature_names=system_health exec_time\n\n"+
		"Tree=0\nnum_leaves=3\nsplit_feature=0 1\nleft_child=%s\nright_child=%s\nleaf_value=0.1 0.2 0.3\n\n\nend of trees\n", left, right))
}

// headed is a model with a line more in front of its trees.
func headed(line string) []byte {
	return bytes.Replace(model("1 -1", "-2 -3"), []byte("num_class=1"), []byte("num_class=1\n"+line), 1)
}

func TestDetector(t *testing.T) {
	long := "1" + strings.Repeat(" -1", 40_000)
	tail := []byte("\nparameters:\n[boosting: gbdt]\nend of parameters\n\npandas_categorical:[[\"https://example.org\"]]\n")
	detectortest.Run(t, lightgbm.Detector, []detectortest.Case{
		{Name: "plain", File: "model.txt", Data: model("1 -1", "-2 -3")},
		{Name: "with parameters", File: "model.txt", Data: append(model("1 -1", "-2 -3"), tail...), AnyPrefix: "behind the trees stands only what trained them"},
		{Name: "inner node", File: "model.txt", Data: model("7 -1", "-2 -3"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "leaf", File: "model.txt", Data: model("1 -1", "-2 -9"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "leads back", File: "model.txt", Data: model("0 -1", "-2 -3"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "as many features", File: "model.txt", Data: headed("max_feature_idx=1")},
		{Name: "fewer features", File: "model.txt", Data: headed("max_feature_idx=0"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "sizes that fit", File: "model.txt", Data: headed("tree_sizes=80")},
		{Name: "sizes that do not", File: "model.txt", Data: headed("tree_sizes=80 999999999"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "sizes below zero", File: "model.txt", Data: headed("tree_sizes=-80"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "no number", File: "model.txt", Data: model("1 x", "-2 -3"), Want: []string{"lightgbm-tree-outside"}},
		{Name: "long line", File: "model.txt", Data: model(long, "-2")},
	})
}

// TestBehind checks that what follows the text of a model is handed back.
func TestBehind(t *testing.T) {
	data := append(model("1 -1", "-2 -3"), "\nparameters:\n[boosting: gbdt]\npandas_categorical:null\n"...)
	got := detectortest.Scan([]*detector.Detector{lightgbm.Detector}, "model.txt", append(data, model("7 -1", "-2 -3")...))
	if len(got.Findings) != 1 || !slices.Equal(got.Findings[0].Location.Inside, []string{"bytes behind the model"}) {
		t.Errorf("got %+v, want a finding behind the model", got.Findings)
	}
}
