package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// TestSettings: what settings of a checkpoint name is judged as what programs call.
func TestSettings(t *testing.T) {
	checkpoint := func(key, path string) []byte {
		return pickletest.New(4).EmptyDict().Str("hyper_parameters").EmptyDict().Str("models").EmptyList().
			EmptyDict().Str(key).Str(path).SetItem().Append().SetItem().SetItem().Stop()
	}
	node := pickletest.New(4).Named("omegaconf.dictconfig", "DictConfig").Tuple(0).NewObj().EmptyDict().Str("_content").
		EmptyDict().Str("_target_").Named("omegaconf.nodes", "AnyNode").Tuple(0).NewObj().EmptyDict().Str("_val").Str("os.system").SetItem().Build().
		SetItem().SetItem().Build().Stop()
	refers := []string{"pickle-dangerous-reference"}
	for _, c := range []struct {
		name   string
		pickle []byte
		want   []string
	}{
		{"Hydra target of a library", checkpoint("_target_", "torch.optim.Adam"), nil},
		{"Hydra target that starts a program", checkpoint("_target_", "subprocess.Popen"), refers},
		{"Hydra target in a node of OmegaConf", node, refers},
		{"instantiator of Lightning", checkpoint("_instantiator", "lightning.pytorch.cli.instantiate_module"), nil},
		{"another instantiator", checkpoint("_instantiator", "models.make"), refers},
		{"another key", checkpoint("target", "subprocess.Popen"), nil},
	} {
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", c.pickle))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: rules %v, want %v", c.name, got, c.want)
		}
	}
}
